// Claim mapping: groups, email, other claims, authentication (acr, amr, auth_time), and the merge after a refresh.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ProviderSettings } from '../../../src/config/provider-settings.ts'
import { authenticationOf, needsUserInfo, subjectOf } from '../../../src/identity/oidc/claims.ts'
import type { ProviderClaims } from '../../../src/identity/oidc/provider-claims.ts'
import { refreshedSubject } from '../../../src/identity/oidc/refreshed-subject.ts'
import type { Subject } from '../../../src/policy/subject.ts'
import { emailOf } from '../../../src/identity/users/email.ts'

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
  mfa: { amrAny: ['mfa', 'otp'], acrAny: ['urn:two'] },
  phishingResistant: { amrAny: ['hwk'], acrAny: ['phr'] },
  stepUp: { acrValues: [], essential: false, prompt: undefined, maxAge: undefined },
  external: false,
  domains: [],
  hostedDomains: [],
  emailVerified: 'assumed',
}
const now = Date.UTC(2026, 10, 30, 12)
const list = { shape: 'list' as const, field: undefined }

function subject(idToken: Record<string, unknown>, userInfo?: Record<string, unknown>, changed = {}) {
  return subjectOf('s', { idToken, userInfo }, { ...settings, ...changed })
}

function refreshed(before: Subject, statement: ProviderClaims, changed = settings): Subject {
  return refreshedSubject({ subject: before, unconfirmed: undefined }, statement, changed).subject
}

describe('groups', () => {
  test.each([
    ['a list of names', ['a', 'b'], ['a', 'b'], true],
    ['nothing: a person in no group', undefined, [], true],
    ['one name, which is one group and never split', 'admin,staff', ['admin,staff'], true],
    ['doubled names', ['a', 'a'], ['a'], true],
    ['an object', { admin: true }, [], false],
    ['a list in a list', [['admin']], [], false],
    ['null', null, [], false],
    ['a number', 7, [], false],
    ['a list with something else in it', ['a', 1], ['a'], false],
    ['a name with a line break', ['a', 'b\r\nc'], ['a'], false],
    ['a name over 1 KB', ['a', 'x'.repeat(1025)], ['a'], false],
  ])('from %s', (_name, groups, names, complete) => {
    const { groups: found, groupsComplete } = subject({ groups })
    expect([found, groupsComplete]).toEqual([names, complete])
  })

  test('are incomplete and bounded when there are more than ten thousand', () => {
    const { groups, groupsComplete } = subject({ groups: Array.from({ length: 20_000 }, (_, index) => `g${index}`) })
    expect(groups).toHaveLength(10_000)
    expect(groupsComplete).toBe(false)
  })

  test.each([
    ['a reference to the endpoint that lists them', { _claim_names: { groups: 'src1' } }],
    ['hasgroups', { hasgroups: true }],
    ['hasgroups as text', { hasgroups: 'true' }],
  ])('are incomplete when Entra sends %s', (_name, claims) => {
    expect(subject(claims).groupsComplete).toBe(false)
    expect(subject({ ...claims, groups: ['some'] }).groupsComplete).toBe(false)
  })

  test('come from UserInfo where the ID token has none, else from the ID token', () => {
    expect(subject({}, { groups: ['b'] }).groups).toEqual(['b'])
    expect(subject({ groups: ['a'] }, { groups: ['b'] }).groups).toEqual(['a'])
  })

  test('are read by a dotted path, the full name first, and never from a prototype', () => {
    const nested = { claims: { ...settings.claims, groups: { ...list, claim: 'realm_access.roles' } } }
    expect(subject({ realm_access: { roles: ['x'] } }, undefined, nested).groups).toEqual(['x'])
    expect(subject({ 'realm_access.roles': ['y'], realm_access: { roles: ['x'] } }, undefined, nested).groups).toEqual([
      'y',
    ])
    const poison = { claims: { ...settings.claims, groups: { ...list, claim: 'constructor.name' } } }
    expect(subject({}, undefined, poison).groups).toEqual([])
  })
})

