// Apps that share a host by path: what is checked, warned of and settled for the whole host.

import { describe, expect, test } from 'vitest'
import { compareConfigurations } from '../../../src/config/diff/diff.ts'
import { head, problems, valid, validTogether, warnings } from '../config-fixtures.ts'

const policy = 'policy: [{ allow: { groups: [staff] } }]'
const app = (name: string, from: string, more = policy, to = 'http://10.0.0.7'): string =>
  `  ${name}: { from: "${from}", to: ${to}, ${more} }\n`
const file = (...apps: string[]): string => `${head}apps:\n${apps.join('')}`
const wiki = 'https://intranet.example.com/wiki'
const erp = 'https://intranet.example.com/erp'

describe('the path of `to`', () => {
  const pathOf = async (from: string, to: string): Promise<unknown> =>
    (await valid(file(app('a', from, policy, to)))).apps.get('a')!.upstreamPath

  test('takes the place of that of `from`; without one paths stay as they are', async () => {
    expect(await pathOf(wiki, 'http://10.0.0.7:8080/doku')).toBe('/doku')
    expect(await pathOf(wiki, 'http://10.0.0.7:8080/doku/')).toBe('/doku')
    expect(await pathOf(wiki, 'http://10.0.0.7/')).toBe('')
    expect(await pathOf(wiki, 'http://10.0.0.7')).toBeUndefined()
    expect(await pathOf(wiki, '[http://10.0.0.7/a, http://10.0.0.8/a/]')).toBe('/a')
    expect(await pathOf('https://erp.example.com', '[http://10.0.0.7, http://10.0.0.8/]')).toBeUndefined()
    expect(await pathOf('https://erp.example.com', 'https://10.0.0.7/a/b')).toBe('/a/b')
  })

  test.each([
    ['http://10.0.0.7/a%62', 'a path has letters, digits'],
    ['http://10.0.0.7/../a', 'a path has letters, digits'],
    ['http://10.0.0.7/a//b', 'a path has letters, digits'],
    ['http://10.0.0.7/a?b', 'must be an origin only'],
    ['[http://10.0.0.7/a, http://10.0.0.8/b]', 'must have the same path as the first entry'],
    ['[http://10.0.0.7/, http://10.0.0.8]', 'must have the same path as the first entry'],
  ])('%s is refused', async (to, message) => {
    expect(await problems(file(app('a', wiki, policy, to)))).toEqual([expect.stringContaining(message)])
  })

  test('WebDAV names paths in its answers, which are not changed', async () => {
    const dav = `methods: webdav, ${policy}`
    expect(await warnings(file(app('a', wiki, dav, 'http://10.0.0.7/dav')))).toEqual([
      expect.stringContaining('WebDAV answers name paths'),
    ])
    expect(await warnings(file(app('a', wiki, dav, 'http://10.0.0.7')))).toEqual([])
  })
})

describe('a path pattern outside the paths of its app would match nothing, so it is refused', () => {
  test.each([
    'policy: [{ deny: { paths: [/admin/*] } }, { allow: {} }]',
    'policy: [{ allow: { any: [{ groups: [a] }, { not: { paths: /wikipedia } }] } }]',
    `require: { paths: [/wikis/*] }, ${policy}`,
    `public: [{ paths: [/health] }], ${policy}`,
  ])('%s', async (more) => {
    expect(await problems(file(app('a', wiki, more)))).toEqual([
      expect.stringContaining('matches no path of this app: rules see public paths, which begin with /wiki here'),
    ])
  })

  test('but not one that may match', async () => {
    const some = ['/wiki', '/wiki/', '/wiki/*', '/wiki/admin/*', '/wiki*', '/w*', '/*']
    expect(await problems(file(app('a', wiki, `policy: [{ allow: { paths: ${JSON.stringify(some)} } }]`)))).toEqual([])
    expect(await problems(file(app('a', 'https://a.example.com', 'policy: [{ allow: { paths: [/x] } }]')))).toEqual([])
  })
})

describe('what belongs to the host', () => {
  test('storage is kept at sign-out only where every app of the host keeps it', async () => {
    const keeps = `session: { keep_storage: true }, ${policy}`
    const text = file(app('a', wiki, keeps), app('b', erp), app('c', 'https://c.example.com', keeps))
    const { apps } = await valid(text)
    expect([...apps.values()].map(({ name, keepStorage }) => [name, keepStorage])).toEqual([
      ['a', false],
      ['b', false],
      ['c', true],
    ])
    expect(await warnings(text)).toEqual([
      expect.stringContaining('apps.a: session.keep_storage has no effect: "b" has the same host'),
    ])
    const both = await valid(file(app('a', wiki, keeps), app('b', erp, keeps)))
    expect([...both.apps.values()].every(({ keepStorage }) => keepStorage)).toBe(true)
  })

  test('a more sensitive app beside a less sensitive one is warned of', async () => {
    const text = file(app('a', wiki, `sensitivity: low, ${policy}`), app('b', erp, `sensitivity: critical, ${policy}`))
    expect(await warnings(text)).toEqual([expect.stringContaining('apps.b.from: shares intranet.example.com with "a"')])
    expect(await warnings(file(app('a', wiki), app('b', erp)))).toEqual([])
  })

  test('cookie_path has no effect on an app with a host of its own', async () => {
    const more = `cookie_path: host, ${policy}`
    expect(await warnings(file(app('a', 'https://a.example.com', more)))).toEqual([
      expect.stringContaining('cookie_path: has no effect'),
    ])
    expect(await warnings(file(app('a', wiki, more)))).toEqual([])
  })
})

test('the comparison tells of paths', async () => {
  const [was, is] = await validTogether(
    file(app('a', wiki)),
    file(app('a', erp, `cookie_path: host, ${policy}`, 'http://10.0.0.7/x')),
  )
  expect(compareConfigurations(was, is).toSorted()).toEqual([
    'a: its cookies are sent to all apps of its host',
    'a: moves from intranet.example.com/wiki to intranet.example.com/erp',
    'a: requests go to other paths of its upstreams',
  ])
})
