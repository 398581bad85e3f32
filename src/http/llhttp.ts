// Parses heads of HTTP/1.x messages, complete ones only, with llhttp in strict mode, the parser of Node and undici.

import { METHODS } from 'node:http'
// @ts-expect-error undici has no types for it
import program from 'undici/lib/llhttp/llhttp_simd-wasm.js'
import { isBlank, isToken, parseContentLength, startsWithStatusLine } from './field-syntax.ts'

interface Head {
  /** Name, value, name, value ... in order and as received, without white space around values. */
  readonly headers: readonly string[]
  /** Content-Length in bytes; undefined when absent. */
  readonly length: number | undefined
  readonly chunked: boolean
  /** Persistent connection, by version and `Connection` (RFC 9112 9.3). */
  readonly keepAlive: boolean
  readonly upgrade: boolean
}

export interface RequestHead extends Head {
  readonly method: string
  readonly target: string
  readonly version: '1.0' | '1.1' | 'unknown'
  readonly expectsContinue: boolean
  /** Bytes of target, names and values. */
  readonly bytes: number
}

export interface ResponseHead extends Head {
  readonly status: number
}

/** `too_many`: more fields than any configured limit. */
export type HeadError = 'malformed' | 'too_many'

/** Missing in the types of Node. */
declare const WebAssembly: {
  readonly Module: new (bytes: Buffer) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: object }
}

interface Llhttp {
  readonly memory: { readonly buffer: ArrayBuffer }
  _initialize(): void
  malloc(bytes: number): number
  free(at: number): void
  llhttp_alloc(type: number): number
  llhttp_reset(parser: number): void
  llhttp_execute(parser: number, at: number, length: number): number
}

/** Spans of one head, as start and length; a request of 1000 fields has 2001. */
const maxSpans = 2 * 2_001
/** llhttp's HPE_PAUSED_UPGRADE: the head is complete, and another protocol follows. */
const pausedForUpgrade = 22
const carriageReturn = 13
const questionMark = 0x3f
const letter = 0x78
/** Bytes searched first for the end of a head. */
const initialBufferSize = 4_096

/** Scratch memory; no state is kept between heads. */
const spans = new Int32Array(maxSpans)
const at = { base: 0, shift: 0, count: 0, heads: 0, keepAlive: false, upgrade: false, capacity: 0 }
const recordSpan = (_parser: number, start: number, length: number): number => {
  if (at.count === maxSpans) return -1
  spans[at.count++] = start - at.base + at.shift
  spans[at.count++] = length
  return 0
}
const noop = (): number => 0
const llhttp = new WebAssembly.Instance(new WebAssembly.Module(program as Buffer), {
  env: {
    wasm_on_message_begin: noop,
    wasm_on_url: recordSpan,
    wasm_on_status: noop,
    wasm_on_header_field: recordSpan,
    wasm_on_header_value: recordSpan,
    wasm_on_headers_complete(_parser: number, _status: number, upgrade: number, keepAlive: number) {
      at.heads++
      at.upgrade = upgrade !== 0
      at.keepAlive = keepAlive !== 0
      // Only the head is parsed, whatever its framing: skip the body.
      return 1
    },
    wasm_on_body: noop,
    wasm_on_message_complete: noop,
  },
}).exports as Llhttp
llhttp._initialize()
const parsers = { request: llhttp.llhttp_alloc(1), response: llhttp.llhttp_alloc(2) }
let scratch = ensureBuffer(65_536)

function ensureBuffer(length: number): Buffer {
  if (at.capacity > 0) llhttp.free(at.base)
  at.capacity = length
  at.base = llhttp.malloc(length)
  return Buffer.from(llhttp.memory.buffer, at.base, length)
}

function parse(parser: number, bytes: Buffer, start: number, end: number): number {
  if (end - start > at.capacity) scratch = ensureBuffer(2 * (end - start))
  bytes.copy(scratch, 0, start, end)
  at.shift = 0
  return parser === parsers.request ? executeRequest(end - start) : execute(parser, end - start)
}

function execute(parser: number, length: number): number {
  at.count = 0
  at.heads = 0
  llhttp.llhttp_reset(parser)
  return llhttp.llhttp_execute(parser, at.base, length)
}

/** Parses what `scratch` begins with. */
function executeRequest(length: number): number {
  const result = execute(parsers.request, length)
  const failed = result !== 0 && result !== pausedForUpgrade
  return failed && maskQuery(length) ? execute(parsers.request, length) : result
}

/**
 * llhttp takes no byte above ASCII in a target, but clients send them in queries: for it they become letters, which changes
 * no offset. Returns whether there were any.
 */
function maskQuery(length: number): boolean {
  const head = scratch.subarray(0, length)
  const lineEnd = head.indexOf(carriageReturn)
  const line = lineEnd < 0 ? head : head.subarray(0, lineEnd)
  const query = line.indexOf(questionMark)
  if (query < 0) return false
  let found = false
  for (let i = query; i < line.length; i++) {
    if (line[i]! < 0x80) continue
    line[i] = letter
    found = true
  }
  return found
}

/** Characters of a method. */
const maxMethodLength = 64
/** Methods the parser has a meaning for; PRI begins the preface of HTTP/2 (RFC 9113 3.4). */
const parserMethods: ReadonlySet<string> = new Set([...METHODS, 'PRI'])
/** Written in place of a method the parser does not know. */
const standIn = Buffer.from('PUT', 'latin1')

/**
 * Parses a request, also with a method that the parser does not know: RFC 9110 9.1 allows any token, and the framing of
 * requests does not depend on it. Then the rest of the head is parsed behind a method that it knows.
 */
