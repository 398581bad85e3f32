// Forwards one allowed request to its upstream: identity headers, registration as an open exchange, error response.

import { andThen } from '../async/and-then.ts'
import type { HeaderRules } from '../proxy/headers/request-headers.ts'
import type { Abort, ForwardRequest, ForwardResult } from '../proxy/upstream.ts'
import type { OpenExchange } from '../proxy/open-connections.ts'
import { noHeaders, type SerializedHeaders } from '../proxy/headers/serialized-headers.ts'
import { webSocketOffer } from '../proxy/websocket-handshake.ts'
import { message, statusOf, type ReasonCode } from '../policy/reasons.ts'
import { statusClass } from '../telemetry/metrics.ts'
import { upstreamErrorReply } from './upstream-error-reply.ts'
import { limitSetting } from './limit-setting.ts'
import { reportRefusedCredentials } from './refused-credentials.ts'
import { grpcFields, grpcStatus, grpcStatusOf, isGrpc } from '../http/grpc.ts'
import type { Exchange } from '../http/exchange.ts'
import { appSessionExpiresAt } from './pre-policy.ts'
import type { Dependencies } from './dependencies.ts'
import type { AppRequest, AccessOutcome } from './record.ts'
import type { OpenExchangeContext } from './open-exchange.ts'
import { reportRefusedHeaders } from './refused-headers.ts'
import { registerPinned } from './pinned-connection.ts'
import { sentTarget } from './route.ts'
import { sendReply } from './send-reply.ts'

/** Resolves when the exchange has ended, for a WebSocket when it is closed. */
export function forwardToApp(deps: Dependencies, decided: AppRequest): Promise<AccessOutcome> {
  const { target, session, access, decision } = decided
  if (session === undefined) return sendUpstream(deps, decided, undefined, noHeaders)
  const device = access.device.state === 'known' ? access.device.posture.deviceId : undefined
  const headers = deps.assertions.identityHeaders(target.app.config, session, device, decision)
  return andThen(headers, (identity) => sendUpstream(deps, decided, device, identity))
}

function sendUpstream(
  deps: Dependencies,
  decided: AppRequest,
  device: string | undefined,
  identity: SerializedHeaders,
): Promise<AccessOutcome> {
  const { exchange, request, target, session, access, decision } = decided
  const { app } = target
  const upgrade = exchange.kind === 'upgrade'
  const rules = app.headers ?? deps.headers
  const grpc = request.method === 'POST' && isGrpc(request.header('content-type'))
  const forwarded: ForwardRequest = {
    method: request.method,
    target: upstreamTarget(decided),
    address: target.address,
    headers: rules.request(request.headers, {
      host: request.host,
      scheme: request.scheme,
      address: request.address,
      requestId: request.id,
      identity,
      connectionAuth: app.config.connectionAuth,
      prefix: target.paths?.upstreamPrefix === '' ? target.paths.publicPrefix : undefined,
      replaced: target.webDav?.forwarded,
    }),
    hasBody: request.contentLength !== 0,
    contentLength: request.contentLength,
    body: upgrade ? exchange.socket : exchange.body,
    version: request.version,
    signedIn: session !== undefined,
    limits: decision.limits,
    webSocket: upgrade ? webSocketOffer(request.header) : undefined,
    grpc,
    trailers: grpc || app.upstream.takesTrailers === true ? trailersOf(exchange, rules) : undefined,
    proceed: upgrade ? undefined : exchange.proceed,
    session: session?.id,
    // A trusted proxy's connections carry many clients.
    client: request.peer === request.address ? exchange.connection : undefined,
    onPinned: (close) => registerPinned(deps, decided, device, validUntil(deps, decided), close),
  }
  let open: OpenExchange<OpenExchangeContext> | undefined
  const opened = (abort: Abort): void => {
    open = deps.connections.open({
      id: request.id,
      app: app.config.name,
      session: session?.id,
      device,
      address: request.client,
      kind: upgrade ? 'websocket' : 'http',
      startedAt: exchange.startedAt,
      validUntil: validUntil(deps, decided),
      abort: grpc ? () => abort(endedInTrailers(open?.context.endReason)) : abort,
      context: { address: target.address, access, source: decided.source, generation: session?.generation },
    })
  }
  return forwardByKind(app.upstream, forwarded, exchange, opened).then(
    (result) => {
      try {
        return outcomeOf(deps, decided, forwarded, result, open?.context.endReason ?? reasonOf(result))
      } finally {
        if (open !== undefined) deps.connections.close(open)
      }
    },
    (error: unknown) => {
      if (open !== undefined) deps.connections.close(open)
      throw error
    },
  )
}

