// Forwards one request to an upstream and streams the response back: back-pressure, retries, transfer limits, abort.

import type { Duplex } from 'node:stream'
import type { ResponseWriter } from '../http/response-writer.ts'
import { afterFailure } from './after-failure.ts'
import { Attempt, type AttemptListener } from './attempt.ts'
import { Binding, type BindingListener } from './binding.ts'
import { invalidField } from './headers/invalid-field.ts'
import type { RawHeaders } from './headers/response-headers.ts'
import { ResponseRelay, type RelayListener } from './response-relay.ts'
import type { ForwardRequest, OnOpen, ForwardResult } from './upstream.ts'
import { limitedBody, maxUpload } from './transfer-limits.ts'
import { keptBody, type KeptBody, type RequestBody, UploadError } from './request-body.ts'
import type { ResponseControl, UpstreamConnection } from './client/connection.ts'
import type { UpstreamContext } from './upstream-context.ts'
import type { UpstreamServer } from './upstream-server.ts'
import type { OnUpgrade, OpenTunnel } from './websocket.ts'
import { handshakeError } from './websocket-handshake.ts'
import { describeError, isTimeout, limitOf, upstreamError } from './upstream-error.ts'
import { withHostLine } from './headers/serialized-headers.ts'
import type { LimitKey } from './upstream-limits.ts'

/** Connection attempts per request. */
const maxAttempts = 3
const noServers: ReadonlySet<UpstreamServer> = new Set()

/** Never rejects once `onOpen` returned. `onUpgrade` opens the tunnel of an upgrade; undefined for an ordinary request. */
export function forwardRequest(
  context: UpstreamContext,
  request: ForwardRequest,
  response: ResponseWriter,
  onOpen: OnOpen,
  onUpgrade?: OnUpgrade,
): Promise<ForwardResult> {
  return new Promise((resolve) => {
    const exchange = new ForwardedExchange(context, request, response, resolve, onUpgrade)
    onOpen((trailers) => exchange.cut(trailers))
    response.onClientClose(() => exchange.clientClosed())
    response.onDrain(() => exchange.resume())
    exchange.begin()
  })
}

/** A class, because there is one per request. The first call of `#settle` ends it. */
class ForwardedExchange implements AttemptListener, BindingListener, RelayListener {
  readonly #request: ForwardRequest
  readonly #response: ResponseWriter
  readonly #onUpgrade: OnUpgrade | undefined
  readonly #context: UpstreamContext
  readonly #resolve: (result: ForwardResult) => void
  readonly #relay: ResponseRelay
  #tried = noServers
  #attempts = 0
  #settled = false
  #attempt: Attempt | undefined
  /** Undefined: the request needs no private connection, and its session has none. */
  #binding: Binding | undefined
  /** The connection does not go back to the pool. */
  #isPrivate: boolean
  #server: UpstreamServer | undefined
  #body: RequestBody | undefined
  /** Of a request that an upstream may refuse unprocessed (HTTP/2). */
  readonly #kept: KeptBody | undefined
  #tunnel: OpenTunnel | undefined
  #exceeded: ForwardResult['exceeded']
  #limit: LimitKey | undefined

  constructor(
    context: UpstreamContext,
    request: ForwardRequest,
    response: ResponseWriter,
    resolve: (result: ForwardResult) => void,
    onUpgrade: OnUpgrade | undefined,
  ) {
    this.#context = context
    this.#request = request
    this.#response = response
    this.#onUpgrade = onUpgrade
    this.#resolve = resolve
    this.#relay = new ResponseRelay(context, request, response, this)
    this.#isPrivate = request.headers.credentials !== undefined
    this.#kept = request.grpc === true ? keptBody() : undefined
  }

  get target(): string {
    return this.#request.target
  }

