// Sessions share what they say alike, and say exactly what they said before.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Session, SessionWithTokens } from '../../../src/identity/session/session.ts'
import { createInterning } from '../../../src/identity/session/interning.ts'

const text = fc.string({ maxLength: 6 })
const maybe = fc.option(text, { nil: undefined })
const sessions: fc.Arbitrary<SessionWithTokens> = fc.record({
  id: text,
  subject: fc.record({
    provider: text,
    sub: text,
    email: maybe,
    name: maybe,
    username: maybe,
    groups: fc.array(text),
    groupsComplete: fc.boolean(),
    claims: fc.dictionary(text, fc.array(text)),
    external: fc.boolean(),
  }),
  authentication: fc.record({
    acr: maybe,
    amr: fc.array(text),
    authTime: fc.option(fc.nat(), { nil: undefined }),
    mfa: fc.boolean(),
    phishingResistant: fc.boolean(),
  }),
  providerSession: maybe,
  createdAt: fc.nat(),
  endsAt: fc.nat(),
  idle: fc.nat(),
  validatedAt: fc.nat(),
  revalidateAt: fc.nat(),
  generation: fc.nat(),
  version: fc.nat(),
  device: maybe,
  userAgent: maybe,
  address: maybe,
  tokens: fc.record({ refresh: maybe, idToken: maybe }),
  ended: fc.constant(undefined),
})

test('a session means the same after it was shared, whoever was shared before', () => {
  const share = createInterning()
  fc.assert(
    fc.property(sessions, (session) => {
      const { tokens: _tokens, ...rest } = session
      const shared = share(structuredClone(session), session.id)
      expect(shared).toEqual(rest)
      expect(shared).not.toHaveProperty('tokens')
    }),
  )
})

test('equal groups, methods and claims are one list, in one session and in another', () => {
  const share = createInterning()
  const [one, other] = fc.sample(sessions, { numRuns: 2, seed: 7 }).map((session) => {
    const groups = ['staff', 'finance']
    const subject = { ...session.subject, groups, claims: { groups: [...groups], department: ['it'] } }
    return share(
      { ...session, subject, authentication: { ...session.authentication, amr: ['pwd', 'otp'] } },
      session.id,
    )
  })
  expect(one!.subject.claims['groups']).toBe(one!.subject.groups)
  expect(other!.subject.groups).toBe(one!.subject.groups)
  expect(other!.subject.claims['department']).toBe(one!.subject.claims['department'])
  expect(other!.authentication.amr).toBe(one!.authentication.amr)
})

test('what is shared is bounded: after more than it holds, it begins anew and still means the same', () => {
  const share = createInterning()
  const [session] = fc.sample(sessions, { numRuns: 1, seed: 7 })
  const having = (groups: string[]): Session => share({ ...session!, subject: { ...session!.subject, groups } }, 'id')
  const first = having(['staff', 'finance']).subject.groups
  expect(having(['staff', 'finance']).subject.groups).toBe(first)
  for (let at = 0; at < 50; at++) expect(having([`${at}`.padEnd(50_000, 'x')]).subject.groups).toHaveLength(1)
  const again = having(['staff', 'finance']).subject.groups
  expect(again).not.toBe(first)
  expect(again).toEqual(first)
})
