// Carries one allowed request to its app: headers, lease, forwarding, and the answer when the app gives none.

import { andThen } from '../async/and-then.ts'
import type { Forwarded, Result } from '../forward/forward.ts'
import type { OpenExchange } from '../forward/connections.ts'
import { nothingSaid, type Constant } from '../forward/outgoing.ts'
import type { ReasonCode } from '../policy/reasons.ts'
import { statusClass } from '../telemetry/metrics.ts'
import { apology } from './apology.ts'
import type { Exchange } from './exchange.ts'
import { oldAt } from './judge.ts'
import type { Parts } from './parts.ts'
import type { Decided, Outcome } from './record.ts'
import type { Asked } from './asked.ts'
import { write } from './write.ts'

/** Resolves when the exchange is over, for a WebSocket when it is closed. */
export function carry(parts: Parts, decided: Decided): Promise<Outcome> {
  const { site, session, access, decision } = decided
  if (session === undefined) return send(parts, decided, undefined, nothingSaid)
  const device = access.device.state === 'known' ? access.device.posture.deviceId : undefined
  const saying = parts.assertions.identityHeaders(site.app, session, device, decision)
  return andThen(saying, (identity) => send(parts, decided, device, identity))
}

function send(parts: Parts, decided: Decided, device: string | undefined, identity: Constant): Promise<Outcome> {
  const { exchange, request, site, session, access, decision } = decided
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
      context: { host: request.host, access },
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
function validUntil(parts: Parts, { site, session, decision }: Decided): number {
  if (session === undefined) return decision.validUntil
  const question = parts.confirmation.nextQuestion(session, site.app.session)
  return Math.min(decision.validUntil, question, oldAt(parts, site, session))
}

function forward(
  upstream: Decided['site']['upstream'],
  forwarded: Forwarded,
  exchange: Exchange,
  opened: (cut: () => void) => void,
): Promise<Result> {
  if (exchange.kind === 'upgrade') {
    return upstream.forwardWebSocket(forwarded, exchange.socket, exchange.head, exchange.answer, opened)
  }
  return upstream.forward(forwarded, exchange.answer, opened)
}

function outcomeOf(parts: Parts, decided: Decided, result: Result, reason: ReasonCode | undefined): Outcome {
  const { site, request, exchange } = decided
  const duration = parts.now() - exchange.startedAt
  let { status, bytesOut }: { status: number; bytesOut: number } = result
  if (result.detail !== undefined) {
    parts.log.warn(
      { request: request.id, app: site.app.name, upstream: result.upstream, detail: result.detail },
      'forwarding broke',
    )
  }
  if (result.unanswered !== undefined) {
    status = result.unanswered
    bytesOut = write(exchange.answer, apology(parts, decided, request, result.unanswered))
  }
  parts.metrics.forwarded(site.app.name, statusClass(status), duration / 1000, result.bytesIn, bytesOut)
  return { status, bytesIn: result.bytesIn, bytesOut, duration, end: result.end, upstream: result.upstream, reason }
}

/** Why an allowed request came to nothing, where there is a code for it. */
function reasonOf({ exceeded }: Result): ReasonCode | undefined {
  return exceeded === 'download' ? 'download_limit' : undefined
}