  begin(): void {
    const request = this.#request
    if (this.#response.closed) this.#settle('client_gone')
    if (!this.#settled && (request.contentLength ?? 0) > maxUpload(request, this.#context.upload))
      this.#uploadLimitReached()
    if (this.#settled) return
    request.proceed?.()
    const { pins } = this.#context
    if (!this.#isPrivate && pins.size === 0) return this.#try(this.#context.pickServer(noServers), false)
    this.#binding = new Binding(pins, request, this.#onUpgrade !== undefined, this)
    this.#binding.begin()
  }

  bound(server: UpstreamServer | undefined): void {
    this.#try(server ?? this.#context.pickServer(noServers), false)
  }

  notBound(reason: 'throttled' | 'lost'): void {
    if (reason === 'throttled') return this.#settle('cut', 'too many private connections', 503)
    // As without a gateway: a client that sees its connection end begins the handshake anew. Over HTTP/2, and behind a
    // proxy, the connection is not the client's alone.
    const shared = this.#request.client === undefined || this.#request.version === '2'
    this.#settle('upstream_failed', 'the connection of the handshake is closed', shared ? 502 : undefined)
  }

  /** The connection may hold the state of the user before: it is not reused, and nothing more is sent on it. */
  connectionAuthOffered(): void {
    this.#isPrivate = true
  }

  cut(trailers?: readonly string[]): void {
    if (this.#tunnel !== undefined) return this.#tunnel.abort()
    this.#relay.endWith(trailers)
    this.#settle('cut', 'access ended')
  }

  clientClosed(): void {
    if (this.#tunnel === undefined) this.#settle('client_gone')
  }

  resume(): void {
    this.#relay.resumed()
    this.#attempt?.control?.resume()
  }

  /** Whether events of `attempt` still matter. */
  isCurrent(attempt: Attempt): boolean {
    return this.#attempt === attempt
  }

  #try(server: UpstreamServer | undefined, newConnection: boolean): void {
    if (server === undefined) return this.#settle('upstream_failed', 'no upstream server available', 502)
    const request = this.#request
    const isUpgrade = this.#onUpgrade !== undefined
    this.#attempts++
    this.#server = server
    const established = this.#binding?.established ?? false
    const connection = this.#connect(server, newConnection || isUpgrade)
    const body = request.hasBody ? limitedBody(request.body, request, this.#context.upload, this.#kept) : undefined
    this.#body = body
    const attempt = new Attempt(this, server, connection, established)
    this.#attempt = attempt
    connection.dispatch(
      {
        path: request.target,
        method: request.method,
        headers: this.#context.ownHost === true ? withHostLine(request.headers, server.hostLine) : request.headers,
        body: body ?? null,
        contentLength: request.contentLength,
        upgrade: isUpgrade ? 'websocket' : null,
        trailers: request.trailers,
        patient: request.grpc === true,
      },
      attempt,
    )
  }

  #connect(server: UpstreamServer, newConnection: boolean): UpstreamConnection {
    const needed = this.#onUpgrade !== undefined ? 'http1' : this.#request.grpc === true ? 'http2' : 'any'
    if (this.#binding === undefined) return server.acquire(newConnection, needed)
    return this.#binding.connect(server, newConnection, needed)
  }

  head(code: number, raw: RawHeaders, last: boolean): void {
    if (this.#relay.head(code, raw, last)) this.#server?.markHealthy()
  }

  data(control: ResponseControl, chunk: Buffer): void {
    this.#relay.data(control, chunk)
  }

  end(raw: RawHeaders): void {
    if (this.#relay.unexplained) return this.#settle('complete', undefined, 431)
    // Before the response ends, which discards the rest of the upload: the body must be detached by then.
    this.#settle('complete')
    this.#relay.end(raw)
  }

  get bytesIn(): number {
    return this.#body?.bytes ?? 0
  }

  invalidResponse(why: string): void {
    this.fail(upstreamError('UPSTREAM_INVALID', `the upstream sent an invalid response: ${why}`))
  }

  upstreamSilent(): void {
    this.#limit = 'timeouts.idle'
    this.#settle('upstream_failed', 'the upstream was silent within its response', this.#relay.answerWith(504))
  }

  downloadLimitReached(max: number): void {
    this.#exceeded = 'download'
    this.#settle('cut', `the response exceeds ${max} bytes`, this.#response.headersSent ? undefined : 403)
  }

  upgrade(raw: RawHeaders, code: number, socket: Duplex): void {
    const list = this.#relay.headers(code, raw)
    const onUpgrade = this.#onUpgrade
    const offer = this.#request.webSocket
    const invalid = offer === undefined ? 'the upstream switched protocols unasked' : handshakeError(raw, offer)
    if (list === undefined || onUpgrade === undefined || invalid !== undefined) {
      socket.destroy()
      return this.fail(
        upstreamError('UPSTREAM_INVALID', invalid ?? `the upstream sent an invalid response: ${invalidField(raw)}`),
      )
    }
    this.#server?.markHealthy()
    this.#relay.switched(code)
    this.#binding?.handOver()
    const tunnel = onUpgrade(list, socket)
    this.#tunnel = tunnel
    void tunnel.done.then((done) => {
      this.#exceeded = done.exceeded
      this.#limit = done.limit
      this.#settle(done.end, done.detail, undefined, done)
    })
  }

  failed(attempt: Attempt, error: Error): void {
    if (error instanceof UploadError) return this.#uploadFailed(error)
    const mayRetry = this.#attempts < maxAttempts
    if (attempt.server.learns(error)) return this.#again(attempt.server)
    const bodyIntact = this.#body === undefined || this.#body.bytes === 0 || this.#kept?.whole === true
    const next = afterFailure(attempt, error, this.#request, this.#onUpgrade !== undefined, mayRetry, bodyIntact)
    if (next === 'fail') return this.fail(error)
    if (next === 'other_server') return this.#tryOther(attempt.server, error, mayRetry)
    if (next === 'new_connection') return this.#again(attempt.server)
    this.#release(false)
    this.notBound('lost')
  }

  /** At the same server, which is not at fault. */
  #again(server: UpstreamServer): void {
    this.#release(false)
    this.#try(server, true)
  }

  #tryOther(failed: UpstreamServer, error: Error, mayRetry: boolean): void {
    this.#tried = new Set(this.#tried).add(failed)
    this.#context.onFailure(failed, error)
    const other = mayRetry ? this.#context.pickServer(this.#tried) : undefined
    if (other === undefined) return this.fail(error)
    this.#release(false, true)
    this.#try(other, false)
  }

  fail(error: Error): void {
    this.#limit = limitOf(error)
    this.#settle('upstream_failed', describeError(error), this.#relay.answerWith(isTimeout(error) ? 504 : 502))
  }

  #uploadFailed(error: UploadError): void {
    if (error.code === 'client_gone') return this.#settle('client_gone', error.message)
    if (error.code === 'body_too_large') return this.#uploadLimitReached()
    this.#limit = 'timeouts.idle'
    this.#settle('cut', error.message, this.#response.headersSent ? undefined : 408)
  }

  #uploadLimitReached(): void {
    const max = maxUpload(this.#request, this.#context.upload)
    if (this.#request.limits?.upload === max) this.#exceeded = 'upload'
    else this.#limit = 'limits.upload'
    this.#settle('cut', `the upload exceeds ${max} bytes`, this.#response.headersSent ? undefined : 413)
  }

  #settle(
    end: ForwardResult['end'],
    detail?: string,
    errorStatus?: ForwardResult['errorStatus'],
    { bytesIn, bytesOut } = { bytesIn: this.bytesIn, bytesOut: this.#relay.bytesOut },
  ): void {
    if (this.#settled) return
    this.#settled = true
    this.#binding?.stopWaiting()
    this.#release(end === 'complete')
    const ended = this.#relay.stop(end, this.#exceeded !== undefined)
    if (end !== 'complete' && errorStatus === undefined && !ended) this.#response.destroy()
    const upstream = this.#server?.origin
    const [exceeded, limit] = [this.#exceeded, this.#limit]
    this.#resolve({
      status: this.#relay.status,
      bytesIn,
      bytesOut,
      end,
      upstream,
      detail,
      errorStatus,
      exceeded,
      limit,
    })
  }

  /** `again`: another server is tried, with the same binding. */
  #release(complete: boolean, again = false): void {
    const attempt = this.#attempt
    this.#attempt = undefined
    // An early response leaves an incomplete request on the connection.
    const reusable = complete && (this.#body === undefined || this.#body.readableEnded)
    this.#body?.destroy()
    if (attempt === undefined) return void this.#binding?.leave(false, 0)
    const { server, connection, control } = attempt
    const binding = this.#binding
    if (!complete) control?.abort(new Error('the exchange ended'))
    if (binding !== undefined && (again ? binding.reconnect() : binding.leave(reusable, this.#relay.status))) return
    if (reusable && !this.#isPrivate) return server.release(connection)
    // Not from within a callback of its parser.
    queueMicrotask(() => server.discard(connection))
  }
}
