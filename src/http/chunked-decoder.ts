// Decoder of the chunked transfer coding (RFC 9112 7.1): a malformed chunk ends the message (request smuggling).

import { never } from '../policy/never.ts'
import { isChunkExtensions, parseFieldLine } from './field-syntax.ts'

export interface ChunkedDecoder {
  /**
   * Reads from offset `at` and passes each piece of content to `data` as a range of `bytes`; `data` must not re-enter
   * the decoder. Returns the offset after the content, or `incomplete` or `malformed`.
   */
  read(bytes: Buffer, at: number, data: (from: number, to: number) => void): number
  /** Complete once `read` returned an offset. Flat: name, value, ... */
  readonly trailers: readonly string[]
}

export const incomplete = -1
export const malformed = -2

/** Bytes of one chunk's size and extensions (CVE-2024-22019), and of all trailers. */
const maxSizeLine = 16_384
const maxTrailerBytes = 16_384
/** Not allowed in a trailer section (RFC 9110 6.5.1): a peer that merges trailers into the head would frame it anew. */
const framingFields: ReadonlySet<string> = new Set(['transfer-encoding', 'content-length'])

type State = 'size' | 'padding' | 'extension' | 'size_end' | 'data' | 'data_cr' | 'data_lf' | 'trailer' | 'trailer_lf'

const [tab, lf, cr, space, semicolon] = [9, 10, 13, 32, 59]

/** `padded`: white space may follow a chunk size, as some servers write it to a fixed width. Requests are read strictly. */
export function createChunkedDecoder(sizes: 'strict' | 'padded' = 'strict'): ChunkedDecoder {
  let state: State = 'size'
  let left = 0
  let digits = 0
  let line = ''
  let overhead = 0
  const trailers: string[] = []

  return {
    trailers,
    read(bytes, start, data) {
      let at = start
      while (at < bytes.length) {
        if (state === 'data') {
          const to = Math.min(bytes.length, at + left)
          left -= to - at
          data(at, to)
          at = to
          if (left === 0) state = 'data_cr'
          continue
        }
        const byte = bytes[at++]!
        switch (state) {
          case 'size': {
            const digit = hex(byte)
            if (digit >= 0) {
              left = left * 16 + digit
              if (++digits > maxSizeLine || left > Number.MAX_SAFE_INTEGER) return malformed
            } else if (digits === 0) return malformed
            else if (byte === cr) state = 'size_end'
            else if (byte === semicolon) {
              state = 'extension'
              line = ';'
            } else if (sizes === 'padded' && (byte === space || byte === tab)) state = 'padding'
            else return malformed
            break
          }
          case 'padding':
            if (byte === cr) state = 'size_end'
            else if ((byte !== space && byte !== tab) || ++digits > maxSizeLine) return malformed
            break
          case 'extension':
            if (byte === cr) {
              if (!isChunkExtensions(line)) return malformed
              line = ''
              state = 'size_end'
            } else if ((byte < 32 && byte !== tab) || line.length > maxSizeLine) return malformed
            else line += String.fromCharCode(byte)
            break
          case 'size_end':
            if (byte !== lf) return malformed
            digits = 0
            state = left === 0 ? 'trailer' : 'data'
            break
          case 'data_cr':
            if (byte !== cr) return malformed
            state = 'data_lf'
            break
          case 'data_lf':
            if (byte !== lf) return malformed
            state = 'size'
            break
          case 'trailer':
            if (byte === cr) state = 'trailer_lf'
            else if ((byte < 32 && byte !== tab) || ++overhead > maxTrailerBytes) return malformed
            else line += String.fromCharCode(byte)
            break
          case 'trailer_lf': {
            if (byte !== lf) return malformed
            if (line === '') return at
            const trailerField = parseFieldLine(line)
            if (trailerField === undefined || framingFields.has(trailerField[0].toLowerCase())) return malformed
            trailers.push(...trailerField)
            line = ''
            state = 'trailer'
            break
          }
          default:
            return never(state)
        }
      }
      return incomplete
    },
  }
}

function hex(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const letter = byte | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}
