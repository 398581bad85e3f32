// Records the outcome of an app request in audit and metrics: exactly once, also when forwarding broke half-way.

import type { AuditEvent, Origin } from '../audit/event.ts'
import type { Session } from '../identity/session/session.ts'
import type { AccessRequest } from '../policy/access-request.ts'
import type { Decision } from '../policy/decision.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'
import type { Confirmed } from './idp-freshness.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Parts } from './dependencies.ts'
import type { Target } from './route.ts'
import type { WebSocketHandshake } from './websocket-origin.ts'
import { stranger } from './principal.ts'

type Access = Extract<AuditEvent, { kind: 'access' }>

/** What became of a decided request. */
export type Outcome = Access['result']

/** A request for an app, with what was found out and decided about it. */
export interface AppRequest {
  readonly exchange: Exchange
  readonly request: CanonicalRequest
  readonly target: Extract<Target, { kind: 'app' }>
  readonly who: Confirmed
  /** That of `who`, where it is live. */
  readonly session: Session | undefined
  readonly access: AccessRequest
  readonly webSocket: WebSocketHandshake | undefined
  readonly decision: Decision
}

export function record(parts: Parts, appRequest: AppRequest, outcome: Outcome): void {
  const { exchange, request, target, session, access, decision } = appRequest
  const app = target.site.app.name
  parts.metrics.decided(app, decision.effect)
  parts.record({
    kind: 'access',
    at: exchange.startedAt,
    origin: originOf(request),
    actor: session === undefined ? stranger : parts.standing(session).actor,
    app,
    decision,
    input: access,
    configuration: parts.applied().configuration.hash,
    request: {
      method: request.method,
      host: request.host,
      path: request.path,
      scheme: request.scheme,
      version: request.version,
      upgrade: request.upgrade,
    },
    result: outcome,
  })
}

export function originOf(request: CanonicalRequest): Origin {
  return {
    requestId: request.id,
    address: request.address,
    port: request.port,
    userAgent: request.header('user-agent'),
  }
}
