// Carries one allowed request to its app: headers, lease, forwarding, and the answer when the app gives none.

import { andThen } from '../async/and-then.ts'
import type { Forwarded, Result } from '../proxy/upstream.ts'
import type { OpenExchange } from '../proxy/open-connections.ts'
import { nothingSaid, type Constant } from '../proxy/headers/serialized-headers.ts'
import type { ReasonCode } from '../policy/reasons.ts'
import { statusClass } from '../telemetry/metrics.ts'
import { apology } from './upstream-error-reply.ts'
import type { Exchange } from '../http/exchange.ts'
import { appSessionExpiresAt } from './pre-policy.ts'
import type { Parts } from './dependencies.ts'
import type { AppRequest, Outcome } from './record.ts'
import type { Asked } from './open-exchange.ts'
import { write } from './send-reply.ts'

/** Resolves when the exchange is over, for a WebSocket when it is closed. */
export function carry(parts: Parts, decided: AppRequest): Promise<Outcome> {
  const { target, session, access, decision } = decided
  if (session === undefined) return send(parts, decided, undefined, nothingSaid)
  const device = access.device.state === 'known' ? access.device.posture.deviceId : undefined
  const saying = parts.assertions.identityHeaders(target.site.app, session, device, decision)
  return andThen(saying, (identity) => send(parts, decided, device, identity))
}

function send(parts: Parts, decided: AppRequest, device: string | undefined, identity: Constant): Promise<Outcome> {
  const { exchange, request, target, session, access, decision } = decided
  const { site } = target
  const upgrade = exchange.kind === 'upgrade'
  const forwarded: Forwarded = {
    method: request.method,
    target: request.target,
    headers: parts.headers.request(request.headers, {
      host: site.app.host,
      scheme: request.scheme,
      address: request.address,
      requestId: request.id,
      identity,
    }),
    hasBody: request.contentLength !== 0,
    contentLength: request.contentLength,
    body: upgrade ? exchange.socket : exchange.body,
    version: request.version,
    signedIn: session !== undefined,
    limits: decision.limits,
    proceed: upgrade ? undefined : exchange.proceed,
  }
  let open: OpenExchange<Asked> | undefined
  const opened = (cut: () => void): void => {
    open = parts.connections.open({
      id: request.id,
      app: site.app.name,
      session: session?.id,
      device,
      address: request.address,
      kind: upgrade ? 'websocket' : 'http',
      startedAt: exchange.startedAt,
      validUntil: validUntil(parts, decided),
      cut,
      context: { host: request.host, access, webSocket: decided.webSocket },
    })
  }
  return forward(site.upstream, forwarded, exchange, opened).then(
    (result) => {
      try {
        return outcomeOf(parts, decided, result, open?.context.ended ?? reasonOf(result))
      } finally {
        if (open !== undefined) parts.connections.close(open)
      }
    },
    (error: unknown) => {
      if (open !== undefined) parts.connections.close(open)
      throw error
    },
  )
}

/** Epoch milliseconds at which an open connection is asked about again. */
function validUntil(parts: Parts, { target, session, decision }: AppRequest): number {
  if (session === undefined) return decision.validUntil
  const question = parts.confirmation.nextQuestion(session, target.site.app.session)
  return Math.min(decision.validUntil, question, appSessionExpiresAt(target.site.app, session, parts.sessions.lastSeen))
}

function forward(
  upstream: AppRequest['target']['site']['upstream'],
  forwarded: Forwarded,
  exchange: Exchange,
  opened: (cut: () => void) => void,
): Promise<Result> {
  if (exchange.kind === 'upgrade') {
    return upstream.forwardWebSocket(forwarded, exchange.socket, exchange.head, exchange.answer, opened)
  }
  return upstream.forward(forwarded, exchange.answer, opened)
}

function outcomeOf(parts: Parts, decided: AppRequest, result: Result, reason: ReasonCode | undefined): Outcome {
  const { target, request, exchange } = decided
  const app = target.site.app.name
  const duration = parts.now() - exchange.startedAt
  let { status, bytesOut }: { status: number; bytesOut: number } = result
  if (result.detail !== undefined) {
    parts.log.warn(
      { request: request.id, app, upstream: result.upstream, detail: result.detail },
      'upstream request failed',
    )
  }
  if (result.unanswered !== undefined) {
    status = result.unanswered
    bytesOut = write(exchange.answer, apology(parts, decided, request, result.unanswered))
  }
  parts.metrics.forwarded(app, statusClass(status), duration / 1000, result.bytesIn, bytesOut)
  return { status, bytesIn: result.bytesIn, bytesOut, duration, end: result.end, upstream: result.upstream, reason }
}

/** Why an allowed request came to nothing, where there is a code for it. */
function reasonOf({ exceeded }: Result): ReasonCode | undefined {
  return exceeded === 'download' ? 'download_limit' : undefined
}