function parseRequest(bytes: Buffer, start: number, end: number): number {
  const result = parse(parsers.request, bytes, start, end)
  if (result === 0 || result === pausedForUpgrade) return result
  const line = bytes.toString('latin1', start, Math.min(end, start + maxMethodLength + 1))
  const space = line.indexOf(' ')
  const method = space < 0 ? line : line.slice(0, space)
  if (method.length > maxMethodLength || !isToken(method) || parserMethods.has(method)) return result
  // Not complete yet: nothing speaks against it so far.
  if (space < 0) return start + method.length === end ? 0 : result
  standIn.copy(scratch, 0)
  bytes.copy(scratch, standIn.length, start + space, end)
  at.shift = space - standIn.length
  return executeRequest(end - start - at.shift)
}

/**
 * Searches `bytes[start, maxBytes)` for the empty line that ends a head. `text` begins with the head as latin1 and may
 * contain bytes after it. `end`: offset after the empty line.
 */
export function findHead(
  bytes: Buffer,
  start: number,
  maxBytes: number,
): { readonly text: string; readonly end: number } | undefined {
  let text = bytes.toString('latin1', start, Math.min(maxBytes, start + initialBufferSize))
  let length = text.indexOf('\r\n\r\n')
  if (length < 0 && maxBytes > start + initialBufferSize) {
    text = bytes.toString('latin1', start, maxBytes)
    length = text.indexOf('\r\n\r\n')
  }
  return length < 0 ? undefined : { text, end: start + length + 4 }
}

/**
 * `bytes[start, end)` is one head including its empty line, and does not begin with CR or LF; `text` begins with the
 * same bytes as latin1.
 */
export function parseRequestHead(bytes: Buffer, start: number, end: number, text: string): RequestHead | HeadError {
  const result = parseRequest(bytes, start, end)
  if (at.count === maxSpans) return 'too_many'
  if ((result !== 0 && result !== pausedForUpgrade) || at.heads !== 1 || at.count < 2) return 'malformed'
  const [from, length] = [spans[0]!, spans[1]!]
  const line = text.slice(from + length, text.indexOf('\r\n', from + length)).trim()
  const version = line === 'HTTP/1.1' ? '1.1' : line === 'HTTP/1.0' ? '1.0' : 'unknown'
  const fields = readFields(text, 2, end - start)
  if (fields === undefined) return 'malformed'
  // RFC 9112 6.1, 6.3: a message of unknown or ambiguous length is rejected (request smuggling).
  if (fields.chunked === undefined || (fields.chunked && version !== '1.1')) return 'malformed'
  return {
    method: text.slice(0, text.indexOf(' ')),
    target: text.slice(from, from + length),
    version,
    headers: fields.headers,
    length: fields.length,
    chunked: fields.chunked,
    expectsContinue: fields.expects,
    keepAlive: at.keepAlive,
    upgrade: at.upgrade,
    bytes: length + fields.bytes,
  }
}

/** Arguments as for `parseRequestHead`. */
export function parseResponseHead(bytes: Buffer, start: number, end: number, text: string): ResponseHead | HeadError {
  const result = parse(parsers.response, bytes, start, end)
  if (at.count === maxSpans) return 'too_many'
  if ((result !== 0 && result !== pausedForUpgrade) || at.heads !== 1) return 'malformed'
  if (!startsWithStatusLine(text)) return 'malformed'
  const fields = readFields(text, 0, end - start)
  if (fields?.chunked === undefined) return 'malformed'
  return {
    status: Number(text.slice(9, 12)),
    headers: fields.headers,
    length: fields.length,
    chunked: fields.chunked,
    keepAlive: at.keepAlive,
    upgrade: at.upgrade,
  }
}

/** True when these bytes are a valid beginning of a request. */
export function isPossibleRequestLine(bytes: Buffer, start: number, end: number): boolean {
  return parseRequest(bytes, start, end) === 0 && at.count < maxSpans
}

interface Fields extends Pick<Head, 'headers' | 'length'> {
  /** Undefined: a Transfer-Encoding other than `chunked`, or together with Content-Length. */
  readonly chunked: boolean | undefined
  readonly expects: boolean
  readonly bytes: number
}

function readFields(text: string, first: number, end: number): Fields | undefined {
  const headers: string[] = []
  let length: number | undefined
  let codings = 0
  let known = true
  let expects = false
  let bytes = 0
  let last = -1
  for (let i = first; i < at.count; i += 4) {
    const from = spans[i]!
    const name = text.slice(from, from + spans[i + 1]!)
    const start = spans[i + 2]!
    let stop = start + spans[i + 3]!
    // The parser reports an empty value at the beginning of the next line.
    last = stop > start ? stop : from + name.length + 1
    while (stop > start && isBlank(text.charCodeAt(stop - 1))) stop--
    const value = text.slice(start, stop)
    headers.push(name, value)
    bytes += name.length + value.length
    switch (name.length) {
      case 6:
        expects ||= name.toLowerCase() === 'expect'
        break
      case 14:
        if (name.toLowerCase() !== 'content-length') break
        if (length !== undefined) return undefined
        length = parseContentLength(value)
        if (length === undefined) return undefined
        break
      case 17:
        if (name.toLowerCase() !== 'transfer-encoding') break
        codings++
        known &&= value.toLowerCase() === 'chunked'
        break
      // open: fields of any other length
      default:
        break
    }
  }
  // The parser and `findHead` must agree on where the head ends.
  if (last >= 0 && !isBlankRange(text, last, end - 4)) return undefined
  const chunked = codings === 0 ? false : codings === 1 && known && length === undefined ? true : undefined
  return { headers, length, chunked, expects, bytes }
}

function isBlankRange(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (!isBlank(text.charCodeAt(i))) return false
  return from <= to && text.charCodeAt(to) === carriageReturn
}
