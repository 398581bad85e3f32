// A decision is repeated for the same question, however many apps and sessions there are, and never for another one.

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

test('a person at a thousand apps in turn is decided about once at each', () => {
  const leases = createDecisionCache()
  const policies = Array.from({ length: 1000 }, (_, at) => policyFor(`app-${at}`))
  const first = policies.map((policy) => leases.decide(policy, session, asked))
  expect(new Set(first).size).toBe(1000)
  expect(policies.map((policy, at) => leases.decide(policy, session, asked) === first[at])).not.toContain(false)
})

test('so are a thousand people at one app, from two places each, reading and writing', () => {
  const leases = createDecisionCache()
  const policy = policyFor('erp')
  const everybody = Array.from({ length: 1000 }, () => sessionUntil(noon + hour))
  const ways = ['192.0.2.1', '192.0.2.2'].flatMap((address) =>
    ['GET', 'POST'].map((method) => ({ ...asked, method, network: { ...asked.network, address } })),
  )
  const all = () => everybody.flatMap((one) => ways.map((way) => leases.decide(policy, one, way)))
  const first = all()
  expect(new Set(first).size).toBe(4000)
  expect(all().map((decision, at) => decision === first[at])).not.toContain(false)
  expect(first.map(({ effect }) => effect).slice(0, 4)).toEqual(['allow', 'deny', 'allow', 'deny'])
})

test('another question is decided anew', () => {
  const leases = createDecisionCache()
  const policy = policyFor('erp')
  const first = leases.decide(policy, session, asked)
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
  for (const [what, ...question] of others) expect(leases.decide(...question), what).not.toBe(first)
})

test('no decision outlives the session, and without one none is repeated', () => {
  const leases = createDecisionCache()
  const policy = policyFor('erp')
  expect(leases.decide(policy, sessionUntil(noon + 1000), asked).validUntil).toBe(noon + 1000)
  expect(leases.decide(policy, undefined, asked)).not.toBe(leases.decide(policy, undefined, asked))
})

test('what has passed is not held for longer than a minute', async () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  const leases = createDecisionCache()
  const held = (() => {
    const [policy, person] = [policyFor('erp'), sessionUntil(noon + hour)]
    return [
      new WeakRef<object>(policy),
      new WeakRef<object>(person),
      new WeakRef<object>(leases.decide(policy, person, asked)),
    ]
  })()
  const left = async (now: number): Promise<number> => {
    leases.decide(policyFor('other'), session, { ...asked, now })
    // A weak reference holds what it pointed at until the task that made it is over.
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
    return held.filter((one) => one.deref() !== undefined).length
  }
  expect(await left(noon + minute - 1)).toBe(3)
  expect(await left(noon + minute)).toBe(0)
})
