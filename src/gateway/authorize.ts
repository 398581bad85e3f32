// Authorizes one request for an app: first the pre-policy checks, then the app's policy through the decision cache.

import type { AccessRequest } from '../policy/access-request.ts'
import { decide } from '../policy/decide.ts'
import type { Decision } from '../policy/decision.ts'
import type { Session } from '../identity/session/session.ts'
import type { AuthenticationResult } from './idp-freshness.ts'
import type { Dependencies } from './dependencies.ts'
import type { RequestSource } from './origin-check.ts'
import { decideBeforePolicy } from './pre-policy.ts'
import type { Target } from './route.ts'

type AppTarget = Extract<Target, { kind: 'app' }>
/** Without `address`: the app's first. */
type Asked = Pick<AppTarget, 'app' | 'publicPath'> & Partial<Pick<AppTarget, 'address'>>

/** `source`: see `requestSource`. Never throws. */
export function authorize(
  parts: Pick<Dependencies, 'decisions' | 'sessions' | 'log'>,
  { app, address, publicPath }: Asked,
  who: AuthenticationResult,
  access: AccessRequest,
  source: RequestSource | undefined,
): Decision {
  const { config, policy } = app
  const { lastSeen } = parts.sessions
  const prePolicy = decideBeforePolicy({
    app: config,
    lease: policy.lease,
    requested: address?.origin,
    publicPath,
    who,
    access,
    source,
    lastSeen,
  })
  if (prePolicy !== undefined) return prePolicy
  const decision = who.state === 'live' ? parts.decisions.decide(policy, who.session, access) : decide(policy, access)
  const failed = decision.reasons[0]
  if (failed?.code === 'policy_error') {
    parts.log.error({ app: config.name, rule: decision.rule, ...failed.parameters }, 'policy evaluation failed: denied')
  }
  return who.state === 'live' ? withSilentSignIn(decision, who.session, access.now) : decision
}

/**
 * Facts that the provider no longer states at revalidations are unknown (`identity/oidc/refreshed-subject.ts`). A user
 * denied then may lack only their confirmation: a sign-in states them again, usually without interaction.
 */
function withSilentSignIn(decision: Decision, { unconfirmed }: Session, now: number): Decision {
  if (unconfirmed?.lost !== true || decision.effect !== 'deny') return decision
  // A sign-in a moment ago did not state them either: another one at once would be a redirect loop.
  if (unconfirmed.signInAgainFrom !== undefined && now < unconfirmed.signInAgainFrom) return decision
  return { ...decision, effect: 'challenge', remedy: { kind: 'step_up', level: 'any', maxAge: undefined } }
}
