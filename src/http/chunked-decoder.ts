// Takes chunked content apart (RFC 9112 7.1), strictly: what is not plainly a chunk ends the message as broken.

import { never } from '../policy/never.ts'
import { isChunkExtensions, parseFieldLine } from './field-syntax.ts'

export interface Chunks {
  /**
   * Reads from `at`, and gives every piece of content to `data` as a range of `bytes`; `data` may not call back into
   * here. Returns where the content ended, `more` when it goes on, `broken` when it is none.
   */
  read(bytes: Buffer, at: number, data: (from: number, to: number) => void): number
  /** Complete when `read` returned an end. Flat: name, value, ... */
  readonly trailers: readonly string[]
}

export const more = -1
export const broken = -2

/** Bytes of one chunk's size and extensions (CVE-2024-22019), and of all trailers. */
const sizeLine = 16_384
const trailersAtMost = 16_384

type State = 'size' | 'extension' | 'size_end' | 'data' | 'data_cr' | 'data_lf' | 'trailer' | 'trailer_lf'

const [tab, lf, cr, semicolon] = [9, 10, 13, 59]

export function createChunks(): Chunks {
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
              if (++digits > sizeLine || left > Number.MAX_SAFE_INTEGER) return broken
            } else if (digits === 0) return broken
            else if (byte === cr) state = 'size_end'
            else if (byte === semicolon) {
              state = 'extension'
              line = ';'
            } else return broken
            break
          }
          case 'extension':
            if (byte === cr) {
              if (!isChunkExtensions(line)) return broken
              line = ''
              state = 'size_end'
            } else if ((byte < 32 && byte !== tab) || line.length > sizeLine) return broken
            else line += String.fromCharCode(byte)
            break
          case 'size_end':
            if (byte !== lf) return broken
            digits = 0
            state = left === 0 ? 'trailer' : 'data'
            break
          case 'data_cr':
            if (byte !== cr) return broken
            state = 'data_lf'
            break
          case 'data_lf':
            if (byte !== lf) return broken
            state = 'size'
            break
          case 'trailer':
            if (byte === cr) state = 'trailer_lf'
            else if ((byte < 32 && byte !== tab) || ++overhead > trailersAtMost) return broken
            else line += String.fromCharCode(byte)
            break
          case 'trailer_lf': {
            if (byte !== lf) return broken
            if (line === '') return at
            const field = parseFieldLine(line)
            if (field === undefined) return broken
            trailers.push(...field)
            line = ''
            state = 'trailer'
            break
          }
          default:
            return never(state)
        }
      }
      return more
    },
  }
}

function hex(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const letter = byte | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}
