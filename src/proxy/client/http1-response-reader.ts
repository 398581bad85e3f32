// Reads answers of an upstream off its connection, one after the other, each ended as its head said (RFC 9112 6.3).

import { malformed, createChunkedDecoder, type ChunkedDecoder } from '../../http/chunked-decoder.ts'
import { findHead, parseResponseHead, type ResponseHead } from '../../http/llhttp.ts'

/** Told what was read. Whoever returns false wants nothing more of this answer. */
export interface ResponseEvents {
  /** Also for every 1xx. */
  head(head: ResponseHead): boolean
  data(chunk: Buffer): boolean
  /** `clean`: nothing came behind it, and the connection stays open. */
  complete(head: ResponseHead, trailers: readonly string[], clean: boolean): void
  malformed(message: string): void
}

const statusLineStart = 'HTTP/1.'
const noTrailers: readonly string[] = []

/** A class, because every answer passes through one: nothing but chunks is made anew for the next. */
export class ResponseReader {
  readonly #headerBytes: number
  readonly #events: ResponseEvents
  #framing: 'head' | 'length' | 'chunks' | 'close' = 'head'
  #head: ResponseHead | undefined
  #toHead = false
  #buffered: Buffer | undefined
  #left = 0
  #chunks: ChunkedDecoder | undefined

  constructor(headerBytes: number, events: ResponseEvents) {
    this.#headerBytes = headerBytes
    this.#events = events
  }

  /** For the answer to a request of this method. */
  begin(method: string): void {
    this.#framing = 'head'
    this.#toHead = method === 'HEAD'
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

  /** The connection was closed in order. False: the answer is not whole. */
  end(): boolean {
    if (this.#framing !== 'close') return false
    this.#complete(noTrailers, false)
    return true
  }

  #readContent(bytes: Buffer, at: number): void {
    const heard = this.#events
    if (this.#framing === 'close') heard.data(at === 0 ? bytes : bytes.subarray(at))
    else if (this.#framing === 'length') {
      const to = Math.min(bytes.length, at + this.#left)
      this.#left -= to - at
      if (heard.data(bytes.subarray(at, to)) && this.#left === 0) this.#complete(noTrailers, to === bytes.length)
    } else {
      const chunks = this.#chunks!
      let wanted = true
      const end = chunks.read(bytes, at, (from, to) => {
        wanted &&= heard.data(bytes.subarray(from, to))
      })
      if (!wanted) return
      if (end === malformed) heard.malformed('a chunk is none')
      else if (end >= 0) this.#complete(chunks.trailers, end === bytes.length)
    }
  }

  /** Where content begins; -1 when there is none, or the head goes on. */
  #readHead(bytes: Buffer, start: number): number {
    const max = Math.min(bytes.length, start + this.#headerBytes)
    const found = findHead(bytes, start, max)
    if (found === undefined) {
      const begun = bytes.toString('latin1', start, Math.min(max, start + statusLineStart.length))
      if (max - start >= this.#headerBytes || !statusLineStart.startsWith(begun)) {
        this.#events.malformed('the head of the answer is too large, or is none')
      } else this.#buffered = bytes.subarray(start)
      return -1
    }
    const { text, end } = found
    const head = parseResponseHead(bytes, start, end, text)
    if (typeof head === 'string') {
      this.#events.malformed(`the head of the answer is ${head}`)
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
    const bodiless = this.#toHead || head.status === 204 || head.status === 304
    this.#framing = bodiless ? 'length' : head.chunked ? 'chunks' : head.length === undefined ? 'close' : 'length'
    this.#left = bodiless ? 0 : (head.length ?? 0)
    if (this.#framing === 'chunks') this.#chunks = createChunkedDecoder()
  }

  #complete(trailers: readonly string[], clean: boolean): void {
    const head = this.#head!
    // An idle connection keeps nothing of its last answer: with a thousand of them that is all the garbage that gets old.
    this.#head = undefined
    this.#chunks = undefined
    this.#events.complete(head, trailers, clean && head.keepAlive)
  }
}
