// UUIDs (RFC 9562) for requests and events, with random bytes drawn by the page, since every request needs two.

import { randomFillSync } from 'node:crypto'

export interface Ids {
  /** Version 4: random. */
  random(): string
  /** Version 7: starts with `now` (epoch milliseconds), so that ids sort by time. */
  timed(now: number): string
}

/** Size of the random page, and of one id, in bytes. */
const pageBytes = 4096
const idBytes = 16

/** A hyphen precedes each of these bytes. */
const hyphens = new Set([4, 6, 8, 10])
const digits = '0123456789abcdef'
const high = Uint8Array.from({ length: 256 }, (_, byte) => digits.charCodeAt(byte >> 4))
const low = Uint8Array.from({ length: 256 }, (_, byte) => digits.charCodeAt(byte & 15))
/** Position of the two hex digits of each byte. */
const positions = Uint8Array.from({ length: idBytes }, (_, byte) => {
  let at = byte * 2
  for (const hyphen of hyphens) if (byte >= hyphen) at++
  return at
})

export function createIds(): Ids {
  const page = Buffer.alloc(pageBytes)
  const text = Buffer.alloc(36, '-')
  let used = pageBytes

  /** Returns the offset of the next unused random bytes. */
  const draw = (): number => {
    if (used === pageBytes) {
      randomFillSync(page)
      used = 0
    }
    const at = used
    used += idBytes
    return at
  }
  const write = (at: number): string => {
    page[at + 8] = (page[at + 8]! & 0x3f) | 0x80
    for (let byte = 0; byte < idBytes; byte++) {
      const value = page[at + byte]!
      const position = positions[byte]!
      text[position] = high[value]!
      text[position + 1] = low[value]!
    }
    return text.toString('latin1')
  }

  return {
    random() {
      const at = draw()
      page[at + 6] = (page[at + 6]! & 0x0f) | 0x40
      return write(at)
    },
    timed(now) {
      const at = draw()
      page.writeUIntBE(Math.max(0, Math.trunc(now)), at, 6)
      page[at + 6] = (page[at + 6]! & 0x0f) | 0x70
      return write(at)
    },
  }
}
