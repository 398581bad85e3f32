// One connection of a client over HTTP/1.x: heads become exchanges, strictly one after the other.

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { malformed } from '../../chunked-decoder.ts'
import type { RequestHead } from '../../llhttp.ts'
import { serverNameOf } from '../http2.ts'
import { plainAddress } from '../../peer-address.ts'
import { Http1Response, type Http1Transport } from './response.ts'
import { Http1RequestBody } from './request-body.ts'
import { OutputBuffer } from './output-buffer.ts'
import { findRequestHead } from './request-head.ts'
import type { Http1ServerContext } from './server-context.ts'
import type { Received } from '../../exchange.ts'
import { never } from '../../../policy/never.ts'

type State =
  /** The first or the next head is waited for, or has begun. */
  | 'head'
  /** A request is under way. */
  | 'busy'
  /** The last answer is on its way out; what still comes is thrown away. */
  | 'closing'
  /** Belongs to somebody else, or is over. */
  | 'gone'

/** Milliseconds an upload nobody wants is still read, so that the client gets to see the answer (RFC 9112 9.6). */
const lingerMs = 2_000
/** Bytes of pipelined requests that are read ahead. */
const maxReadAhead = 65_536

export class Http1ServerConnection implements Http1Transport {
  readonly socket: Socket
  readonly #context: Http1ServerContext
  readonly #peer: Pick<Received, 'address' | 'port' | 'serverName' | 'secure'>
  #state: State = 'head'
  /** Epoch milliseconds: when it began to wait for what its state says. */
  #since: number
  #first = true
  /** Read and not looked at yet; of a head that is not whole, looked at up to `#looked`. */
  #rest: Buffer | undefined
  #scanned = 0
  #body: Http1RequestBody | undefined
  #response: Http1Response | undefined
  /** Handed over, or about to be. */
  #upgrade = false
  readonly #output: OutputBuffer
  readonly #received = (bytes: Buffer): void => {
    try {
      this.#read(bytes)
    } catch (error) {
      // Nothing a client sends ends more than its own connection.
      this.#context.onUnexpectedError(error)
      this.socket.destroy()
    }
  }
  readonly #next = (): void => {
    const rest = this.#rest
    if (this.#state !== 'head' || rest === undefined) return
    this.#rest = undefined
    this.#received(rest)
  }
  readonly #wanted = (): void => {
    if (this.#state === 'busy') this.socket.resume()
  }

  /** `over`: it needs no looking after any more. */
  constructor(socket: Socket, context: Http1ServerContext, over: () => void) {
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
    socket.on('data', this.#received)
    this.#output = new OutputBuffer(socket, context.limits.bodyIdleTimeout, () => this.#drained())
    socket.once('close', () => {
      over()
      this.#onClose()
    })
  }

  /** Looks whether it has waited for too long. */
  check(now: number): void {
    const { headerTimeout, keepAliveTimeout } = this.#context.limits
    const waited = now - this.#since
    if (this.#state === 'closing') {
      if (waited > lingerMs && this.socket.writableLength === 0) this.socket.destroy()
    } else if (this.#state === 'head') {
      const begun = this.#rest !== undefined || this.#first
      if (begun && waited > headerTimeout) this.#refuse('408 Request Timeout')
      else if (!begun && waited > keepAliveTimeout) this.#leave(false)
    }
  }

  closeIdle(): void {
    if (this.#state === 'head') this.#leave(false)
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
      case 'gone':
        return
      default:
        return never(this.#state)
    }
    this.#rest = this.#rest === undefined ? bytes : Buffer.concat([this.#rest, bytes])
    if (this.#rest.length > maxReadAhead) this.socket.pause()
  }

  #readHead(receivedRequest: Buffer): void {
    const begins = this.#rest === undefined
    const bytes = begins ? receivedRequest : Buffer.concat([this.#rest!, receivedRequest])
    this.#rest = undefined
    const sought = findRequestHead(bytes, begins ? 0 : this.#scanned, this.#context.limits)
    if (sought.state === 'whole') return this.#begin(sought.head, bytes, sought.end)
    if (sought.state === 'refused') return this.#refuse(sought.status)
    if (begins) this.#since = this.#context.now()
    this.#scanned = sought.looked
    this.#rest = bytes
  }

  #begin(head: RequestHead, bytes: Buffer, next: number): void {
    const front = this.#context
    const { method, version } = head
    const upgrade = head.upgrade && method !== 'CONNECT'
    const startedAt = front.now()
    this.#state = 'busy'
    this.#first = false
    const receivedRequest: Received = {
      method,
      target: head.target,
      version,
      headers: head.headers,
      authority: undefined,
      ...this.#peer,
      bodyEnded: false,
    }
    const keepAlive = head.keepAlive && version !== 'unknown' && !head.upgrade
    const answer = new Http1Response(this, { method, version, keepAlive, upgrade })
    this.#response = answer
    if (upgrade) {
      const { socket } = this
      this.#upgrade = true
      socket.off('data', this.#received)
      socket.pause()
      front.handle({
        kind: 'upgrade',
        received: receivedRequest,
        startedAt,
        socket,
        head: bytes.subarray(next),
        answer,
      })
      return
    }
    const length = head.chunked ? undefined : (head.length ?? 0)
    const bodiless = length === 0 && (method === 'GET' || method === 'HEAD')
    const body = bodiless ? undefined : new Http1RequestBody(length, this.#wanted)
    this.#body = body
    const proceed = head.expects && version === '1.1' ? () => this.#proceed(answer) : noContinue
    if (next < bytes.length) {
      if (this.uploading) this.#readBody(bytes, next)
      else this.#rest = bytes.subarray(next)
      // What came of its body was none.
      if (this.#state !== 'busy') return
    }
    front.handle({ kind: 'http', received: receivedRequest, startedAt, body: body ?? front.emptyBody, answer, proceed })
  }

  #readBody(bytes: Buffer, start: number): void {
    const body = this.#body!
    const end = body.receive(bytes, start)
    if (this.#state !== 'busy') return
    if (end === malformed) return this.#refuse('400 Bad Request')
    if (end < 0) {
      if (body.full) this.socket.pause()
    } else if (end < bytes.length) this.#rest = bytes.subarray(end)
  }

  #proceed(answer: Http1Response): void {
    if (!answer.headersSent && !answer.closed) this.#output.text('HTTP/1.1 100 Continue\r\n\r\n')
  }

  /** No request, or one that came to nothing: said in a word, unless an answer is under way. */
  #refuse(status: string): void {
    const answer = this.#response
    if (answer?.headersSent === true) {
      this.socket.destroy()
      return
    }
    this.#output.text(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
    this.#leave(true)
    this.#body?.destroy()
    answer?.onConnectionClose()
  }

  /** `lingers`: what the client still sends would turn the close into a reset, and that overtake the answer. */
  #leave(lingers: boolean): void {
    const { socket } = this
    this.#state = 'closing'
    this.#since = this.#context.now()
    this.#rest = undefined
    this.#output.flush()
    if (lingers) socket.end()
    else socket.destroySoon()
    socket.resume()
    this.#output.waits()
  }

  #drained(): void {
    if (this.#state === 'busy') this.#response?.drained()
    else if (this.#state === 'head' && this.#rest !== undefined) setImmediate(this.#next)
  }

  #onClose(): void {
    this.#state = 'gone'
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
    if (!keep || this.uploading || this.#context.draining) return this.#leave(unread)
    this.#output.flush()
    this.#response = undefined
    this.#body = undefined
    this.#state = 'head'
    this.#since = this.#context.now()
    this.#scanned = 0
    this.socket.resume()
    // The next one waits until the client takes what it was answered.
    if (this.#rest !== undefined && !this.#output.full) setImmediate(this.#next)
  }

  abort(reset: boolean): void {
    const { socket } = this
    this.#state = 'gone'
    if (!reset || 'encrypted' in socket) socket.destroy()
    else socket.resetAndDestroy()
  }
}

/** The client did not ask before it sends its body. */
function noContinue(): void {}
