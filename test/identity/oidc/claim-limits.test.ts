// Limits of claims that a provider may send: what just fits is kept, what exceeds a limit is left out and never cut.

import { describe, expect, test } from 'vitest'
import type { ProviderSettings } from '../../../src/config/provider-settings.ts'
import { authenticationOf, subjectOf } from '../../../src/identity/oidc/claims.ts'

const settings: ProviderSettings = {
  name: 'corp',
  title: 'Corp',
  kind: 'generic',
  issuer: 'https://login.example.com',
  clientId: 'einlass',
  clientSecret: undefined,
  privateKey: undefined,
  scopes: ['openid'],
  claims: {
    groups: { claim: 'groups', shape: 'list', field: undefined },
    email: 'email',
    name: 'name',
    username: 'preferred_username',
  },
  mfa: { amrAny: ['mfa'], acrAny: [] },
  phishingResistant: { amrAny: [], acrAny: [] },
  stepUp: { acrValues: [], essential: false, prompt: undefined, maxAge: undefined },
  external: false,
  hostedDomains: [],
  emailVerified: 'required',
  domains: [],
}
const subject = (idToken: Record<string, unknown>) => subjectOf('s', { idToken, userInfo: undefined }, settings)
const claimsOf = (idToken: Record<string, unknown>) => subject(idToken).claims
const numbered = (count: number, prefix: string): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`)

describe('groups', () => {
  const padded = (count: number, size: number): string[] => numbered(count, 'g').map((name) => name.padEnd(size, 'x'))

  test('are complete up to ten thousand, and no further', () => {
    expect(subject({ groups: numbered(10_000, 'g') })).toMatchObject({ groupsComplete: true })
    const beyond = subject({ groups: numbered(10_001, 'g') })
    expect([beyond.groups.length, beyond.groupsComplete]).toEqual([10_000, false])
  })

  test('are complete up to 512 KiB of names, and no further', () => {
    const full = subject({ groups: padded(512, 1024) })
    expect([full.groups.length, full.groupsComplete]).toEqual([512, true])
    const beyond = subject({ groups: [...padded(512, 1024), 'y'] })
    expect([beyond.groups.length, beyond.groupsComplete]).toEqual([512, false])
  })

  test('are counted in bytes of UTF-8', () => {
    expect(subject({ groups: ['ä'.repeat(512)] })).toMatchObject({ groupsComplete: true })
    expect(subject({ groups: ['ä'.repeat(513)] })).toMatchObject({ groups: [], groupsComplete: false })
    const twoBytes = padded(513, 512).map((name) => name.replaceAll('x', 'ä'))
    const left = 512 * 1024 - Buffer.byteLength(twoBytes.join(''))
    expect(subject({ groups: [...twoBytes, 'y'.repeat(left)] }).groupsComplete).toBe(true)
    expect(subject({ groups: [...twoBytes, 'y'.repeat(left + 1)] }).groupsComplete).toBe(false)
  })

  test('with an empty name are incomplete: it may have been another one', () => {
    expect(subject({ groups: ['a', ''] })).toMatchObject({ groups: ['a'], groupsComplete: false })
  })

  test('that Entra does not withhold are complete', () => {
    expect(subject({ groups: ['a'], hasgroups: false }).groupsComplete).toBe(true)
    expect(subject({ groups: ['a'], hasgroups: 'False' }).groupsComplete).toBe(true)
    expect(subject({ groups: ['a'], _claim_names: { photo: 'src1' } }).groupsComplete).toBe(true)
    expect(subject({ groups: ['a'], _claim_names: null }).groupsComplete).toBe(true)
    expect(subject({ groups: ['a'], _claim_names: 'groups' }).groupsComplete).toBe(true)
  })
})

describe('other claims', () => {
  test('are kept up to two hundred', () => {
    const many = (count: number) => Object.fromEntries(numbered(count, 'c').map((name) => [name, 'x']))
    expect(Object.keys(claimsOf(many(200)))).toHaveLength(200)
    expect(Object.keys(claimsOf(many(201)))).toHaveLength(200)
  })

  test('are kept up to four levels deep', () => {
    expect(claimsOf({ a: { b: { c: { d: 'x' } } } })).toEqual({ 'a.b.c.d': ['x'] })
    expect(claimsOf({ a: { b: { c: { d: { e: 'x' } } } }, f: 'y' })).toEqual({ f: ['y'] })
  })

  test('have at most a thousand values', () => {
    expect(claimsOf({ a: numbered(1001, 'v') }).a).toEqual(numbered(1000, 'v'))
  })

  test('have values of at most 1 KiB of UTF-8, without control characters', () => {
    const fits = 'ä'.repeat(512)
    expect(claimsOf({ a: [fits, `${fits}x`, '', 'a\u0000b', 'a\u0085b', 'last'] })).toEqual({ a: [fits, 'last'] })
  })

  test('have names of at most 1024 characters', () => {
    const [fits, tooLong] = ['n'.repeat(1024), 'n'.repeat(1025)]
    expect(claimsOf({ [tooLong]: 'x', [fits]: 'x' })).toEqual({ [fits]: ['x'] })
  })

  test('are kept up to 32 KiB of names and values', () => {
    const values = Array.from({ length: 32 }, () => 'x'.repeat(1023))
    const rest = 32 * 1024 - 32 * 1023 - 1
    const fits = { a: values, [`b${'x'.repeat(rest - 2)}`]: 'y' }
    expect(Object.keys(claimsOf(fits))).toHaveLength(2)
    const beyond = { a: values, [`b${'x'.repeat(rest - 1)}`]: 'y', c: 'z' }
    expect(Object.keys(claimsOf(beyond))).toEqual(['a'])
  })

  test('with dots in their name take precedence over a nested claim of the same path', () => {
    expect(claimsOf({ a: { b: 'nested' }, 'a.b': 'named' })).toEqual({ 'a.b': ['named'] })
  })

  test('without a value that a rule could compare are left out; an empty list is a value', () => {
    const stated = { a: null, b: [], c: [{}], d: {}, e: ['x', null, 1, false] }
    expect(claimsOf(stated)).toEqual({ b: [], e: ['x', '1', 'false'] })
  })

  test.each(['iss', 'aud', 'exp', 'iat', 'nbf', 'jti', 'nonce', 'azp', 'at_hash', 'c_hash', 's_hash', 'sid', 'sub'])(
    'exclude %s of the token itself',
    (name) => expect(claimsOf({ [name]: 'x', dept: 'it' })).toEqual({ dept: ['it'] }),
  )

  test.each(['acr', 'amr', 'auth_time', '_claim_names', '_claim_sources'])('exclude %s', (name) => {
    expect(claimsOf({ [name]: 'x', dept: 'it' })).toEqual({ dept: ['it'] })
  })
})

describe('authentication', () => {
  test('counts at most fifty methods', () => {
    const methods = numbered(50, 'm')
    expect(authenticationOf({ amr: [...methods, 'mfa'] }, settings, 0)).toMatchObject({ amr: methods, mfa: false })
    expect(authenticationOf({ amr: [...methods.slice(1), 'mfa'] }, settings, 0).mfa).toBe(true)
  })

  test('leaves out methods that are no short text', () => {
    expect(authenticationOf({ amr: ['pwd', '', 7, 'x'.repeat(1025), 'mfa'] }, settings, 0).amr).toEqual(['pwd', 'mfa'])
  })

  test('has no class from an acr that is empty, over-long or with control characters', () => {
    for (const acr of ['', 'x'.repeat(1025), 'a\nb', 1]) {
      expect(authenticationOf({ acr }, settings, 0).acr).toBeUndefined()
    }
  })

  test('of Microsoft Entra has both the class and the contexts, separated by spaces', () => {
    const entra = { ...settings, kind: 'entra' as const, mfa: { amrAny: [], acrAny: ['c2'] } }
    expect(authenticationOf({ acr: 'c1', acrs: ['c2'] }, entra, 0)).toMatchObject({ acr: 'c1 c2', mfa: true })
    expect(authenticationOf({ acrs: [] }, entra, 0).acr).toBeUndefined()
  })
})

describe('names of a user', () => {
  test('a username has at most 256 characters and is never cut', () => {
    expect(subject({ preferred_username: 'x'.repeat(256) }).username).toBe('x'.repeat(256))
    expect(subject({ preferred_username: 'x'.repeat(257) }).username).toBeUndefined()
  })

  test('a username with white space around it, or with an invisible separator, is none', () => {
    for (const preferred_username of [' ada', 'ada\u00a0', 'a\u2028da', 'a\u2029da', 'a\u00adda']) {
      expect(subject({ preferred_username }).username).toBeUndefined()
    }
  })

  test('a displayed name is composed (NFC), without control characters, and cut to 256', () => {
    expect(subject({ name: 'Ju\u0308rgen\u2028X' }).name).toBe('Jürgen X')
    expect(subject({ name: 'x'.repeat(300) }).name).toBe('x'.repeat(256))
    expect(subject({ name: ' \u0007 ' }).name).toBeUndefined()
    expect(subject({ name: 7 }).name).toBeUndefined()
  })
})
