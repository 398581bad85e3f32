// External subjects get access by a valid grant, and by nothing else.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compilePolicy } from '../../../src/policy/compile.ts'
import { grant as grantCondition } from '../../../src/policy/conditions/grant.ts'
import { compileContext } from '../../../src/policy/compile.ts'
import { decide } from '../../../src/policy/decide.ts'
import { explain } from '../../../src/policy/explain.ts'
import { externalSubjects, isExternalGrantee } from '../../../src/policy/external.ts'
import type { Externals } from '../../../src/policy/externals.ts'
import { message } from '../../../src/policy/reasons.ts'
import { accesses, apps, vocabulary } from '../arbitrary-policies.ts'
import { access, allow, app, grant, hour, noon, subject, vocabulary as named } from '../access-request-fixtures.ts'

const externals: fc.Arbitrary<Externals | undefined> = fc.option(
  fc.record({
    providers: fc.subarray(['p', 'q']).map((list) => new Set(list)),
    people: fc.subarray(['x@example.com', 'q|2', 'p|mailto:z@example.com']),
  }),
  { nil: undefined },
)

test('an external subject is never allowed without a valid grant', () => {
  let [allowed, denied] = [0, 0]
  fc.assert(
    fc.property(apps, externals, accesses, (declared, external, asked) => {
      if (asked.identity === undefined) return
      const rules = { ...vocabulary, external }
      const policy = compilePolicy({ ...declared, mode: 'enforce' }, rules)
      const { subject: person } = asked.identity
      const outside =
        external === undefined
          ? person.external
          : external.providers.has(person.provider) ||
            external.people.includes(`${person.provider}|${person.sub}`) ||
            external.people.includes(person.email ?? 'x@example.com') ||
            external.people.includes(`${person.provider}|mailto:${person.email ?? 'z@example.com'}`)
      if (!outside) return
      const granted = grantCondition('required', compileContext(declared, rules)).evaluate(asked).state === 'met'
      const { effect, grant: by } = decide(policy, asked)
      if (effect === 'allow') {
        allowed++
        expect(granted).toBe(true)
        expect(asked.grants.map(({ id }) => id)).toContain(by)
      } else if (!granted) denied++
    }),
    { numRuns: 6_000 },
  )
  expect(allowed).toBeGreaterThan(20)
  expect(denied).toBeGreaterThan(500)
})

describe('a rule without a grant condition', () => {
  const everybody = compilePolicy(app([allow('everybody', {})]), named)
  const guest = { external: true, email: 'kim@partner.example' }

  test('allows internal subjects', () => {
    expect(decide(everybody, access()).effect).toBe('allow')
  })

  test('challenges an external subject, with a clear reason', () => {
    const { effect, reasons, remedy } = decide(everybody, access({ person: guest }))
    expect([effect, remedy]).toEqual(['challenge', { kind: 'request_access' }])
    expect(reasons.map((reason) => message(reason, 'en'))).toEqual([
      'kim@partner.example is an account of another organisation. It needs time-limited access to ERP, and none has been granted.',
    ])
  })

  test('allows with a grant, and names it', () => {
    const decision = decide(everybody, access({ person: guest, grants: [grant({ id: 'g7' })] }))
    expect(decision).toMatchObject({ effect: 'allow', grant: 'g7', rule: 'everybody' })
  })

  test.each([
    ['has ended', grant({ until: noon }), 'grant_expired'],
    ['has not begun', grant({ from: noon + 1 }), 'grant_pending'],
    ['was revoked', grant({ revokedAt: noon - 1 }), 'grant_expired'],
    ['is for another app', grant({ app: 'wiki' }), 'grant_required'],
  ])('a grant that %s is not valid', (_what, given, code) => {
    const decision = decide(everybody, access({ person: guest, grants: [given] }))
    expect([decision.effect, decision.reasons[0]!.code]).not.toContain('allow')
    expect(decision.reasons.map((reason) => reason.code)).toContain(code)
  })

  test('a grant for reading allows reading only', () => {
    const grants = [grant({ level: 'read' })]
    expect(decide(everybody, access({ person: guest, grants, method: 'GET' })).effect).toBe('allow')
    expect(decide(everybody, access({ person: guest, grants, method: 'POST' })).effect).not.toBe('allow')
    expect(everybody.classify('GET', '/')).not.toBe(everybody.classify('POST', '/'))
  })

  test('the decision ends with the grant', () => {
    const grants = [grant({ until: noon + 30_000 })]
    expect(decide(everybody, access({ person: guest, grants })).validUntil).toBe(noon + 30_000)
  })

  test('reports the reason once if the rule requires a grant as well', () => {
    const policy = compilePolicy(app([allow('vendors', { grant: 'required' })]), named)
    expect(decide(policy, access({ person: guest })).reasons).toHaveLength(1)
  })
})

describe('explain', () => {
  const policy = compilePolicy(app([allow('everybody', {})]), named)

  test('reports the condition for external subjects', () => {
    const [only, ...more] = explain(policy, access({ person: { external: true } })).required
    expect(more).toEqual([])
    expect(only).toMatchObject({ name: 'external', summary: 'by grant only', verdict: { state: 'unmet' } })
  })

  test('and for no others', () => {
    expect(explain(policy, access()).required).toEqual([])
  })
})

describe('external subjects', () => {
  const external: Externals = {
    providers: new Set(['partner']),
    people: ['kim@partner.example', 'keycloak|99', 'keycloak|mailto:lee@example.com'],
  }
  const isExternal = externalSubjects(external)

  test.each([
    ['a user of an external provider', { provider: 'partner' }, true],
    ['a listed address, at any provider', { email: 'kim@partner.example', provider: 'other' }, true],
    ['a listed subject', { sub: '99' }, true],
    ['the same subject of another provider', { sub: '99', provider: 'other' }, false],
    ['an address of one provider', { email: 'lee@example.com' }, true],
    ['the same address at another', { email: 'lee@example.com', provider: 'other' }, false],
    ['a user without a verified address, who may be a listed one', { email: undefined }, true],
    ['any other user', {}, false],
    ['a session begun while its provider was external', { external: true }, true],
  ])('%s: %j is %s', (_who, more, expected) => {
    expect(isExternal(subject(more))).toBe(expected)
  })

  test.each([
    ['partner|1', true],
    ['partner|mailto:a@b.example', true],
    ['keycloak|99', true],
    ['keycloak|mailto:kim@partner.example', true],
    ['keycloak|mailto:lee@example.com', true],
    ['other|mailto:lee@example.com', false],
    ['keycloak|42', false],
  ])('a grant for %s: %s', (who, expected) => {
    expect(isExternalGrantee(external, who)).toBe(expected)
  })

  test('without external subjects, no condition is added', () => {
    const none = { providers: new Set<string>(), people: [] }
    const policy = compilePolicy(app([allow('all', {})]), { ...named, external: none })
    expect(policy.required).toEqual([])
    expect(decide(policy, access({ now: noon + hour })).effect).toBe('allow')
  })
})
