// HTTP/1.x response writer: framing by length, chunked transfer coding or close; head and first chunk in one write.

import { STATUS_CODES } from 'node:http'
import type { ResponseWriter } from '../../response-writer.ts'
import { isFieldValue, isToken } from '../../field-syntax.ts'
import type { OutputBuffer } from './output-buffer.ts'

/** The part of a connection its response writers use. */
export interface Http1Transport {
  readonly output: OutputBuffer
  /** The request body is not complete yet. */
  readonly uploading: boolean
  readonly draining: boolean
  /** `Connection` and `Keep-Alive`, as lines. */
  readonly keepAliveLines: string
  /** With its line end. */
  dateLine(): string
  onEnd(answer: Http1Response, keep: boolean): void
  abort(reset: boolean): void
}

export interface RequestFraming {
  readonly method: string
  readonly version: '1.0' | '1.1' | 'unknown'
  /** The client allows a persistent connection. */
  readonly keepAlive: boolean
  /** The request is an upgrade: a tunnel may write to the connection instead. */
  readonly upgrade: boolean
}

/** A class, because there is one per request. */
export class Http1Response implements ResponseWriter {
  readonly #transport: Http1Transport
  readonly #request: RequestFraming
  readonly #before: number
  #headersSent = false
  #ended = false
  #clientClosed = false
  #keepAlive = false
  #framing: 'none' | 'length' | 'chunks' | 'close' = 'none'
  #left = 0
  #onClientClose: (() => void) | undefined
  #onDrain: (() => void) | undefined

  constructor(transport: Http1Transport, request: RequestFraming) {
    this.#transport = transport
    this.#request = request
    this.#before = request.upgrade ? transport.output.written : 0
  }

  get headersSent(): boolean {
    return this.#headersSent || (this.#request.upgrade && this.#transport.output.written !== this.#before)
  }

  get closed(): boolean {
    return this.#clientClosed || this.#ended
  }

  writeInformational(status: number, headers: readonly string[]): void {
    // RFC 9110 15.2: no 1xx to an HTTP/1.0 client.
    if (this.#headersSent || this.#clientClosed || this.#request.version !== '1.1') return
    let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`
    for (let i = 0; i < headers.length; i += 2) text += headerLine(headers[i]!, headers[i + 1]!)
    this.#transport.output.text(`${text}\r\n`)
  }

  /** Throws `invalid_header` when a name or value could inject a line; nothing was written then. */
  writeHead(status: number, headers: readonly string[], last = false): void {
    if (this.#headersSent || this.#clientClosed) return
    const transport = this.#transport
    const { method, version } = this.#request
    let keep = this.#request.keepAlive && !transport.draining && !transport.uploading
    let length: number | undefined
    let dated = false
    let trailer = ''
    let closeLine = 'Connection: close\r\n'
    let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i]!
      const value = headers[i + 1]!
      const one = headerLine(name, value)
      switch (name.length) {
        case 4:
          dated ||= name.toLowerCase() === 'date'
          break
        case 7:
          if (name.toLowerCase() !== 'trailer') break
          trailer += one
          continue
        case 10:
          // A caller that sets it requests a close.
          if (name.toLowerCase() !== 'connection') break
          keep = false
          closeLine = one
          continue
        case 14:
          if (name.toLowerCase() === 'content-length') length = Number(value)
          break
        case 17:
          if (name.toLowerCase() === 'transfer-encoding') continue
          break
        // open: fields of any other length
        default:
          break
      }
      text += one
    }
    if (!dated) text += transport.dateLine()
    if (method === 'HEAD' || status === 204 || status === 304) this.#framing = 'none'
    else if (last && length === undefined) {
      this.#framing = 'none'
      text += 'Content-Length: 0\r\n'
    } else if (length !== undefined) {
      this.#framing = 'length'
      this.#left = length
    } else if (version === '1.0') {
      this.#framing = 'close'
      keep = false
    } else {
      this.#framing = 'chunks'
      // RFC 9110 6.5.1: trailers need the chunked transfer coding.
      text += `${trailer}Transfer-Encoding: chunked\r\n`
    }
    this.#keepAlive = keep
    this.#headersSent = true
    transport.output.text(`${text}${keep ? transport.keepAliveLines : closeLine}\r\n`)
  }

  write(chunk: Buffer): boolean {
    const transport = this.#transport
    if (this.#clientClosed || this.#ended || this.#framing === 'none' || chunk.length === 0) return true
    if (this.#framing === 'chunks') {
      transport.output.text(`${chunk.length.toString(16)}\r\n`)
      transport.output.bytes(chunk)
      transport.output.text('\r\n')
    } else {
      if (this.#framing === 'length' && (this.#left -= chunk.length) < 0) {
        this.destroy()
        return true
      }
      transport.output.bytes(chunk)
    }
    return !transport.output.full
  }

  end(trailers: readonly string[] = []): void {
    if (this.#clientClosed || this.#ended) return
    // Less than Content-Length: abort, so that the client detects the truncation.
    if (this.#framing === 'length' && this.#left > 0) return this.destroy()
    if (this.#framing === 'chunks') {
      let text = '0\r\n'
      for (let i = 0; i < trailers.length; i += 2) text += headerLine(trailers[i]!, trailers[i + 1]!)
      this.#transport.output.text(`${text}\r\n`)
    }
    this.#ended = true
    this.#transport.onEnd(this, this.#keepAlive)
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener
  }

  onClientClose(listener: () => void): void {
    if (this.#clientClosed && !this.#ended) queueMicrotask(listener)
    else this.#onClientClose = listener
  }

  destroy(): void {
    this.#onClientClose = undefined
    if (this.closed) return
    this.#clientClosed = true
    // A response delimited by close can only be marked incomplete by a reset.
    this.#transport.abort(this.#framing === 'close')
  }

  /** Called by the connection when back-pressure ended. */
  drained(): void {
    if (!this.#ended) this.#onDrain?.()
  }

  /** Called by the connection when it was closed. */
  onConnectionClose(): void {
    if (this.#clientClosed) return
    this.#clientClosed = true
    const listener = this.#onClientClose
    this.#onClientClose = undefined
    if (!this.#ended) listener?.()
  }
}

function headerLine(name: string, value: string): string {
  if (!isToken(name) || !isFieldValue(value)) {
    throw Object.assign(new Error('invalid header field in a response'), { code: 'invalid_header' })
  }
  return `${name}: ${value}\r\n`
}
