// Authorizes one request for an app: the table of what is settled before any rule, then the policy under its lease.

import type { AccessRequest } from '../policy/access-request.ts'
import { decide } from '../policy/decide.ts'
import type { Decision } from '../policy/decision.ts'
import type { Confirmed } from './idp-freshness.ts'
import type { Parts } from './dependencies.ts'
import { decideBeforePolicy } from './pre-policy.ts'
import type { Target } from './route.ts'
import type { WebSocketHandshake } from './websocket-origin.ts'

/** `webSocket`: undefined where the request is no WebSocket handshake. Never throws. */
export function authorize(
  parts: Pick<Parts, 'leases' | 'sessions' | 'log'>,
  { site, publicPath }: Extract<Target, { kind: 'app' }>,
  who: Confirmed,
  access: AccessRequest,
  webSocket: WebSocketHandshake | undefined,
): Decision {
  const { app, policy } = site
  const { lastSeen } = parts.sessions
  const settled = decideBeforePolicy({ app, lease: policy.lease, publicPath, who, access, webSocket, lastSeen })
  if (settled !== undefined) return settled
  const decision = who.state === 'live' ? parts.leases.decide(policy, who.session, access) : decide(policy, access)
  const failed = decision.reasons[0]
  if (failed?.code === 'policy_error') {
    parts.log.error({ app: app.name, rule: decision.rule, ...failed.parameters }, 'policy evaluation failed: denied')
  }
  return decision
}