describe('an e-mail address', () => {
  test.each([
    ['ADMIN@CORP.TEST', 'admin@corp.test'],
    ['ada.b+c@sub.corp.test', 'ada.b+c@sub.corp.test'],
    ['Jürgen@corp.test', 'jürgen@corp.test'],
    ['Ju\u0308rgen@corp.test', 'jürgen@corp.test'],
  ])('%s is %s', (given, wanted) => {
    expect(emailOf(given)).toBe(wanted)
  })

  test.each([
    'attacker@evil.test@corp.test',
    'admin@corp．test',
    'admin@corp.test ',
    ' admin@corp.test',
    'admin@',
    '@corp.test',
    'admin',
    'admin@corp.test\n',
    'admin@-corp.test',
    'admin@corp..test',
    '\u212Aarl@corp.test',
    '"a b"@corp.test',
    'ａdmin@corp.test',
    'a@b.test\r\nX-Admin: 1',
    ['admin@corp.test'],
    null,
  ])('%j is rejected', (given) => {
    expect(emailOf(given)).toBeUndefined()
  })

  test('is ignored when the ID token or UserInfo states that it is unverified', () => {
    expect(subject({ email: 'A@b.test' }).email).toBe('a@b.test')
    expect(subject({ email: 'a@b.test', email_verified: false }).email).toBeUndefined()
    expect(subject({ email: 'a@b.test', email_verified: 'false' }).email).toBeUndefined()
    expect(subject({ email: 'a@b.test' }, { email_verified: false }).email).toBeUndefined()
  })

  test('of a domain that another provider vouches for is none, nor a claim', () => {
    const foreign = { foreignDomains: new Set(['corp.test']) }
    expect(subject({ email: 'Ada@CORP.test' }, undefined, foreign)).toMatchObject({ email: undefined, claims: {} })
    expect(subject({ email: 'ada@sub.corp.test' }, undefined, foreign).email).toBe('ada@sub.corp.test')
    const before = subject({ email: 'ada@corp.test' })
    const { subject: after } = refreshedSubject(
      { subject: before, unconfirmed: undefined },
      { idToken: undefined, userInfo: { sub: 's' } },
      { ...settings, ...foreign },
    )
    expect(after.email).toBeUndefined()
    expect(after.claims).not.toHaveProperty('email')
  })

  test('that is unverified is not available as a claim either', () => {
    expect(subject({ email: 'a@b.test', email_verified: false }).claims).not.toHaveProperty('email')
    expect(subject({ email: 'A@b.test' }).claims.email).toEqual(['a@b.test'])
  })
})

