// HTTP/1.x server connection: a state machine that turns request heads into exchanges, strictly one after the other.

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { malformed } from '../../chunked-decoder.ts'
import type { RequestHead } from '../../llhttp.ts'
import { serverNameOf } from '../http2.ts'
import { plainAddress } from '../../peer-address.ts'
import { Http1Response, type Http1Transport } from './response.ts'
import { Http1RequestBody } from './request-body.ts'
import { OutputBuffer } from './output-buffer.ts'
import { createLargeHeadReader, type LargeHeadReader } from './large-head.ts'
import { findRequestHead, headTooLarge, readLargeHead } from './request-head.ts'
import type { Http1ServerContext } from './server-context.ts'
import type { Received } from '../../exchange.ts'
import { upgradeOffer } from '../../upgrade-offer.ts'
import { never } from '../../../policy/never.ts'

type State =
  /** Waiting for a request head, or receiving one. */
  | 'head'
  /** A request is being handled. */
  | 'busy'
  /** The last response is being flushed; further input is discarded. */
  | 'closing'
  /** Handed over or closed. */
  | 'closed'

/** Milliseconds a discarded upload is still read, so that the client receives the response (RFC 9112 9.6). */
const lingerMs = 2_000
/** Bytes of pipelined requests read ahead. */
const maxReadAhead = 65_536

