// One request over an HTTP/2 session: both directions independent of each other, trailers, flow control, resets.

import { constants, type ClientHttp2Stream } from 'node:http2'
import { idleTimer, type IdleTimeouts } from '../../http/idle-timeouts.ts'
import { upstreamError } from '../upstream-error.ts'
import type { ResponseHandler, UpstreamConnection, UpstreamRequest, ResponseControl } from './connection.ts'
import { Http1Controller, type ControlTarget } from './http1-controller.ts'
import { requestFields, responseFields, trailerFields } from './http2-fields.ts'
import type { UpstreamSession } from './http2-session.ts'
import type { Http2Sessions, SessionUser } from './http2-sessions.ts'
import { resetError } from './http2-reset.ts'
import { sendHttp2Body, type BodyUpload } from './http2-upload.ts'

export interface Http2ExchangeOptions {
  readonly sessions: Http2Sessions
  readonly scheme: 'http' | 'https'
  /** Bytes of a response head. Node enforces its own setting once the upstream has acknowledged it. */
  readonly headerBytes: number
  /** Response timeout. */
  readonly responseTimeout: IdleTimeouts
  /** Opens a connection in place of this one, when the upstream chose HTTP/1.1. */
  readonly openHttp1: () => UpstreamConnection
}

/** A class, because there is one per request. It is used once and never idle. */
export class Http2Exchange implements UpstreamConnection, ControlTarget, SessionUser {
  address: string | undefined
  isNew = true
  readonly keepAliveMs = 0
  idleSince = 0
  readonly #options: Http2ExchangeOptions
  #request: UpstreamRequest | undefined
  #handler: ResponseHandler | undefined
  #control: Http1Controller | undefined
  #stopWaiting: (() => void) | undefined
  #session: UpstreamSession | undefined
  #stream: ClientHttp2Stream | undefined
  #upload: BodyUpload | undefined
  #http1: UpstreamConnection | undefined
  #headReceived = false
  /** END_STREAM was received; a reset without an error code would look the same otherwise. */
  #ended = false
  /** Nothing follows what is still to be read. */
  #over = false
  #error: Error | undefined
  readonly #timer = idleTimer(() => this.#fail(upstreamError('UPSTREAM_SILENT', 'response timeout')))

  constructor(options: Http2ExchangeOptions) {
    this.#options = options
  }

  dispatch(request: UpstreamRequest, handler: ResponseHandler): void {
    this.#request = request
    this.#handler = handler
    this.#control = new Http1Controller(this)
    this.#enter()
  }

  destroy(): void {
    this.#http1?.destroy()
    this.#finish()
  }

