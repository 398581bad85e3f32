// One connection of a client over HTTP/1.x: heads become exchanges, strictly one after the other.

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { broken } from '../forward/direct-chunks.ts'
import type { RequestHead } from '../forward/direct-head.ts'
import { nameOf } from './accept-http2.ts'
import { plainAddress } from './client.ts'
import { DirectAnswer, type Wire } from './direct-answer.ts'
import { DirectBody } from './direct-body.ts'
import { DirectOutput } from './direct-output.ts'
import { seekRequest } from './direct-request-head.ts'
import type { DirectFront } from './direct-shared.ts'
import type { Received } from './exchange.ts'

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
const lingering = 2_000
/** Bytes of pipelined requests that are read ahead. */
const readAhead = 65_536

export class DirectConnection implements Wire {
  readonly socket: Socket
  readonly #front: DirectFront
  readonly #peer: Pick<Received, 'address' | 'port' | 'serverName' | 'secure'>
  #state: State = 'head'
  /** Epoch milliseconds: when it began to wait for what its state says. */
  #since: number
  #first = true
  /** Read and not looked at yet; of a head that is not whole, looked at up to `#looked`. */
  #rest: Buffer | undefined
  #looked = 0
  #body: DirectBody | undefined
  #answer: DirectAnswer | undefined
  /** Handed over, or about to be. */
  #upgrade = false
  readonly #output: DirectOutput
  readonly #received = (bytes: Buffer): void => {
    try {
      this.#read(bytes)
    } catch (error) {
      // Nothing a client sends ends more than its own connection.
      this.#front.surprised(error)
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
  constructor(socket: Socket, front: DirectFront, over: () => void) {
    this.socket = socket
    this.#front = front
    this.#since = front.now()
    const secure = 'encrypted' in socket
    this.#peer = {
      address: plainAddress(socket.remoteAddress ?? ''),
      port: socket.remotePort ?? 0,
      serverName: secure ? nameOf(socket as TLSSocket) : undefined,
      secure,
    }
    socket.on('data', this.#received)
    this.#output = new DirectOutput(socket, front.limits.bodyIdleTimeout, () => this.#drained())
    socket.once('close', () => {
      over()
      this.#over()
    })
  }

  /** Looks whether it has waited for too long. */
  check(now: number): void {
    const { headerTimeout, keepAliveTimeout } = this.#front.limits
    const waited = now - this.#since
    if (this.#state === 'closing') {
      if (waited > lingering && this.socket.writableLength === 0) this.socket.destroy()
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
    }
    this.#rest = this.#rest === undefined ? bytes : Buffer.concat([this.#rest, bytes])
    if (this.#rest.length > readAhead) this.socket.pause()
  }

  #readHead(received: Buffer): void {
    const begins = this.#rest === undefined
    const bytes = begins ? received : Buffer.concat([this.#rest!, received])
    this.#rest = undefined
    const sought = seekRequest(bytes, begins ? 0 : this.#looked, this.#front.limits)
    if (sought.state === 'whole') return this.#begin(sought.head, bytes, sought.end)
    if (sought.state === 'refused') return this.#refuse(sought.status)
    if (begins) this.#since = this.#front.now()
    this.#looked = sought.looked
    this.#rest = bytes
  }

  #begin(head: RequestHead, bytes: Buffer, next: number): void {
    const front = this.#front
    const { method, version } = head
    const upgrade = head.upgrade && method !== 'CONNECT'
    const startedAt = front.now()
    this.#state = 'busy'
    this.#first = false
    const received: Received = {
      method,
      target: head.target,
      version,
      headers: head.headers,
      authority: undefined,
      ...this.#peer,
      bodyEnded: false,
    }
    const keepAlive = head.keepAlive && version !== 'unknown' && !head.upgrade
    const answer = new DirectAnswer(this, { method, version, keepAlive, upgrade })
    this.#answer = answer
    if (upgrade) {
      const { socket } = this
      this.#upgrade = true
      socket.off('data', this.#received)
      socket.pause()
      front.handle({ kind: 'upgrade', received, startedAt, socket, head: bytes.subarray(next), answer })
      return
    }
    const length = head.chunked ? undefined : (head.length ?? 0)
    const bodiless = length === 0 && (method === 'GET' || method === 'HEAD')
    const body = bodiless ? undefined : new DirectBody(length, this.#wanted)
    this.#body = body
    const proceed = head.expects && version === '1.1' ? () => this.#proceed(answer) : noContinue
    if (next < bytes.length) {
      if (this.uploading) this.#readBody(bytes, next)
      else this.#rest = bytes.subarray(next)
      // What came of its body was none.
      if (this.#state !== 'busy') return
    }
    front.handle({ kind: 'http', received, startedAt, body: body ?? front.noBody, answer, proceed })
  }

  #readBody(bytes: Buffer, start: number): void {
    const body = this.#body!
    const end = body.receive(bytes, start)
    if (this.#state !== 'busy') return
    if (end === broken) return this.#refuse('400 Bad Request')
    if (end < 0) {
      if (body.full) this.socket.pause()
    } else if (end < bytes.length) this.#rest = bytes.subarray(end)
  }

  #proceed(answer: DirectAnswer): void {
    if (!answer.begun && !answer.closed) this.#output.text('HTTP/1.1 100 Continue\r\n\r\n')
  }

  /** No request, or one that came to nothing: said in a word, unless an answer is under way. */
  #refuse(status: string): void {
    const answer = this.#answer
    if (answer?.begun === true) {
      this.socket.destroy()
      return
    }
    this.#output.text(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
    this.#leave(true)
    this.#body?.destroy()
    answer?.lost()
  }

  /** `lingers`: what the client still sends would turn the close into a reset, and that overtake the answer. */
  #leave(lingers: boolean): void {
    const { socket } = this
    this.#state = 'closing'
    this.#since = this.#front.now()
    this.#rest = undefined
    this.#output.flush()
    if (lingers) socket.end()
    else socket.destroySoon()
    socket.resume()
    this.#output.waits()
  }

  #drained(): void {
    if (this.#state === 'busy') this.#answer?.drained()
    else if (this.#state === 'head' && this.#rest !== undefined) setImmediate(this.#next)
  }

  #over(): void {
    this.#state = 'gone'
    const body = this.#body
    if (body !== undefined && !body.complete) body.destroy()
    this.#answer?.lost()
  }

  get output(): DirectOutput {
    return this.#output
  }

  get uploading(): boolean {
    return this.#body !== undefined && !this.#body.complete
  }

  get draining(): boolean {
    return this.#front.draining
  }

  get keepAliveLines(): string {
    return this.#front.keepAliveLines
  }

  dateLine(): string {
    return this.#front.dateLine()
  }

  ended(answer: DirectAnswer, keep: boolean): void {
    if (this.#answer !== answer || this.#state !== 'busy') return
    const unread = this.uploading || this.#upgrade || this.#rest !== undefined
    if (!keep || this.uploading || this.#front.draining) return this.#leave(unread)
    this.#output.flush()
    this.#answer = undefined
    this.#body = undefined
    this.#state = 'head'
    this.#since = this.#front.now()
    this.#looked = 0
    this.socket.resume()
    // The next one waits until the client takes what it was answered.
    if (this.#rest !== undefined && !this.#output.full) setImmediate(this.#next)
  }

  cut(reset: boolean): void {
    const { socket } = this
    this.#state = 'gone'
    if (!reset || 'encrypted' in socket) socket.destroy()
    else socket.resetAndDestroy()
  }
}

/** The client did not ask before it sends its body. */
function noContinue(): void {}
