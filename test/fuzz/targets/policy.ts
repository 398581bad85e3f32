// Fuzz target policy: any policy and request give a decision; allow only if an independent evaluation agrees, and in bounded time.

import fc from 'fast-check'
import { createDecisionCache } from '../../../src/gateway/decision-cache.ts'
import type { Session } from '../../../src/identity/session/session.ts'
import type { AccessRequest } from '../../../src/policy/access-request.ts'
import { compilePolicy } from '../../../src/policy/compile.ts'
import { decide } from '../../../src/policy/decide.ts'
import type { Decision } from '../../../src/policy/decision.ts'
import { explain } from '../../../src/policy/explain.ts'
import type { Condition, Policy } from '../../../src/policy/policy.ts'
import { accesses, apps, vocabulary } from '../../policy/arbitrary-policies.ts'
import { must, opened, type FuzzTarget } from '../target.ts'

const inputs = fc.tuple(apps, accesses, fc.double({ min: 0, max: 1, noNaN: true }))

export const policy: FuzzTarget = {
  name: 'policy',
  law: 'allow only where all is met; no decision outlives its reasons; explain and lease agree',
  weight: 2,
  open: async () =>
    opened(inputs, ([declared, access, part]) => {
      const compiled = compilePolicy(declared, vocabulary)
      const first = decide(compiled, access)
      must(first.validUntil > access.now, 'a decision lasts', first)
      must(
        ((first.monitored ?? first.effect) === 'allow') === mayEnter(compiled, access),
        'allow is what the contract says',
        first,
      )
      if (first.effect !== 'allow') must(first.reasons.length > 0, 'a refusal has a reason')
      const last = first.validUntil - 1
      for (const now of [Math.floor(access.now + (last - access.now) * part), last]) {
        const later = decide(compiled, { ...access, now })
        must(essence(later) === essence(first), 'no decision outlives its reasons', { now, first, later })
      }
      must(essence(explain(compiled, access).decision) === essence(first), 'explain agrees')
      const session = { endsAt: access.now + 3_600_000 } as Session
      const leases = createDecisionCache()
      leases.decide(compiled, session, access)
      const later = { ...access, now: Math.floor(access.now + 7_200_000 * part) }
      const leased = leases.decide(compiled, session, later)
      must(essence(leased) === essence(decide(compiled, later)), 'a lease says what a new decision says', leased)
    }),
}

function essence({ effect, rule, reasons, remedy, monitored }: Decision): string {
  return JSON.stringify([effect, rule, reasons.map(({ code }) => code), remedy?.kind, monitored])
}

/** Independent, straightforward evaluation of compiled conditions. */
function mayEnter(policy: Policy, access: AccessRequest): boolean {
  const states = (conditions: readonly Condition[]): string[] =>
    conditions.map((condition) => condition.evaluate(access).state)
  const met = (conditions: readonly Condition[]): boolean => states(conditions).every((state) => state === 'met')
  const enforced = policy.rules.filter((rule) => rule.mode === 'enforce')
  const denied = enforced.some((rule) => rule.effect === 'deny' && !states(rule.conditions).includes('unmet'))
  const allowed = enforced.some((rule) => rule.effect === 'allow' && met(rule.conditions))
  return access.identity !== undefined && !denied && met(policy.required) && allowed
}
