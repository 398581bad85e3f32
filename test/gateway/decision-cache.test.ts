// Decision cache: hits for the same session, app and attributes, misses for any change, eviction.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { createDecisionCache } from '../../src/gateway/decision-cache.ts'
import type { Session } from '../../src/identity/session/session.ts'
import type { AccessRequest } from '../../src/policy/access-request.ts'
import type { Policy } from '../../src/policy/policy.ts'
import { access, allow, hour, known, minute, noon, policyOf } from '../policy/access-request-fixtures.ts'

const sessionUntil = (endsAt: number): Session => ({ endsAt }) as Session
const session = sessionUntil(noon + hour)
const asked: AccessRequest = access({ device: known(), networks: ['office'] })
const policyFor = (name: string): Policy =>
  policyOf([allow('staff read', { groups: ['staff'], actions: ['read'] })], { name })

test('one session at a thousand apps is evaluated once per app', () => {
  const cache = createDecisionCache()
  const policies = Array.from({ length: 1000 }, (_, at) => policyFor(`app-${at}`))
  const first = policies.map((policy) => cache.decide(policy, session, asked))
  expect(new Set(first).size).toBe(1000)
  expect(policies.map((policy, at) => cache.decide(policy, session, asked) === first[at])).not.toContain(false)
})

test('a thousand sessions at one app, with two addresses and two methods each, are evaluated once per combination', () => {
  const cache = createDecisionCache()
  const policy = policyFor('erp')
  const sessions = Array.from({ length: 1000 }, () => sessionUntil(noon + hour))
  const requests = ['192.0.2.1', '192.0.2.2'].flatMap((address) =>
    ['GET', 'POST'].map((method) => ({ ...asked, method, network: { ...asked.network, address } })),
  )
  const all = () => sessions.flatMap((one) => requests.map((request) => cache.decide(policy, one, request)))
  const first = all()
  expect(new Set(first).size).toBe(4000)
  expect(all().map((decision, at) => decision === first[at])).not.toContain(false)
  expect(first.map(({ effect }) => effect).slice(0, 4)).toEqual(['allow', 'deny', 'allow', 'deny'])
})

test('a change of any input is a miss', () => {
  const cache = createDecisionCache()
  const policy = policyFor('erp')
  const first = cache.decide(policy, session, asked)
  const others: readonly (readonly [string, Policy, Session, AccessRequest])[] = [
    ['policy', policyFor('erp'), session, asked],
    ['state of the session', policy, { ...session }, asked],
    ['class', policy, session, { ...asked, method: 'POST' }],
    ['address', policy, session, { ...asked, network: { ...asked.network, address: '192.0.2.9' } }],
    ['networks', policy, session, { ...asked, network: { ...asked.network, names: new Set(['office']) } }],
    ['device', policy, session, { ...asked, device: known() }],
    ['grants', policy, session, { ...asked, grants: [] }],
    ['moment', policy, session, { ...asked, now: first.validUntil }],
  ]
  for (const [what, ...input] of others) expect(cache.decide(...input), what).not.toBe(first)
})

test('no decision outlives its session, and without a session nothing is cached', () => {
  const cache = createDecisionCache()
  const policy = policyFor('erp')
  expect(cache.decide(policy, sessionUntil(noon + 1000), asked).validUntil).toBe(noon + 1000)
  expect(cache.decide(policy, undefined, asked)).not.toBe(cache.decide(policy, undefined, asked))
})

test('expired entries are retained for at most a minute', async () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  const cache = createDecisionCache()
  const held = (() => {
    const [policy, person] = [policyFor('erp'), sessionUntil(noon + hour)]
    return [
      new WeakRef<object>(policy),
      new WeakRef<object>(person),
      new WeakRef<object>(cache.decide(policy, person, asked)),
    ]
  })()
  const left = async (now: number): Promise<number> => {
    cache.decide(policyFor('other'), session, { ...asked, now })
    // A WeakRef keeps its target alive until the current task ends.
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
    return held.filter((one) => one.deref() !== undefined).length
  }
  expect(await left(noon + minute - 1)).toBe(3)
  expect(await left(noon + minute)).toBe(0)
})
