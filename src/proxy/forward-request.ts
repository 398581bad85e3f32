// Carries one request to an upstream and its answer back, as a stream in both directions.

import type { Duplex } from 'node:stream'
import type { ResponseWriter } from '../http/response-writer.ts'
import { Attempt, type AttemptListener } from './attempt.ts'
import {
  type ResponseHeaderRules,
  responseTrailers,
  earlyHintHeaders,
  type RawHeaders,
} from './headers/response-headers.ts'
import type { ForwardRequest, OnOpen, ForwardResult } from './upstream.ts'
import { exceedsContentLength, maxDownload, limitedBody, maxUpload } from './transfer-limits.ts'
import { type RequestBody, UploadError, type UploadLimits } from './request-body.ts'
import type { ResponseControl } from './client/connection.ts'
import type { UpstreamServer } from './upstream-server.ts'
import { type OnUpgrade, type OpenTunnel, isWebSocketHandshake } from './websocket.ts'
import { describeError, errorKindOf, isTimeout } from './upstream-error.ts'

/** What one app's upstream offers to an exchange. */
export interface UpstreamContext {
  /** The target to try, leaving out those tried already; undefined when there is none. */
  pickServer(tried: ReadonlySet<UpstreamServer>): UpstreamServer | undefined
  /** It could not be connected to. */
  onFailure(server: UpstreamServer, error: Error): void
  readonly answerRules: ResponseHeaderRules
  readonly upload: UploadLimits
}

/** Connections tried for one request, at most. */
const maxAttempts = 3
/** RFC 9110 9.2.2. */
const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])
const noServers: ReadonlySet<UpstreamServer> = new Set()

/** Never rejects once `opened` returned. `switchTo` is what an upgrade becomes; undefined for an ordinary request. */
export function forwardRequest(
  context: UpstreamContext,
  request: ForwardRequest,
  response: ResponseWriter,
  onOpen: OnOpen,
  onUpgrade?: OnUpgrade,
): Promise<ForwardResult> {
  return new Promise((resolve) => {
    const exchange = new ForwardedExchange(context, request, response, resolve, onUpgrade)
    onOpen(() => exchange.cut())
    response.onClientClose(() => exchange.clientClosed())
    response.onDrain(() => exchange.resume())
    exchange.begin()
  })
}