describe('other claims', () => {
  test('are lists of text, nested ones by their path', () => {
    const { claims } = subject({ dept: 'it', level: 3, on: true, org: { unit: ['x', 'y'] }, none: null, odd: [{}] })
    expect(claims).toEqual({ dept: ['it'], level: ['3'], on: ['true'], 'org.unit': ['x', 'y'] })
  })

  test('that are absent, and those that are stated and cannot be read in full, differ', () => {
    const partial = (claims: Record<string, unknown>, userInfo?: Record<string, unknown>) =>
      subject(claims, userInfo).partialClaims
    expect(partial({ dept: 'it', none: null, list: [] })).toBeUndefined()
    expect(subject({ list: [] }).claims).toEqual({ list: [] })
    expect(partial({ dept: 'x'.repeat(2000), mixed: ['a', {}], ok: 'b' })).toEqual(['dept', 'mixed'])
    expect(partial({}, { dept: '' })).toEqual(['dept'])
    expect(partial({ a: { b: { c: { d: { e: 1 } } } } })).toEqual(['a.b.c.d'])
    const many = Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`c${index}`, 'x']))
    expect(partial(many)).toEqual(['*'])
    expect(partial({ a: Array.from({ length: 999 }, () => 'x'.repeat(100)), z: '1' })).toEqual(['a', '*'])
  })

  test('exclude claims about the token', () => {
    expect(subject({ iss: 'i', aud: 'a', nonce: 'n', sid: 's', amr: ['pwd'], dept: 'it' }).claims).toEqual({
      dept: ['it'],
    })
  })

  test('are bounded for any input, and never set a prototype', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`c${index}`, 'x'.repeat(900)]))
    const bomb = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`) as Record<string, unknown>
    const { claims } = subject({ ...many, ...bomb })
    expect(JSON.stringify(claims).length).toBeLessThan(64 * 1024)
    const poison = subject(JSON.parse('{"__proto__": {"admin": "yes"}, "constructor": "x"}') as never).claims
    expect(poison).toEqual({})
    expect(({} as Record<string, unknown>).admin).toBeUndefined()
  })

  test.each(['alice ', 'ali\u200bce', 'ａlice', 'alice\n', '', 7])(
    'never normalize the username %j into another',
    (given) => {
      expect(subject({ preferred_username: given }).username).toBeUndefined()
      expect(subject({ preferred_username: 'Alice' }).username).toBe('Alice')
    },
  )

  test('of any shape give a bounded subject and never throw', () => {
    const anything = fc.dictionary(
      fc.constantFrom('groups', 'email', 'name', 'preferred_username', 'amr', 'acr', 'a.b', '__proto__', 'x'),
      fc.jsonValue({ maxDepth: 6 }),
    )
    fc.assert(
      fc.property(anything, anything, (idToken, userInfo) => {
        const made = subject(idToken, userInfo)
        expect(JSON.stringify(made).length).toBeLessThan(256 * 1024)
        expect(made.groups.every((group) => typeof group === 'string' && group !== '')).toBe(true)
        if (made.email !== undefined) expect(emailOf(made.email)).toBe(made.email)
        expect(authenticationOf(idToken, settings, now).amr.every((method) => typeof method === 'string')).toBe(true)
      }),
    )
  })

  test('of a name lose control characters', () => {
    expect(subject({ name: ' Ada\r\nX-Admin: 1\u202e ' }).name).toBe('Ada  X-Admin: 1')
  })
})

describe('authentication', () => {
  test.each([
    [{}, false],
    [{ amr: [] }, false],
    [{ amr: 'mfa' }, false],
    [{ amr: ['pwd'] }, false],
    [{ amr: ['MFA'] }, false],
    [{ amr: ['mfa', 'pwd'] }, true],
    [{ acr: '0' }, false],
    [{ acr: 'urn:two:not' }, false],
    [{ acr: ['urn:two'] }, false],
    [{ acr: 'urn:two' }, true],
  ])('%j is MFA: %s', (claims, mfa) => {
    expect(authenticationOf(claims, settings, now).mfa).toBe(mfa)
  })

  test('is phishing resistant only by the rules for that', () => {
    expect(authenticationOf({ amr: ['mfa'] }, settings, now).phishingResistant).toBe(false)
    expect(authenticationOf({ amr: ['hwk'] }, settings, now).phishingResistant).toBe(true)
  })

  test('proves no MFA when the provider has no rules', () => {
    const none = { ...settings, mfa: { amrAny: [], acrAny: [] } }
    expect(authenticationOf({ amr: ['mfa'], acr: 'urn:two' }, none, now).mfa).toBe(false)
  })

  test('of Microsoft Entra is read from the list of authentication contexts (acrs)', () => {
    const entra = { ...settings, kind: 'entra' as const, mfa: { amrAny: [], acrAny: ['c1'] } }
    const stated = (acrs: unknown) => authenticationOf({ acrs }, entra, now).mfa
    expect([['c3', 'c1'], ['c1']].map(stated)).toEqual([true, true])
    expect([['c3'], 'c1', [], undefined, ['c1 c2'], [['c1']]].map(stated)).toEqual(Array(6).fill(false))
    const before = authenticationOf({ acrs: ['c1', 'c3'] }, entra, now)
    expect(authenticationOf({}, entra, now, before)).toMatchObject({ mfa: true, acr: 'c1 c3' })
    // `acrs` of other providers is ignored, and their `acr` is not a list.
    expect(authenticationOf({ acrs: ['urn:two'], acr: 'x urn:two' }, settings, now).mfa).toBe(false)
  })

  test('is never later than now', () => {
    expect(authenticationOf({ auth_time: now / 1000 + 50 }, settings, now).authTime).toBe(now)
    expect(authenticationOf({}, settings, now).authTime).toBeUndefined()
  })

  test('is kept when a refreshed token omits claims, and replaced by claims it has', () => {
    const before = authenticationOf({ amr: ['mfa'], acr: 'urn:two', auth_time: 1000 }, settings, now)
    expect(authenticationOf({}, settings, now, before)).toEqual(before)
    const lower = authenticationOf({ amr: ['pwd'], acr: '1' }, settings, now, before)
    expect(lower).toMatchObject({ mfa: false, acr: '1', authTime: 1_000_000 })
  })
})

describe('after a refresh', () => {
  const before = subject({ groups: ['a'], email: 'a@b.test', name: 'Ada', dept: 'it' })

  test('a new ID token replaces all claims', () => {
    const after = refreshed(before, { idToken: { groups: [] }, userInfo: undefined }, settings)
    expect(after).toMatchObject({ groups: [], groupsComplete: true, email: undefined, name: undefined, claims: {} })
  })

  test('without new claims nothing changes', () => {
    expect(refreshed(before, { idToken: undefined, userInfo: undefined }, settings)).toBe(before)
  })

  test('UserInfo alone replaces groups, and without groups makes them incomplete', () => {
    const stated = refreshed(before, { idToken: undefined, userInfo: { groups: ['b'] } }, settings)
    expect(stated).toMatchObject({ groups: ['b'], groupsComplete: true, email: 'a@b.test', name: 'Ada' })
    const silent = refreshed(before, { idToken: undefined, userInfo: {} }, settings)
    expect(silent).toMatchObject({ groups: [], groupsComplete: false, email: 'a@b.test' })
  })

  test('UserInfo that states an unverified email removes the address', () => {
    const after = refreshed(before, { idToken: undefined, userInfo: { email_verified: false } }, settings)
    expect(after.email).toBeUndefined()
    expect(after.claims).not.toHaveProperty('email')
  })
})

test('UserInfo is requested only when a claim the configuration reads is missing', () => {
  const all = { groups: [], email: 'a@b.test', name: 'Ada', preferred_username: 'ada' }
  expect(needsUserInfo(all, settings)).toBe(false)
  expect(needsUserInfo({ ...all, groups: undefined }, settings)).toBe(true)
  expect(needsUserInfo(undefined, settings)).toBe(true)
})
