// Writes an answer over HTTP/1.x without Node's response in between: head and first piece leave in one write.

import { STATUS_CODES } from 'node:http'
import type { Answer } from '../../response-writer.ts'
import { isFieldValue, isToken } from '../../field-syntax.ts'
import type { DirectOutput } from './output-buffer.ts'

/** The connection, as far as an answer needs it. */
export interface Wire {
  readonly output: DirectOutput
  /** The client announced a body and has not sent all of it. */
  readonly uploading: boolean
  readonly draining: boolean
  /** `Keep-Alive` and `Connection`, as lines. */
  readonly keepAliveLines: string
  /** With its line end. */
  dateLine(): string
  ended(answer: DirectAnswer, keep: boolean): void
  cut(reset: boolean): void
}

export interface Asked {
  readonly method: string
  readonly version: '1.0' | '1.1' | 'unknown'
  /** The client leaves the connection open for more. */
  readonly keepAlive: boolean
  /** Somebody else may write to the connection instead. */
  readonly upgrade: boolean
}

/** A class, because there is one for every request. */
export class DirectAnswer implements Answer {
  readonly #wire: Wire
  readonly #asked: Asked
  readonly #before: number
  #begun = false
  #ended = false
  #gone = false
  #keep = false
  #framing: 'none' | 'length' | 'chunks' | 'close' = 'none'
  #left = 0
  #onGone: (() => void) | undefined
  #onDrain: (() => void) | undefined

  constructor(wire: Wire, asked: Asked) {
    this.#wire = wire
    this.#asked = asked
    this.#before = asked.upgrade ? wire.output.written : 0
  }

  get begun(): boolean {
    return this.#begun || (this.#asked.upgrade && this.#wire.output.written !== this.#before)
  }

  get closed(): boolean {
    return this.#gone || this.#ended
  }

  inform(status: number, headers: readonly string[]): void {
    // RFC 9110 15.2: no 1xx to an HTTP/1.0 client.
    if (this.#begun || this.#gone || this.#asked.version !== '1.1') return
    let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`
    for (let i = 0; i < headers.length; i += 2) text += line(headers[i]!, headers[i + 1]!)
    this.#wire.output.text(`${text}\r\n`)
  }

  /** Throws when a name or value could end its line: nothing was written then. */
  head(status: number, headers: readonly string[]): void {
    if (this.#begun || this.#gone) return
    const wire = this.#wire
    const { method, version } = this.#asked
    let keep = this.#asked.keepAlive && !wire.draining && !wire.uploading
    let length: number | undefined
    let dated = false
    let trailer = ''
    let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`
    for (let i = 0; i < headers.length; i += 2) {
      const name = headers[i]!
      const value = headers[i + 1]!
      const one = line(name, value)
      switch (name.length) {
        case 4:
          dated ||= name.toLowerCase() === 'date'
          break
        case 7:
          if (name.toLowerCase() !== 'trailer') break
          trailer += one
          continue
        case 10:
          // Ours to say; whoever names it wants the connection to end.
          if (name.toLowerCase() !== 'connection') break
          keep = false
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
    if (!dated) text += wire.dateLine()
    if (method === 'HEAD' || status === 204 || status === 304) this.#framing = 'none'
    else if (length !== undefined) {
      this.#framing = 'length'
      this.#left = length
    } else if (version === '1.0') {
      this.#framing = 'close'
      keep = false
    } else {
      this.#framing = 'chunks'
      // RFC 9110 6.5.1: trailers need chunks.
      text += `${trailer}Transfer-Encoding: chunked\r\n`
    }
    this.#keep = keep
    this.#begun = true
    wire.output.text(`${text}${keep ? wire.keepAliveLines : 'Connection: close\r\n'}\r\n`)
  }

  write(chunk: Buffer): boolean {
    const wire = this.#wire
    if (this.#gone || this.#ended || this.#framing === 'none' || chunk.length === 0) return true
    if (this.#framing === 'chunks') {
      wire.output.text(`${chunk.length.toString(16)}\r\n`)
      wire.output.bytes(chunk)
      wire.output.text('\r\n')
    } else {
      if (this.#framing === 'length' && (this.#left -= chunk.length) < 0) {
        this.destroy()
        return true
      }
      wire.output.bytes(chunk)
    }
    return !wire.output.full
  }

  end(trailers: readonly string[] = []): void {
    if (this.#gone || this.#ended) return
    // Less than was announced is no end.
    if (this.#framing === 'length' && this.#left > 0) return this.destroy()
    if (this.#framing === 'chunks') {
      let text = '0\r\n'
      for (let i = 0; i < trailers.length; i += 2) text += line(trailers[i]!, trailers[i + 1]!)
      this.#wire.output.text(`${text}\r\n`)
    }
    this.#ended = true
    this.#wire.ended(this, this.#keep)
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener
  }

  onGone(listener: () => void): void {
    if (this.#gone && !this.#ended) queueMicrotask(listener)
    else this.#onGone = listener
  }

  destroy(): void {
    this.#onGone = undefined
    if (this.closed) return
    this.#gone = true
    // Where only the end of the connection says that the answer is whole, only a reset says that it is not.
    this.#wire.cut(this.#framing === 'close')
  }

  /** The connection takes more. */
  drained(): void {
    if (!this.#ended) this.#onDrain?.()
  }

  /** The connection is over. */
  lost(): void {
    if (this.#gone) return
    this.#gone = true
    const listener = this.#onGone
    this.#onGone = undefined
    if (!this.#ended) listener?.()
  }
}

function line(name: string, value: string): string {
  if (!isToken(name) || !isFieldValue(value)) {
    throw Object.assign(new Error('a header field of an answer cannot be written'), { code: 'invalid_header' })
  }
  return `${name}: ${value}\r\n`
}