  sessionReady(session: UpstreamSession): void {
    this.#stopWaiting = undefined
    this.#session = session
    this.address = session.address
    const [request, handler, control] = [this.#request!, this.#handler!, this.#control!]
    const fields = requestFields(request, this.#options.scheme)
    if (fields === undefined) {
      return this.#fail(upstreamError('UPSTREAM_REFUSED_BY_US', 'the request head is invalid'))
    }
    handler.onRequestStart(control)
    if (this.#control !== control) return
    this.#begin(session, request, fields)
  }

  sessionIsHttp1(): void {
    this.#stopWaiting = undefined
    const [request, handler] = [this.#request!, this.#handler!]
    this.#finish()
    this.#http1 = this.#options.openHttp1()
    this.#http1.dispatch(request, handler)
  }

  sessionFailed(error: Error): void {
    this.#stopWaiting = undefined
    this.#fail(error)
  }

  sessionMoved(): void {
    this.#enter()
  }

  #enter(): void {
    this.#stopWaiting = undefined
    const stop = this.#options.sessions.enter(this)
    if (this.#session === undefined && this.#handler !== undefined) this.#stopWaiting = stop
  }

  #begin(session: UpstreamSession, request: UpstreamRequest, fields: readonly string[]): void {
    const { body, trailers } = request
    let stream: ClientHttp2Stream
    try {
      stream = session.session.request(fields as never, {
        endStream: body === null,
        // Also without trailers: Node would otherwise end the content before it resets the stream, and an aborted upload would
        // look complete.
        waitForTrailers: body !== null,
      })
    } catch (error) {
      return this.#fail(upstreamError('UPSTREAM_REFUSED_BY_US', (error as Error).message))
    }
    this.#stream = stream
    this.#listen(stream)
    if (body === null) return this.#onBackpressure(true)
    stream.once('wantTrailers', () => stream.sendTrailers(trailerFields(trailers?.() ?? [])))
    this.#upload = sendHttp2Body(stream, body, request.contentLength, {
      onBackpressure: (upstream) => this.#onBackpressure(upstream),
      onError: (error) => this.#fail(error),
    })
  }

  #listen(stream: ClientHttp2Stream): void {
    stream.on('error', (error: Error) => (this.#error ??= error))
    stream.on('headers', (headers, _flags, raw) =>
      this.#onInformational(headers[':status'], raw as unknown as string[]),
    )
    stream.on('response', (headers, flags, raw) => this.#onHead(headers[':status'], flags, raw as unknown as string[]))
    stream.on('trailers', (_headers, _flags, raw) => {
      if (this.#control !== undefined) this.#control.rawTrailers = responseFields(raw as unknown as string[], true)
    })
    stream.on('data', (chunk: Buffer) => {
      if (this.#control === undefined) return
      this.#handler!.onResponseData(this.#control, chunk)
      if (this.#over) this.#whenRead(stream)
    })
    // Node ends a stream in the same way when its peer reset it without an error code: only what precedes the reset is an end.
    const push = stream.push.bind(stream)
    stream.push = (chunk: unknown) => {
      if (chunk === null && !stream.closed) this.#ended = true
      const more = push(chunk)
      if (chunk === null) {
        this.#over = true
        this.#whenRead(stream)
      }
      return more
    }
    stream.on('end', () => this.#onEnd())
    stream.once('close', () => {
      if (this.#handler !== undefined) {
        this.#fail(resetError(stream.rstCode, stream.id, this.#session, this.#error))
      }
      this.#leave()
    })
  }

  /** The time of the upstream runs while the request is complete, or the upstream does not take more of it. */
  #onBackpressure(upstream: boolean): void {
    if (this.#headReceived || this.#request?.patient === true) return
    if (upstream) this.#options.responseTimeout.start(this.#timer)
    else this.#options.responseTimeout.cancel(this.#timer)
  }

  #onInformational(status: number | undefined, raw: readonly string[]): void {
    const control = this.#control
    if (control === undefined || status === undefined) return
    control.rawHeaders = responseFields(raw, false)
    this.#handler!.onResponseStart(control, status)
  }

  #onHead(status: number | undefined, flags: number, raw: readonly string[]): void {
    const control = this.#control
    if (control === undefined || this.#headReceived) return
    if (status === undefined) return this.#fail(upstreamError('UPSTREAM_INVALID', 'a response without a status'))
    this.#headReceived = true
    this.#options.responseTimeout.cancel(this.#timer)
    control.endsWithHead = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0
    control.rawHeaders = responseFields(raw, control.endsWithHead)
    if (isLarger(raw, this.#options.headerBytes)) {
      return this.#fail(
        upstreamError('UPSTREAM_INVALID', `the response head exceeds ${this.#options.headerBytes} bytes`),
      )
    }
    this.#handler!.onResponseStarted?.()
    this.#handler!.onResponseStart(control, status)
  }

  /** A stream that was reset while it was paused does not always emit `end` once everything has been read. */
  #whenRead(stream: ClientHttp2Stream): void {
    setImmediate(() => {
      if (this.#handler === undefined || stream.readableLength > 0) return
      if (this.#ended && this.#headReceived) this.#onEnd()
      else if (stream.closed && !stream.destroyed) stream.destroy()
    })
  }

  #onEnd(): void {
    const [handler, control] = [this.#handler, this.#control]
    // Otherwise `close` follows, and says why.
    if (control === undefined || !this.#ended || !this.#headReceived) return
    this.#handler = undefined
    this.#control = undefined
    this.#options.responseTimeout.cancel(this.#timer)
    handler!.onResponseEnd(control)
  }

  #fail(error: Error): void {
    const [handler, control] = [this.#handler, this.#control]
    this.#finish()
    handler?.onResponseError(control, error)
  }

  /** Detaches the exchange, and resets its stream unless both sides are complete. */
  #finish(): void {
    this.#options.responseTimeout.cancel(this.#timer)
    this.#stopWaiting?.()
    this.#stopWaiting = undefined
    this.#upload?.stop()
    this.#upload = undefined
    this.#handler = undefined
    this.#control = undefined
    this.#request = undefined
    const stream = this.#stream
    if (stream === undefined) return this.#leave()
    // Complete in both directions: it closes by itself.
    if (stream.closed || stream.destroyed || (this.#ended && stream.writableFinished)) return
    // Not within a callback of the session: Node would keep the reset back until the stream is destroyed, and then fail an
    // assertion of its own, which ends the process, when the stream still waits for its trailers.
    setImmediate(() => {
      if (!stream.closed && !stream.destroyed) stream.close(constants.NGHTTP2_CANCEL)
    })
  }

  #leave(): void {
    const session = this.#session
    this.#session = undefined
    session?.leave(this.#stream?.rstCode === constants.NGHTTP2_CANCEL)
  }

  pause(control: ResponseControl): void {
    if (this.#control === control) this.#stream?.pause()
  }
  resume(control: ResponseControl): void {
    const stream = this.#stream
    if (this.#control !== control || stream === undefined) return
    stream.resume()
    if (this.#over) this.#whenRead(stream)
  }
  abort(control: ResponseControl, error: Error): void {
    if (this.#control === control) this.#fail(error)
  }
}

function isLarger(fields: readonly string[], bytes: number): boolean {
  let length = 0
  for (const text of fields) length += text.length
  return length > bytes
}
