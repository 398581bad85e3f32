// `headers.keep` and `headers.remove` in the configuration: what each name means is told, and some cannot be kept.

import { describe, expect, test } from 'vitest'
import { compareConfigurations } from '../../../src/config/diff/diff.ts'
import { head, problems, valid, validTogether, warnings } from '../config-fixtures.ts'

const file = (headers: string, more = ''): string =>
  `${head}${more}apps:\n  wiki:\n    from: https://wiki.example.com\n    to: http://10.20.0.7:3000\n    policy: [{ allow: {} }]\n    headers: { ${headers} }\n`
/** Without place and path. */
const messageOf = (text = ''): string => text.replace(/^\d+:\d+: [^:]+: /, '')
const sources = `devices: { sources: [{ kind: trusted_header, name: agent, networks: [10.0.0.0/8], secret: file:device.secret }] }\n`

describe('headers.keep', () => {
  test.each([
    ['X-Device-Id', /^clients can set X-Device-Id to anything, and some applications believe it \(Device agents/],
    ['x_grafana_user', /believe it \(Grafana/],
    ['X-Mine', /^has no effect: X-Mine is not removed by default$/],
  ])('tells what %s means', async (name, message) => {
    expect((await warnings(file(`keep: ${name}`))).map(messageOf)).toEqual([expect.stringMatching(message)])
    expect((await valid(file(`keep: ${name}`))).apps.get('wiki')?.headerNames).toEqual({ keep: [name], remove: [] })
  })

  test.each([
    'X-Forwarded-User',
    'x_einlass_jwt_assertion',
    'Remote-User',
    'Connection',
    'Host',
    'Forwarded',
    'TE',
    'Device-Posture',
  ])('cannot name %s', async (name) => {
    expect((await problems(file(`keep: [X-Device-Id, ${name}]`))).map(messageOf)).toEqual([
      `${name} cannot be kept: Einlass sets it, or proxies and identity headers depend on it`,
    ])
  })

  test('cannot name what a posture source reads, nor what is removed as well', async () => {
    const [found] = await problems(file('keep: X-Device-Id', sources), { 'device.secret': 'a'.repeat(40) })
    expect(messageOf(found)).toBe('X-Device-Id cannot be kept: a source in devices.sources reads X-Device-*')
    const [other] = await problems(file('keep: X-User, remove: x_user'))
    expect(messageOf(other)).toBe('X-User is in remove as well')
  })

  test('takes names only', async () => {
    for (const bad of ['"X-A: b"', '"a b"', '""', '"*"']) {
      const [found] = await problems(file(`keep: ${bad}`))
      expect(messageOf(found)).toBe('expected the name of a header field, such as X-Device-Id')
    }
  })
})

test('headers.remove tells of names that are removed anyway', async () => {
  const found = await warnings(file('remove: [X-Internal-User, X-Grafana-User, X-Forwarded-For]'))
  expect(found.map(messageOf)).toEqual([
    'has no effect: X-Grafana-User is removed by default',
    "has no effect: Einlass never forwards the client's X-Forwarded-For",
  ])
})

test('the comparison of two configurations names fields that clients gain and lose', async () => {
  const [before, after] = await validTogether(file('keep: X-Device-Id, remove: X-A'), file('keep: X-User, remove: X-B'))
  expect(new Set(compareConfigurations(before, after))).toEqual(
    new Set([
      'wiki: clients gain the header field X-User',
      'wiki: clients gain the header field X-A',
      'wiki: clients lose the header field X-Device-Id',
      'wiki: clients lose the header field X-B',
    ]),
  )
})