/** Decided is the public target, forwarded the same with the upstream's prefix. `route` has checked that there is one. */
function upstreamTarget({ request, target }: AppRequest): string {
  const sent = sentTarget(target.app, request)
  if (target.paths === undefined) return sent
  const mapped = target.paths.toUpstream(sent)
  if (mapped === undefined) throw new Error('a target outside the path of its app')
  return mapped
}

/** Filtered when the body has ended; undefined: none can follow. */
function trailersOf(exchange: Exchange, rules: HeaderRules): ForwardRequest['trailers'] {
  const received = exchange.kind === 'upgrade' ? undefined : exchange.trailers
  return received && (() => rules.trailers(received()))
}

/** Status of a gRPC stream that is cut, from the reason; without one the gateway shuts down. */
function endedInTrailers(reason: ReasonCode | undefined): readonly string[] {
  if (reason === undefined) return grpcFields(grpcStatus.unavailable, 'the gateway shuts down')
  return grpcFields(grpcStatusOf(statusOf(reason)), `${message({ code: reason, parameters: {} }, 'en')} (${reason})`)
}

/** Epoch milliseconds at which an open connection must be re-authorized. */
function validUntil(deps: Dependencies, { target, session, decision }: AppRequest): number {
  if (session === undefined) return decision.validUntil
  return Math.min(
    decision.validUntil,
    deps.idpFreshness.nextCheckAt(session, target.app.config.session),
    appSessionExpiresAt(target.app.config, session, deps.sessions.lastSeen),
  )
}

function forwardByKind(
  upstream: AppRequest['target']['app']['upstream'],
  forwarded: ForwardRequest,
  exchange: Exchange,
  opened: (abort: Abort) => void,
): Promise<ForwardResult> {
  if (exchange.kind === 'upgrade') {
    return upstream.forwardWebSocket(forwarded, exchange.socket, exchange.head, exchange.response, opened)
  }
  return upstream.forward(forwarded, exchange.response, opened)
}

function outcomeOf(
  deps: Dependencies,
  decided: AppRequest,
  forwarded: ForwardRequest,
  result: ForwardResult,
  reason: ReasonCode | undefined,
): AccessOutcome {
  const { target, request, exchange } = decided
  const app = target.app.config.name
  const duration = deps.now() - exchange.startedAt
  let { status, bytesOut }: { status: number; bytesOut: number } = result
  if (result.detail !== undefined) {
    const { upstream, detail } = result
    const setting = result.limit && limitSetting(target.app, result.limit, exchange.kind)
    deps.log.warn(
      { request: request.id, app, upstream, detail, setting: setting && `${setting.key}: ${setting.value}` },
      'upstream request failed',
    )
  }
  reportRefusedHeaders(deps, decided, forwarded, result.errorStatus ?? status)
  reportRefusedCredentials(deps, decided, result.status)
  if (result.errorStatus === 503) deps.metrics.throttled('pinned')
  const { errorStatus, limit } = result
  if (errorStatus !== undefined) {
    status = errorStatus
    bytesOut = sendReply(exchange.response, upstreamErrorReply(deps, decided, request, { errorStatus, limit }))
  }
  deps.metrics.forwarded(app, statusClass(status), duration / 1000, result.bytesIn, bytesOut)
  return { status, bytesIn: result.bytesIn, bytesOut, duration, end: result.end, upstream: result.upstream, reason }
}

/** Reason code of an allowed request that failed, where there is one. */
function reasonOf({ exceeded, errorStatus }: ForwardResult): ReasonCode | undefined {
  if (errorStatus === 503) return 'throttled'
  return exceeded === 'download' ? 'download_limit' : undefined
}
