// `headers.identity` as a map: values of each attribute, what a field cannot represent, and the cache of signed assertions.

import { describe, expect, test } from 'vitest'
import type { IdentityMap } from '../../../src/config/forwarding-settings.ts'
import type { Subject } from '../../../src/policy/subject.ts'
import { identityHeaders } from '../../../src/proxy/identity/header-presets.ts'
import { createAssertionCache } from '../../../src/proxy/identity/assertion-cache.ts'

const subject: Subject = {
  provider: 'company',
  sub: '42',
  email: 'jürgen@example.com',
  name: 'Jürgen Müller',
  username: 'jürgen',
  groups: ['staff', 'sales, north', 'Köln'],
  groupsComplete: true,
  claims: { department: ['sales'], roles: ['a', 'b,c', 'd'], cut: ['x'], empty: [] },
  partialClaims: ['cut'],
  external: false,
}
const map: IdentityMap = [
  ['X-Sub', 'sub'],
  ['X-Email', 'email'],
  ['X-Name', 'name'],
  ['X-User', 'preferred_username'],
  ['X-Groups', 'groups'],
  ['X-Idp', 'provider'],
  ['X-Jwt', 'assertion'],
  ['X-Department', 'claims.department'],
  ['X-Roles', 'claims.roles'],
]
const sent = (identity: IdentityMap, who: Partial<Subject> = {}): Record<string, string> => {
  const one = { ...subject, ...who }
  const flat = identityHeaders(identity, one, one.groups, 'TOKEN')
  return Object.fromEntries(flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1]!]] : [])))
}
const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

describe('an identity map', () => {
  test('sends each attribute under its name, beyond ASCII as UTF-8, and the assertion as ever', () => {
    expect(sent(map)).toEqual({
      'X-Sub': '42',
      'X-Email': utf8('jürgen@example.com'),
      'X-Name': utf8('Jürgen Müller'),
      'X-User': utf8('jürgen'),
      'X-Groups': utf8('staff,Köln'),
      'X-Idp': 'company',
      'X-Jwt': 'TOKEN',
      'X-Department': 'sales',
      'X-Roles': 'a,d',
      'X-Einlass-Jwt-Assertion': 'TOKEN',
    })
  })

  test.each([
    ['a line break', 'a\r\nX-Admin: yes'],
    ['a NUL', 'a\0b'],
    ['a control character beyond ASCII', 'a\u0085b'],
    ['white space at its ends', ' admin'],
    ['half a surrogate pair', 'a\ud800'],
    ['nothing', ''],
  ])('leaves out a value with %s', (_what, value) => {
    const names = ['X-Name', 'X-User', 'X-Department', 'X-Groups']
    const found = sent(map, { name: value, username: value, claims: { department: [value] }, groups: [value] })
    expect(Object.keys(found).filter((name) => names.includes(name))).toEqual([])
  })

  test('leaves out claims that are absent, empty, or were not read in full', () => {
    const found = sent([
      ['X-A', 'claims.absent'],
      ['X-B', 'claims.cut'],
      ['X-C', 'claims.empty'],
      ['X-D', 'claims.__proto__'],
    ])
    expect(Object.keys(found)).toEqual(['X-Einlass-Jwt-Assertion'])
  })
})

test('a signed assertion is reused for the same map and credentials only', () => {
  const cache = createAssertionCache(() => true)
  const session = { id: 's', version: 1, generation: 1 }
  const authorization = { kind: 'assertion' } as const
  const app = { origin: 'https://erp.example.com', identityHeaders: map, headerGroups: 'all', authorization } as const
  const of = (more: object): unknown =>
    cache.of({ app: { ...app, ...more }, session, device: undefined, grant: undefined })
  const first = of({})
  expect(of({})).toBe(first)
  expect(of({ identityHeaders: 'einlass' })).not.toBe(first)
  expect(of({ authorization: undefined })).not.toBe(first)
})
