// Rate limit for sign-ins: a token bucket per client address block, counted per node. Nothing is shared between blocks.

import { LRUCache } from 'lru-cache'
import { addressBlock } from '../../config/address-block.ts'
import type { LimitSettings } from '../../config/configuration.ts'

export interface SignInRateLimiter {
  /** Takes a token for a client address. False when the limit is reached; then no provider may be asked, and nothing stored. */
  acquire(address: string): boolean
}

export interface SignInRateOptions {
  /** Of the configuration in force. */
  readonly limits: () => Pick<LimitSettings, 'signInsPerMinute'>
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Called for each rejected attempt. */
  readonly throttled?: () => void
}

/** Tokens left for an address block as of `at`: refilled evenly, at most one minute's worth. */
interface TokenBucket {
  left: number
  at: number
}

const minute = 60_000
/** A flood from more address blocks than this forgets the oldest: that loosens the limit, and locks no client out. */
const maxCacheEntries = 20_000

export function createSignInRateLimiter({ limits, now, throttled }: SignInRateOptions): SignInRateLimiter {
  const buckets = new LRUCache<string, TokenBucket>({ max: maxCacheEntries })
  return {
    acquire(address) {
      const bucket = bucketOf(addressBlock(address), limits().signInsPerMinute)
      if (bucket.left < 1) {
        throttled?.()
        return false
      }
      bucket.left -= 1
      return true
    },
  }

  function bucketOf(block: string, max: number): TokenBucket {
    const at = now()
    const found = buckets.get(block)
    if (found === undefined) {
      const made = { left: max, at }
      buckets.set(block, made)
      return made
    }
    // A clock that was set back refills nothing.
    found.left = Math.min(max, found.left + (Math.max(0, at - found.at) * max) / minute)
    found.at = at
    return found
  }
}
