// Incremental parser of HTTP/1.x responses from an upstream connection, with their framing (RFC 9112 6.3).

import { malformed, createChunkedDecoder, type ChunkedDecoder } from '../../http/chunked-decoder.ts'
import type { ResponseHead } from '../../http/llhttp.ts'
import type { OwnErrorCode } from '../upstream-error.ts'
import { findResponseHead } from './response-head.ts'

/** Callbacks of the parser. Returning false ends the delivery of this response. */
export interface ResponseEvents {
  /** Also for every 1xx. */
  head(head: ResponseHead): boolean
  data(chunk: Buffer): boolean
  /** `clean`: no bytes follow, and the connection is persistent. */
  complete(head: ResponseHead, trailers: readonly string[], clean: boolean): void
  /** 101 to a request for an upgrade: `rest` and what follows on the connection belong to the other protocol. */
  switched(head: ResponseHead, rest: Buffer): void
  /** `code`: of a known kind. */
  malformed(message: string, code?: OwnErrorCode): void
}

const noTrailers: readonly string[] = []

/** A class, because there is one per connection: only the chunked decoder is allocated per response. */
export class ResponseReader {
  readonly #headerBytes: number
  readonly #events: ResponseEvents
  #framing: 'head' | 'length' | 'chunks' | 'close' = 'head'
  #head: ResponseHead | undefined
  #isHead = false
  #upgrade = false
  #buffered: Buffer | undefined
  #left = 0
  #chunks: ChunkedDecoder | undefined

  constructor(headerBytes: number, events: ResponseEvents) {
    this.#headerBytes = headerBytes
    this.#events = events
  }

  /** Prepares for the response to a request of this method. `upgrade`: the request asks for one. */
  begin(method: string, upgrade = false): void {
    this.#framing = 'head'
    this.#upgrade = upgrade
    this.#isHead = method === 'HEAD'
    this.#buffered = undefined
    this.#chunks = undefined
  }

  read(received: Buffer): void {
    let bytes = received
    let at = 0
    if (this.#buffered !== undefined) {
      bytes = Buffer.concat([this.#buffered, received])
      this.#buffered = undefined
    }
    while (this.#framing === 'head') {
      const next = this.#readHead(bytes, at)
      if (next < 0 || next === bytes.length) return
      at = next
    }
    this.#readContent(bytes, at)
  }

  /** The upstream ended the connection. Returns false when the response is incomplete. */
  end(): boolean {
    if (this.#framing !== 'close') return false
    this.#complete(noTrailers, false)
    return true
  }

  #readContent(bytes: Buffer, at: number): void {
    const events = this.#events
    if (this.#framing === 'close') events.data(at === 0 ? bytes : bytes.subarray(at))
    else if (this.#framing === 'length') {
      const to = Math.min(bytes.length, at + this.#left)
      this.#left -= to - at
      if (events.data(bytes.subarray(at, to)) && this.#left === 0) this.#complete(noTrailers, to === bytes.length)
    } else {
      const chunks = this.#chunks!
      let delivering = true
      const end = chunks.read(bytes, at, (from, to) => {
        delivering &&= events.data(bytes.subarray(from, to))
      })
      if (!delivering) return
      if (end === malformed) events.malformed('malformed chunk')
      else if (end >= 0) this.#complete(chunks.trailers, end === bytes.length)
    }
  }

  /** Returns the offset of the content; -1 when there is none, or the head is incomplete or malformed. */
  #readHead(bytes: Buffer, start: number): number {
    const found = findResponseHead(bytes, start, this.#headerBytes)
    if (found.state === 'malformed') this.#events.malformed(found.message, found.code)
    if (found.state === 'incomplete') this.#buffered = bytes.subarray(start)
    if (found.state !== 'complete') return -1
    const { end } = found
    const head = this.#isHead ? withoutContent(found.head, found.text) : found.head
    if (head.status === 101 && this.#upgrade) {
      this.#events.switched(head, bytes.subarray(end))
      return -1
    }
    if (head.status >= 200) this.#frame(head)
    if (!this.#events.head(head)) return -1
    if (this.#framing !== 'length' || this.#left > 0) return end
    this.#complete(noTrailers, end === bytes.length)
    return -1
  }

  #frame(head: ResponseHead): void {
    this.#head = head
    const bodiless = this.#isHead || head.status === 204 || head.status === 304
    this.#framing = bodiless ? 'length' : head.chunked ? 'chunks' : head.length === undefined ? 'close' : 'length'
    this.#left = bodiless ? 0 : (head.length ?? 0)
    if (this.#framing === 'chunks') this.#chunks = createChunkedDecoder('padded')
  }

  #complete(trailers: readonly string[], clean: boolean): void {
    const head = this.#head!
    // An idle connection retains nothing of its last response, which would otherwise be promoted to the old generation.
    this.#head = undefined
    this.#chunks = undefined
    this.#events.complete(head, trailers, clean && head.keepAlive)
  }
}

/** The parser takes the response to HEAD for one that the end of the connection delimits, when it states no length. */
function withoutContent(head: ResponseHead, text: string): ResponseHead {
  if (head.keepAlive || head.length !== undefined || head.chunked || !text.startsWith('HTTP/1.1 ')) return head
  const { headers } = head
  const closes = headers.some((name, i) => i % 2 === 0 && /^connection$/i.test(name) && /close/i.test(headers[i + 1]!))
  return closes ? head : { ...head, keepAlive: true }
}
