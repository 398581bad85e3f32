// User sets: who may request or approve access, by conditions on the user alone.

import { describe, expect, test } from 'vitest'
import { externalSubjects, hasExternals, isExternalGrantee } from '../../src/policy/external.ts'
import { compileUserSet, type UserSet } from '../../src/policy/user-set.ts'
import { subject, vocabulary } from './access-request-fixtures.ts'

const contains = (set: UserSet, who = subject()): boolean => compileUserSet(set, vocabulary)(who)

describe('a user set', () => {
  test.each<[string, UserSet]>([
    ['by address', { users: ['anna@example.com'] }],
    ['by group', { groups: ['staff'] }],
    ['by provider', { providers: ['keycloak'] }],
    ['by domain', { domains: ['example.com'] }],
    ['by all of them', { users: ['keycloak|42'], groups: ['staff'], providers: ['keycloak'] }],
    ['without conditions', {}],
  ])('contains a user %s', (_name, set) => expect(contains(set)).toBe(true))

  test('contains a user by role', () => {
    expect(contains({ roles: ['finance'] }, subject({ groups: ['grp-finance'] }))).toBe(true)
    expect(contains({ roles: ['finance'] })).toBe(false)
  })

  test.each<[string, UserSet]>([
    ['another address', { users: ['bob@example.com'] }],
    ['another group', { groups: ['board'] }],
    ['another provider', { providers: ['okta'] }],
    ['another domain', { domains: ['elsewhere.example'] }],
    ['one condition that is not met', { users: ['keycloak|42'], groups: ['board'] }],
  ])('does not contain a user with %s', (_name, set) => expect(contains(set)).toBe(false))

  test('does not contain a user of whom it is unknown', () => {
    expect(contains({ groups: ['board'] }, subject({ groupsComplete: false }))).toBe(false)
    expect(contains({ users: ['anna@example.com'] }, subject({ email: undefined }))).toBe(false)
    expect(contains({ users: ['anna@example.com'] }, subject({ external: true }))).toBe(false)
  })

  test.each(['mfa', 'device', 'networks', 'schedule', 'grant', 'claims', 'any', 'not'])(
    'has no condition on anything but the user, such as %s',
    (key) => {
      expect(() => compileUserSet({ users: ['a@b.test'], [key]: true } as UserSet, vocabulary)).toThrow(
        expect.objectContaining({ code: 'policy_invalid', message: `${key} is not a condition on the user` }),
      )
    },
  )
})

describe('external subjects', () => {
  const externals = { providers: new Set(['partners']), people: ['guest@example.com', 'corp|7'] }
  const isExternal = externalSubjects(externals)

  test('are those of external providers, listed ones, and those whose session says so', () => {
    expect(isExternal(subject({ provider: 'partners', email: 'a@b.test' }))).toBe(true)
    expect(isExternal(subject({ email: 'Guest@Example.com' }))).toBe(true)
    expect(isExternal(subject({ provider: 'corp', sub: '7' }))).toBe(true)
    expect(isExternal(subject({ external: true }))).toBe(true)
    expect(isExternal(subject())).toBe(false)
  })

  test('may be one without an address, when some are listed by address', () => {
    expect(isExternal(subject({ email: undefined }))).toBe(true)
    expect(externalSubjects({ ...externals, people: [] })(subject({ email: undefined }))).toBe(false)
  })

  test('without listed people are decided by provider and session', () => {
    const byProvider = externalSubjects({ providers: new Set(['partners']), people: [] })
    expect([byProvider(subject({ provider: 'partners' })), byProvider(subject({ external: true }))]).toEqual([
      true,
      true,
    ])
    expect(byProvider(subject())).toBe(false)
  })

  test('do not exist where none are configured, and are told by the session where it is unknown', () => {
    const none = { providers: new Set<string>(), people: [] }
    expect([hasExternals(none), hasExternals(externals), hasExternals(undefined)]).toEqual([false, true, true])
    expect(hasExternals({ ...none, people: ['a@b.test'] })).toBe(true)
    expect(externalSubjects(none)(subject({ external: true }))).toBe(false)
    const bySession = externalSubjects(undefined)
    expect([bySession(subject({ external: true })), bySession(subject())]).toEqual([true, false])
  })

  test('as grantees are found by provider, by identity and by address', () => {
    const grantee = (who: string) => isExternalGrantee(externals, who)
    expect(['partners|1', 'corp|7', 'corp|mailto:guest@example.com'].map(grantee)).toEqual([true, true, true])
    expect(['corp|8', 'corp|mailto:other@example.com', 'corp|guest@example.com'].map(grantee)).toEqual([
      false,
      false,
      false,
    ])
  })
})
