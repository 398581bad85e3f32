// What happened, into the audit: each request exactly once, also when forwarding broke half-way.

import type { AuditEvent, Origin } from '../audit/event.ts'
import type { Session } from '../identity/session.ts'
import type { AccessRequest } from '../policy/access-request.ts'
import type { Decision } from '../policy/decision.ts'
import type { CanonicalRequest } from './canonical.ts'
import type { Exchange } from './exchange.ts'
import type { Parts } from './parts.ts'
import type { Site } from './applied.ts'
import { stranger } from './standing.ts'

type Access = Extract<AuditEvent, { kind: 'access' }>

/** What became of a decided request. */
export type Outcome = Access['result']

/** An exchange on its way, once it was decided. */
export interface Decided {
  readonly exchange: Exchange
  readonly request: CanonicalRequest
  readonly site: Site
  readonly session: Session | undefined
  readonly access: AccessRequest
  readonly decision: Decision
}

export function record(parts: Parts, decided: Decided, outcome: Outcome): void {
  const { exchange, request, site, session, access, decision } = decided
  const app = site.app.name
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
