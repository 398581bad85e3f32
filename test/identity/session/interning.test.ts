// Interning of sessions: shared values in memory, unchanged content.

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

test('interning does not change a session, whatever was interned before', () => {
  const intern = createInterning()
  fc.assert(
    fc.property(sessions, (session) => {
      const { tokens: _tokens, ...rest } = session
      const shared = intern(structuredClone(session), session.id)
      expect(shared).toEqual(rest)
      expect(shared).not.toHaveProperty('tokens')
    }),
  )
})

test('equal groups, methods and claims are one list, within a session and across sessions', () => {
  const intern = createInterning()
  const [one, other] = fc.sample(sessions, { numRuns: 2, seed: 7 }).map((session) => {
    const groups = ['staff', 'finance']
    const subject = { ...session.subject, groups, claims: { groups: [...groups], department: ['it'] } }
    return intern(
      { ...session, subject, authentication: { ...session.authentication, amr: ['pwd', 'otp'] } },
      session.id,
    )
  })
  expect(one!.subject.claims['groups']).toBe(one!.subject.groups)
  expect(other!.subject.groups).toBe(one!.subject.groups)
  expect(other!.subject.claims['department']).toBe(one!.subject.claims['department'])
  expect(other!.authentication.amr).toBe(one!.authentication.amr)
})

test('the tables are bounded: beyond the limit they are cleared, and sessions are unchanged', () => {
  const intern = createInterning()
  const [session] = fc.sample(sessions, { numRuns: 1, seed: 7 })
  const internedWith = (groups: string[]): Session =>
    intern({ ...session!, subject: { ...session!.subject, groups } }, 'id')
  const first = internedWith(['staff', 'finance']).subject.groups
  expect(internedWith(['staff', 'finance']).subject.groups).toBe(first)
  for (let at = 0; at < 50; at++) expect(internedWith([`${at}`.padEnd(50_000, 'x')]).subject.groups).toHaveLength(1)
  const again = internedWith(['staff', 'finance']).subject.groups
  expect(again).not.toBe(first)
  expect(again).toEqual(first)
})
