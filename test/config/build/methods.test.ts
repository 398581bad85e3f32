// `methods` and `destination_scheme` in the configuration: sets, lists, and what does not fit together.

import { describe, expect, test } from 'vitest'
import { httpMethods, webdavMethods } from '../../../src/config/methods.ts'
import { compareConfigurations } from '../../../src/config/diff/diff.ts'
import { head, problems, valid, validTogether, warnings } from '../config-fixtures.ts'

const file = (settings: string, to = 'http://10.20.0.7:3000'): string =>
  `${head}apps:\n  wiki: { from: https://wiki.example.com, to: ${to}, policy: [{ allow: {} }], ${settings} }\n`
const methodsOf = async (settings: string) => (await valid(file(settings))).apps.get('wiki')?.methods ?? httpMethods
/** Without place and path. */
const messages = (list: readonly string[]): string[] => list.map((text) => text.replace(/^\d+:\d+: [^:]+: /, ''))

test('names a set, or each method', async () => {
  expect(await methodsOf('title: Wiki')).toBe(httpMethods)
  expect(await methodsOf('methods: http')).toBe(httpMethods)
  expect(await methodsOf('methods: webdav')).toBe(webdavMethods)
  expect(await methodsOf('methods: all')).toBe('all')
  expect(await methodsOf('methods: [GET, VERSION-CONTROL, CCM_POST]')).toEqual(
    new Set(['GET', 'VERSION-CONTROL', 'CCM_POST']),
  )
})

test.each([
  ['TRACE', 'TRACE is never forwarded'],
  ['TRACK', 'TRACK is never forwarded'],
  ['CONNECT', 'CONNECT is never forwarded'],
  ['get', 'expected a method in capital letters, such as GET'],
  ['G(T', 'expected a method in capital letters, such as GET'],
])('cannot name %s', async (name, message) => {
  expect(messages(await problems(file(`methods: [GET, ${name}]`)))).toEqual([message])
})

test('rules may name methods with a dash', async () => {
  expect(
    await problems(
      `${head}apps:\n  wiki: { from: https://wiki.example.com, to: http://10.20.0.7:3000, methods: webdav, policy: [{ allow: { methods: [VERSION-CONTROL, M-SEARCH] } }] }\n`,
    ),
  ).toEqual([])
})

test('warns of names that Node’s parser cannot read, when it is used', async () => {
  const text = file('methods: [GET, PURGE, CHECKIN]')
  expect(await warnings(text)).toEqual([])
  const node = text.replace('gateway: {', 'gateway: { http1: node,')
  expect(messages(await warnings(node))).toEqual(['gateway.http1: node cannot read CHECKIN over HTTP/1'])
})

describe('several upstreams', () => {
  const mixed = '[http://10.20.0.7:3000, https://10.20.0.8:3000]'

  test('need one scheme with WebDAV, unless the app believes the public one', async () => {
    expect(await problems(file('methods: http', mixed))).toEqual([])
    expect(messages(await problems(file('methods: webdav', mixed)))).toEqual([
      'with methods of WebDAV, all need one scheme: it is part of Destination; or set destination_scheme: public',
    ])
    expect(await problems(file('methods: webdav, destination_scheme: public', mixed))).toEqual([])
  })

  test('need one host with WebDAV and host: upstream', async () => {
    const two = '[http://10.20.0.7:3000, http://10.20.0.8:3000]'
    expect(await problems(file('methods: webdav', two))).toEqual([])
    expect(messages(await problems(file('methods: webdav, host: upstream', two)))).toEqual([
      'with methods of WebDAV, upstream needs one host in `to`: it is part of Destination',
    ])
  })
})

test('check --against says which methods are gained and lost', async () => {
  const changes = async (before: string, after: string): Promise<string[]> =>
    compareConfigurations(...(await validTogether(file(before), file(after))))
  expect(await changes('methods: [GET, PUT]', 'methods: [GET, PURGE]')).toEqual([
    'wiki: gains the methods PURGE',
    'wiki: loses the methods PUT',
  ])
  expect(await changes('title: a', 'methods: all')).toContain('wiki: gains all methods')
  expect(await changes('methods: all', 'methods: [GET]')).toEqual(['wiki: loses all methods but GET'])
  expect(await changes('methods: webdav', 'methods: webdav')).toEqual([])
})
