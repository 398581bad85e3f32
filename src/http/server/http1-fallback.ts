// Client addresses whose HTTP/2 connection broke: for a minute they are offered HTTP/1.1 only, which has an answer for them.

import { addressBlock } from '../../config/address-block.ts'

export interface Http1Fallback {
  add(address: string): void
  has(address: string): boolean
}

/** Milliseconds. */
const duration = 60_000
const maxEntries = 1_000

/**
 * nghttp2 ends a connection whose header section takes more than eight CONTINUATION frames, and Node can neither change
 * that nor answer: a browser with more than about 150 KB of cookies would never see the page that clears them.
 */
export function createHttp1Fallback(now: () => number): Http1Fallback {
  const until = new Map<string, number>()
  return {
    add(address) {
      if (until.size >= maxEntries) until.clear()
      until.set(addressBlock(address), now() + duration)
    },
    has(address) {
      if (until.size === 0) return false
      const block = addressBlock(address)
      const end = until.get(block)
      if (end === undefined) return false
      if (now() < end) return true
      until.delete(block)
      return false
    },
  }
}
