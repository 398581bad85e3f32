// Whether a denial offers to request access: who may ask, for which level, and what a step-up or a grant would change.

import { describe, expect, test } from 'vitest'
import { withRemedy } from '../../src/policy/apply-remedy.ts'
import type { AppDeclaration } from '../../src/policy/declaration.ts'
import { access, grant, hour, noon, policyOf, verdictOf, type AccessOverrides } from './access-request-fixtures.ts'

type Requests = AppDeclaration['requests']

const remedyFor = (requests: Requests, given: AccessOverrides = {}) =>
  verdictOf({ grant: 'required' }, given, { requests }).remedy?.kind

describe('access may be requested', () => {
  const by = { groups: ['staff'] }

  test.each<[string, Requests, AccessOverrides, string]>([
    ['where nothing is said about it', undefined, {}, 'request_access'],
    ['where requests are enabled', true, {}, 'request_access'],
    ['by those who are eligible', { by, level: 'full' }, { method: 'POST' }, 'request_access'],
    ['for reading where only that is offered', { by, level: 'read' }, { method: 'HEAD' }, 'request_access'],
  ])('%s', (_name, requests, given, kind) => expect(remedyFor(requests, given)).toBe(kind))
})

describe('access may not be requested', () => {
  const by = { groups: ['finance'] }

  test.each<[string, Requests, AccessOverrides]>([
    ['where requests are disabled', false, {}],
    ['by others than the eligible', { by, level: 'full' }, {}],
    ['when it is unknown who asks', { by, level: 'full' }, { person: { groupsComplete: false } }],
    ['for writing where only reading is offered', { by: {}, level: 'read' }, { method: 'POST' }],
  ])('%s', (_name, requests, given) => expect(remedyFor(requests, given)).toBe('ask_owner'))
})

describe('a request as it would be', () => {
  const policy = policyOf([])

  test('after a step-up to a second factor', () => {
    const proven = withRemedy(policy, access(), { kind: 'step_up', level: 'mfa', maxAge: undefined })
    expect(proven.identity?.authentication).toMatchObject({ mfa: true, phishingResistant: false, authTime: noon })
    expect(proven.identity?.subject).toEqual(access().identity?.subject)
  })

  test('after a step-up to a phishing-resistant factor, which is a second factor as well', () => {
    const proven = withRemedy(policy, access(), { kind: 'step_up', level: 'phishing_resistant', maxAge: undefined })
    expect(proven.identity?.authentication).toMatchObject({ mfa: true, phishingResistant: true })
  })

  test('after a fresh sign-in: no factor is lost or gained', () => {
    const again = { kind: 'step_up', level: 'any', maxAge: hour } as const
    expect(withRemedy(policy, access(), again).identity?.authentication).toMatchObject({
      mfa: false,
      phishingResistant: false,
      authTime: noon,
    })
    const strong = access({ proof: { mfa: true, phishingResistant: true } })
    expect(withRemedy(policy, strong, again).identity?.authentication).toMatchObject({
      mfa: true,
      phishingResistant: true,
    })
  })

  test('after a granted request: a grant for this app of the level it offers, beside those there are', () => {
    const readable = policyOf([], { requests: { by: {}, level: 'read' } })
    const before = access({ grants: [grant({ app: 'wiki' })] })
    for (const [of, level] of [
      [policy, 'full'],
      [readable, 'read'],
    ] as const) {
      const { grants } = withRemedy(of, before, { kind: 'request_access' })
      expect(grants).toHaveLength(2)
      expect(grants[0]).toBe(before.grants[0])
      expect(grants[1]).toMatchObject({
        app: 'erp',
        level,
        from: noon,
        until: Infinity,
        schedule: undefined,
        origin: 'runtime',
        revokedAt: undefined,
      })
    }
  })

  test('is the same after any other remedy, or a step-up of nobody', () => {
    const nobody = access({ signedOut: true })
    expect(withRemedy(policy, nobody, { kind: 'step_up', level: 'mfa', maxAge: undefined })).toBe(nobody)
    const request = access()
    for (const remedy of [{ kind: 'wait', until: 1 }, { kind: 'ask_owner' }, { kind: 'try_again' }] as const) {
      expect(withRemedy(policy, request, remedy)).toBe(request)
    }
  })
})
