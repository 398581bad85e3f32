// Comparison of two configurations: who gains and who loses access.

import { describe, expect, test } from 'vitest'
import { compareConfigurations } from '../../../src/config/diff/diff.ts'
import { head, smallest, validTogether } from '../config-fixtures.ts'

const changes = async (before: string, after: string): Promise<string[]> =>
  // One folder, so that relative paths have the same meaning in both.
  compareConfigurations(...(await validTogether(before, after)))

const rules = (policy: string, more = ''): string =>
  `${head}${more}apps:\n  wiki: { from: https://wiki.example.com, to: http://10.0.0.1, policy: [${policy}] }\n`

test('reports nothing if only names and positions of rules changed', async () => {
  expect(await changes(smallest, smallest)).toEqual([])
  expect(
    await changes(
      rules('{ allow: { groups: [a] } }, { allow: { groups: [b] } }'),
      rules('{ name: x, allow: { groups: [b] } }, { name: y, allow: { groups: [a] } }'),
    ),
  ).toEqual([])
})

describe('rules', () => {
  test.each([
    [
      'a group added to an allow',
      '{ allow: { groups: [a] } }',
      '{ allow: { groups: [a, b] } }',
      ['wiki: gains access: group b (rule "rule 1")'],
    ],
    [
      'a group removed',
      '{ allow: { groups: [a, b], mfa: true } }',
      '{ allow: { groups: [a], mfa: true } }',
      ['wiki: loses access: group b (rule "rule 1", with mfa)'],
    ],
    [
      'a group added to a deny',
      '{ allow: {} }, { name: no, deny: { groups: [a] } }',
      '{ allow: {} }, { name: no, deny: { groups: [a, b] } }',
      ['wiki: loses access: group b (rule "no")'],
    ],
    [
      'an allow added',
      '{ allow: { groups: [a] } }',
      '{ allow: { groups: [a] } }, { name: n, allow: { users: [x@y.z], device: d } }',
      ['wiki: gains access: user x@y.z and device d (allow rule "n" added)'],
    ],
    [
      'an allow removed beside another',
      '{ allow: { groups: [a] } }, { name: n, allow: { users: [x@y.z] } }',
      '{ allow: { groups: [a] } }',
      ['wiki: loses access: user x@y.z (allow rule "n" removed; unless another rule allows them)'],
    ],
    [
      'an allow removed that another covers',
      '{ allow: {} }, { name: n, allow: { users: [x@y.z] } }',
      '{ allow: {} }',
      ['wiki: no change for user x@y.z: allow rule "n" removed, but "rule 1" allows them still'],
    ],
    [
      'a deny removed',
      '{ allow: {} }, { name: no, deny: { groups: [a] } }',
      '{ allow: {} }',
      ['wiki: gains access: group a (deny rule "no" removed; where an allow rule is met)'],
    ],
    [
      'a rule inserted before another',
      '{ allow: { groups: [a] } }',
      '{ allow: { groups: [b] } }, { allow: { groups: [a] } }',
      ['wiki: gains access: group b (allow rule "rule 1" added)'],
    ],
    [
      'a condition tightened',
      '{ allow: { groups: [a] } }',
      '{ allow: { groups: [a], mfa: { max_age: 1h } } }',
      ['wiki: rule "rule 1" allows group a and mfa within 1h (before: group a)'],
    ],
    [
      'a limit',
      '{ allow: {} }',
      '{ allow: {}, limit: { download: 50MB } }',
      ['wiki: rule "rule 1" limits download to 50MB (before: nothing)'],
    ],
    [
      'only monitored',
      '{ allow: {} }',
      '{ allow: {} }, { name: m, mode: monitor, deny: { groups: [a] } }',
      ['wiki: no change: deny rule "m" added, it is only monitored (group a)'],
    ],
  ])('%s', async (_name, before, after, lines) => {
    const names = 'devices: { postures: { d: { managed: true } } }\n'
    expect(await changes(rules(before, names), rules(after, names))).toEqual(lines)
  })
})

test('apps, roles, networks, grants, public paths and shared settings', async () => {
  const before = rules('{ allow: { roles: [r] } }', 'roles: { r: { groups: [a] }, unused: { groups: [x] } }\n')
  const after = `${rules('{ allow: { roles: [r] } }', 'roles: { r: { groups: [a, b] }, unused: { groups: [y] } }\n')}  erp: { from: https://erp.example.com, to: http://10.0.0.1, require: { mfa: true }, policy: [{ allow: { groups: [g] } }], public: [{ paths: /hook }] }
grants: [{ who: a@b.c, app: wiki, level: full, until: 2026-12-15T18:00Z }]
`
  expect(await changes(before, after)).toEqual([
    'erp: everyone gains /hook without sign-in (GET, HEAD)',
    'erp: gains access: group g (rule "rule 1", requiring mfa)',
    'erp: the app is new (erp.example.com)',
    'wiki: role r is groups a, b, users none (before: groups a, users none)',
    'wiki: the full grant of default|mailto:a@b.c until 2026-12-15T18:00:00Z becomes valid',
  ])
  expect(await changes(after, before)).toContain('erp: loses access: group g (rule "rule 1", requiring mfa)')
  expect(await changes(smallest, smallest.replace('secret_key:', 'trusted_proxies: 10.0.0.1, secret_key:'))).toEqual([
    'gateway: other proxies are trusted, so rules with networks may see other client addresses',
  ])
})

test('reports whether NTLM and Negotiate sign-in reaches the app', async () => {
  const one = (auth: string): string =>
    `${head}apps:\n  wiki: { from: https://wiki.example.com, to: http://10.0.0.1, policy: [{ allow: {} }]${auth} }\n`
  const strip = ', connection_auth: strip'
  expect(await changes(one(''), one(strip))).toEqual([
    'wiki: NTLM and Negotiate sign-in is removed: users who sign in to the app that way need another one',
  ])
  expect(await changes(one(strip), one(', connection_auth: pinned'))).toEqual([
    'wiki: NTLM and Negotiate sign-in reaches the app',
  ])
})

describe('addresses', () => {
  const at = (from: string): string =>
    `${head}apps:\n  erp: { from: ${from}, to: http://10.0.0.1, policy: [{ allow: {} }] }\n`
  const [one, two, three] = ['https://erp.example.com', 'https://api.example.com', 'https://files.example.com']

  test.each([
    ['one that changes', one, two, ['moves from erp.example.com to api.example.com']],
    [
      'a second host',
      one,
      `[${one}, ${two}]`,
      [
        'is reached at api.example.com, too',
        'https://erp.example.com gains requests in the name of users (from)',
        'https://api.example.com gains requests in the name of users (from)',
      ],
    ],
    [
      'a host less',
      `[${one}, ${two}, ${three}]`,
      `[${one}, ${three}]`,
      ['is no longer reached at api.example.com', 'https://api.example.com loses requests in the name of users (from)'],
    ],
    [
      'another order',
      `[${one}, ${two}]`,
      `[${two}, ${one}]`,
      ['the first address is api.example.com: shown to users, and aud of assertions'],
    ],
  ])('%s', async (_name, before, after, lines) => {
    expect(await changes(at(before), at(after))).toEqual(lines.map((line) => `erp: ${line}`).sort())
  })

  test('of a new app are all named', async () => {
    const [before, after] = [smallest, `${smallest}${at(`[${one}, ${two}]`).slice(at('x').indexOf('  erp:'))}`]
    expect(await changes(before, after)).toContain('erp: the app is new (erp.example.com, api.example.com)')
  })
})