/** A class, because every request is carried by one. It ends with the first `#settle`, whoever calls it. */
class ForwardedExchange implements AttemptListener {
  readonly #request: ForwardRequest
  readonly #response: ResponseWriter
  readonly #onUpgrade: OnUpgrade | undefined
  readonly #context: UpstreamContext
  readonly #resolve: (result: ForwardResult) => void
  readonly #maxDownload: number
  #tried = noServers
  #attempts = 0
  #settled = false
  #attempt: Attempt | undefined
  #server: UpstreamServer | undefined
  #body: RequestBody | undefined
  #tunnel: OpenTunnel | undefined
  #status = 0
  #bytesOut = 0
  #exceeded: ForwardResult['exceeded']

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
    this.#maxDownload = maxDownload(request)
  }

  begin(): void {
    const request = this.#request
    const answer = this.#response
    if (answer.closed) this.#settle('client_gone')
    if (!this.#settled && (request.contentLength ?? 0) > maxUpload(request, this.#context.upload))
      this.#uploadLimitReached()
    if (this.#settled) return
    request.proceed?.()
    this.#try(this.#context.pickServer(noServers), false)
  }

  cut(): void {
    if (this.#tunnel !== undefined) this.#tunnel.abort()
    else this.#settle('cut', 'access ended')
  }

  clientClosed(): void {
    if (this.#tunnel === undefined) this.#settle('client_gone')
  }

  resume(): void {
    this.#attempt?.control?.resume()
  }

  /** Still the one that counts. */
  isCurrent(attempt: Attempt): boolean {
    return this.#attempt === attempt
  }

  #try(target: UpstreamServer | undefined, fresh: boolean): void {
    if (target === undefined) return this.#settle('upstream_failed', 'there is no upstream to ask', 502)
    const request = this.#request
    const switchTo = this.#onUpgrade
    this.#attempts++
    this.#server = target
    const line = target.acquire(fresh, switchTo !== undefined)
    const body = request.hasBody ? limitedBody(request.body, request, this.#context.upload) : undefined
    this.#body = body
    const attempt = new Attempt(this, target, line)
    this.#attempt = attempt
    line.dispatch(
      {
        path: request.target,
        method: request.method,
        headers: request.headers,
        body: body ?? null,
        contentLength: request.contentLength,
        upgrade: switchTo === undefined ? null : 'websocket',
      },
      attempt,
    )
  }

  head(code: number, raw: RawHeaders): void {
    if (code === 103) return this.#response.writeInformational(code, earlyHintHeaders(raw))
    // RFC 9110 15.2: 100 is the front's own, 102 tells nothing, 101 was not asked for here.
    if (code === 100 || code === 102) return
    const list = this.#context.answerRules(raw, code, this.#request.signedIn ?? true)
    if (list === undefined || code < 200 || code > 599)
      return this.fail(new Error('the upstream sent an invalid answer'))
    this.#server?.markHealthy()
    if (
      this.#maxDownload !== Infinity &&
      (exceedsContentLength(this.#request.method, code, list) ?? 0) > this.#maxDownload
    ) {
      return this.#downloadLimitReached()
    }
    this.#status = code
    this.#response.writeHead(code, list)
  }

  data(control: ResponseControl, chunk: Buffer): void {
    if (this.#bytesOut + chunk.length > this.#maxDownload) return this.#downloadLimitReached()
    this.#bytesOut += chunk.length
    if (!this.#response.write(chunk)) control.pause()
  }

  end(raw: RawHeaders): void {
    const trailers = raw.length === 0 ? undefined : responseTrailers(raw)
    // First, so that the upload no longer flows when the answer deals with what is left of it.
    this.#settle('complete')
    this.#response.end(trailers)
  }

  upgrade(raw: RawHeaders, code: number, socket: Duplex): void {
    const list = this.#context.answerRules(raw, code, this.#request.signedIn ?? true)
    const switchTo = this.#onUpgrade
    if (list === undefined || switchTo === undefined || !isWebSocketHandshake(raw)) {
      socket.destroy()
      return this.fail(new Error('the upstream switched to something that was not asked for'))
    }
    this.#server?.markHealthy()
    this.#status = code
    const switched = switchTo(list, socket)
    this.#tunnel = switched
    void switched.done.then((done) => {
      this.#exceeded = done.exceeded
      this.#settle(done.end, done.detail, undefined, done)
    })
  }

  failed(attempt: Attempt, error: Error): void {
    const request = this.#request
    const switchTo = this.#onUpgrade
    const fault = errorKindOf(error)
    if (error instanceof UploadError) return this.#uploadFailed(error)
    const more = this.#attempts < maxAttempts
    if (!attempt.sent && fault !== 'refused_by_us') {
      this.#tried = new Set(this.#tried).add(attempt.server)
      this.#context.onFailure(attempt.server, error)
      const other = more ? this.#context.pickServer(this.#tried) : undefined
      if (other === undefined) return this.fail(error)
      this.#release(false)
      return this.#try(other, false)
    }
    // RFC 9110 9.2.2: a kept connection that was being closed. Whether the request was read nobody knows, so only
    // one that may come twice is repeated, and only where nothing of it has to be read again from the client.
    const repeatable = !request.hasBody && idempotent.has(request.method) && switchTo === undefined
    if (attempt.stale && fault === 'closed' && repeatable && more) {
      this.#release(false)
      return this.#try(attempt.server, true)
    }
    this.fail(error)
  }

  fail(error: Error): void {
    const unanswered = this.#response.headersSent ? undefined : isTimeout(error) ? 504 : 502
    this.#settle('upstream_failed', describeError(error), unanswered)
  }

  #uploadFailed(error: UploadError): void {
    if (error.code === 'client_gone') return this.#settle('client_gone', error.message)
    if (error.code === 'body_too_large') return this.#uploadLimitReached()
    this.#settle('cut', error.message, this.#response.headersSent ? undefined : 408)
  }

  #uploadLimitReached(): void {
    const max = maxUpload(this.#request, this.#context.upload)
    if (this.#request.limits?.upload === max) this.#exceeded = 'upload'
    this.#settle('cut', `the upload is larger than ${max} bytes`, this.#response.headersSent ? undefined : 413)
  }

  #downloadLimitReached(): void {
    this.#exceeded = 'download'
    this.#settle(
      'cut',
      `the answer is larger than ${this.#maxDownload} bytes`,
      this.#response.headersSent ? undefined : 403,
    )
  }

  #settle(
    end: ForwardResult['end'],
    detail?: string,
    unanswered?: ForwardResult['unanswered'],
    { bytesIn, bytesOut } = { bytesIn: this.#body?.bytes ?? 0, bytesOut: this.#bytesOut },
  ): void {
    if (this.#settled) return
    this.#settled = true
    this.#release(end === 'complete')
    if (end !== 'complete' && unanswered === undefined) this.#response.destroy()
    const upstream = this.#server?.origin
    const exceeded = this.#exceeded
    this.#resolve({ status: this.#status, bytesIn, bytesOut, end, upstream, detail, unanswered, exceeded })
  }

  #release(complete: boolean): void {
    const attempt = this.#attempt
    this.#attempt = undefined
    // An early answer leaves half a request on the connection.
    const whole = complete && (this.#body === undefined || this.#body.readableEnded)
    this.#body?.destroy()
    if (attempt === undefined) return
    const { server, connection, control } = attempt
    if (whole) return server.release(connection)
    if (!complete) control?.abort(new Error('the exchange ended'))
    // Not from within a callback of its parser.
    queueMicrotask(() => server.discard(connection))
  }
}