export class Http1ServerConnection implements Http1Transport {
  readonly socket: Socket
  readonly #context: Http1ServerContext
  readonly #peer: Pick<Received, 'address' | 'port' | 'serverName' | 'secure'>
  #state: State = 'head'
  /** Epoch milliseconds of the last state change. */
  #since: number
  #first = true
  /** Received and not processed yet; an incomplete head was parsed up to `#scanned`. */
  #rest: Buffer | undefined
  #scanned = 0
  /** Set while a head beyond the usual size arrives. */
  #large: LargeHeadReader | undefined
  #body: Http1RequestBody | undefined
  #response: Http1Response | undefined
  /** The request is an upgrade: the socket is handed over, or about to be. */
  #upgrade = false
  readonly #output: OutputBuffer
  readonly #onData = (bytes: Buffer): void => {
    try {
      this.#read(bytes)
    } catch (error) {
      // An error caused by a client's input must not affect other connections.
      this.#context.onUnexpectedError(error)
      this.socket.destroy()
    }
  }
  readonly #readNext = (): void => {
    const rest = this.#rest
    if (this.#state !== 'head' || rest === undefined) return
    this.#rest = undefined
    this.#onData(rest)
  }
  readonly #onBodyDemand = (): void => {
    if (this.#state === 'busy') this.socket.resume()
  }

  /** `onClose`: the socket was closed; timeouts need not be checked any more. */
  constructor(socket: Socket, context: Http1ServerContext, onClose: () => void) {
    this.socket = socket
    this.#context = context
    this.#since = context.now()
    const secure = 'encrypted' in socket
    this.#peer = {
      address: plainAddress(socket.remoteAddress ?? ''),
      port: socket.remotePort ?? 0,
      serverName: secure ? serverNameOf(socket as TLSSocket) : undefined,
      secure,
    }
    socket.on('data', this.#onData)
    this.#output = new OutputBuffer(socket, context.limits.bodyIdleTimeout, () => this.#drained())
    socket.once('close', () => {
      onClose()
      this.#onClose()
    })
  }

  /** Enforces header timeout, keep-alive timeout and lingering close. `now`: epoch milliseconds. */
  check(now: number): void {
    const { headerTimeout, keepAliveTimeout } = this.#context.limits
    const waited = now - this.#since
    if (this.#state === 'closing') {
      if (waited > lingerMs && this.socket.writableLength === 0) this.socket.destroy()
    } else if (this.#state === 'head') {
      const begun = this.#rest !== undefined || this.#large !== undefined || this.#first
      if (begun && waited > headerTimeout) this.#reject('408 Request Timeout')
      else if (!begun && waited > keepAliveTimeout) this.#startClose(false)
    }
  }

  closeIdle(): void {
    if (this.#state === 'head') this.#startClose(false)
  }

  #read(bytes: Buffer): void {
    switch (this.#state) {
      case 'head':
        if (!this.#output.full) return this.#readHead(bytes)
        break
      case 'busy':
        if (this.#body !== undefined && !this.#body.complete) return this.#readBody(bytes, 0)
        break
      case 'closing':
      case 'closed':
        return
      default:
        return never(this.#state)
    }
    this.#rest = this.#rest === undefined ? bytes : Buffer.concat([this.#rest, bytes])
    if (this.#rest.length > maxReadAhead) this.socket.pause()
  }

  #readHead(chunk: Buffer): void {
    if (this.#large !== undefined) return this.#readLargeHead(this.#large, chunk)
    const first = this.#rest === undefined
    const bytes = first ? chunk : Buffer.concat([this.#rest!, chunk])
    this.#rest = undefined
    const search = findRequestHead(bytes, first ? 0 : this.#scanned, this.#context.limits)
    if (search.state === 'complete') return this.#begin(search.head, bytes, search.end)
    if (search.state === 'rejected') return this.#reject(search.status)
    if (search.state === 'large') {
      if (first) this.#since = this.#context.now()
      this.#large = createLargeHeadReader(this.#context.limits)
      return this.#readLargeHead(this.#large, bytes.subarray(search.start))
    }
    if (first) this.#since = this.#context.now()
    this.#scanned = search.scanned
    this.#rest = bytes
  }

  #readLargeHead(reader: LargeHeadReader, bytes: Buffer): void {
    const large = reader.read(bytes)
    if (large.state === 'incomplete') return
    this.#large = undefined
    if (large.state === 'too_large') return this.#reject(headTooLarge.status)
    const search = readLargeHead(large)
    if (search.state === 'complete') this.#begin(search.head, bytes, search.end, large.omitted)
    else this.#reject(search.state === 'rejected' ? search.status : headTooLarge.status)
  }

  #begin(head: RequestHead, bytes: Buffer, next: number, omittedCookies = 0): void {
    const context = this.#context
    const { method, version } = head
    const upgrade = head.upgrade && method !== 'CONNECT' && upgradeOffer(head.headers) === 'websocket'
    const startedAt = context.now()
    this.#state = 'busy'
    this.#first = false
    const receivedRequest: Received = {
      method,
      target: head.target,
      version,
      headers: head.headers,
      omittedCookies,
      authority: undefined,
      ...this.#peer,
      bodyEnded: false,
    }
    // Also with an ignored offer: at both servers nothing behind it is read as a request.
    const keepAlive = head.keepAlive && version !== 'unknown' && !head.upgrade
    const response = new Http1Response(this, { method, version, keepAlive, upgrade })
    this.#response = response
    if (upgrade) {
      const { socket } = this
      this.#upgrade = true
      socket.off('data', this.#onData)
      socket.pause()
      context.handle({
        kind: 'upgrade',
        received: receivedRequest,
        connection: socket,
        startedAt,
        socket,
        head: bytes.subarray(next),
        response,
      })
      return
    }
    const length = head.chunked ? undefined : (head.length ?? 0)
    const bodiless = length === 0 && (method === 'GET' || method === 'HEAD')
    const body = bodiless ? undefined : new Http1RequestBody(length, this.#onBodyDemand)
    this.#body = body
    const proceed = head.expectsContinue && version === '1.1' ? () => this.#proceed(response) : noContinue
    if (next < bytes.length) {
      if (this.uploading) this.#readBody(bytes, next)
      else this.#rest = bytes.subarray(next)
      // The body was malformed.
      if (this.#state !== 'busy') return
    }
    context.handle({
      kind: 'http',
      received: receivedRequest,
      connection: this.socket,
      startedAt,
      body: body ?? context.emptyBody,
      response,
      ...(body && { trailers: () => body.trailers }),
      proceed,
    })
  }

  #readBody(bytes: Buffer, start: number): void {
    const body = this.#body!
    const end = body.receive(bytes, start)
    if (this.#state !== 'busy') return
    if (end === malformed) return this.#reject('400 Bad Request')
    if (end < 0) {
      if (body.full) this.socket.pause()
    } else if (end < bytes.length) this.#rest = bytes.subarray(end)
  }

  #proceed(answer: Http1Response): void {
    if (!answer.headersSent && !answer.closed) this.#output.text('HTTP/1.1 100 Continue\r\n\r\n')
  }

  /** Sends a minimal error response unless a response has started. */
  #reject(status: string): void {
    const answer = this.#response
    if (answer?.headersSent === true) {
      this.socket.destroy()
      return
    }
    this.#output.text(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
    this.#startClose(true)
    this.#body?.destroy()
    answer?.onConnectionClose()
  }

  /** `lingers`: the client may still send, which would turn the close into a reset that can overtake the response. */
  #startClose(lingers: boolean): void {
    const { socket } = this
    this.#state = 'closing'
    this.#since = this.#context.now()
    this.#rest = undefined
    this.#output.flush()
    if (lingers) socket.end()
    else socket.destroySoon()
    socket.resume()
    this.#output.startTimeout()
  }

  #drained(): void {
    if (this.#state === 'busy') this.#response?.drained()
    else if (this.#state === 'head' && this.#rest !== undefined) setImmediate(this.#readNext)
  }

  #onClose(): void {
    this.#state = 'closed'
    const body = this.#body
    if (body !== undefined && !body.complete) body.destroy()
    this.#response?.onConnectionClose()
  }

  get output(): OutputBuffer {
    return this.#output
  }

  get uploading(): boolean {
    return this.#body !== undefined && !this.#body.complete
  }

  get draining(): boolean {
    return this.#context.draining
  }

  get keepAliveLines(): string {
    return this.#context.keepAliveLines
  }

  dateLine(): string {
    return this.#context.dateLine()
  }

  onEnd(answer: Http1Response, keep: boolean): void {
    if (this.#response !== answer || this.#state !== 'busy') return
    const unread = this.uploading || this.#upgrade || this.#rest !== undefined
    if (!keep || this.uploading || this.#context.draining) return this.#startClose(unread)
    this.#output.flush()
    this.#response = undefined
    this.#body = undefined
    this.#state = 'head'
    this.#since = this.#context.now()
    this.#scanned = 0
    this.socket.resume()
    // Back-pressure: the next pipelined request waits until the client reads the response.
    if (this.#rest !== undefined && !this.#output.full) setImmediate(this.#readNext)
  }

  abort(reset: boolean): void {
    const { socket } = this
    this.#state = 'closed'
    if (!reset || 'encrypted' in socket) socket.destroy()
    else socket.resetAndDestroy()
  }
}

/** For a request without `Expect: 100-continue`. */
function noContinue(): void {}
