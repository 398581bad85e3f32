// Records the outcome of an app request in audit and metrics: exactly once, also when forwarding failed half-way.

import type { AuditEvent, Origin } from '../audit/event.ts'
import type { Session } from '../identity/session/session.ts'
import type { AccessRequest } from '../policy/access-request.ts'
import type { Decision } from '../policy/decision.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'
import type { AuthenticationResult } from './idp-freshness.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Dependencies } from './dependencies.ts'
import type { RequestSource } from './origin-check.ts'
import type { Target } from './route.ts'
import { anonymousActor } from './principal.ts'

type Access = Extract<AuditEvent, { kind: 'access' }>

/** Outcome of a decided request. */
export type AccessOutcome = Access['result']

/** A request for an app with its authentication, attributes and decision. */
export interface AppRequest {
  readonly exchange: Exchange
  readonly request: CanonicalRequest
  readonly target: Extract<Target, { kind: 'app' }>
  readonly who: AuthenticationResult
  /** The session of `who` when its state is `live`. */
  readonly session: Session | undefined
  readonly access: AccessRequest
  readonly source: RequestSource | undefined
  readonly decision: Decision
}

export function record(deps: Dependencies, appRequest: AppRequest, outcome: AccessOutcome): void {
  const { exchange, request, target, session, access, decision } = appRequest
  const app = target.app.config.name
  deps.metrics.decided(app, decision.effect)
  if (decision.observed !== undefined) deps.metrics.observed(app, decision.observed)
  deps.record({
    kind: 'access',
    at: exchange.startedAt,
    origin: originOf(request),
    actor: session === undefined ? anonymousActor : deps.principalOf(session).actor,
    app,
    decision,
    input: access,
    configuration: deps.activeConfig().configuration.hash,
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
    address: request.client,
    port: request.port,
    userAgent: request.header('user-agent'),
  }
}
