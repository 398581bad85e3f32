// Rate limit for sign-ins: a token bucket per client address block, and a cap on pending sign-ins. Counted per node.

import { LRUCache } from 'lru-cache'
import { addressBlock } from '../../config/address-block.ts'
import type { LimitSettings } from '../../config/configuration.ts'

/** Records stored per sign-in: the return context (`journey`) and the authorization state (`departure`). */
export type SignInStep = 'journey' | 'departure'

export interface SignInRateLimiter {
  /** Takes a token for a client address. False when the limit is reached; then nothing may be stored. */
  acquire(what: SignInStep, address: string): boolean
  /** A sign-in completed: one less is pending. */
  release(): void
  /** Sign-ins begun within the last 15 minutes (after which their records expire) and not completed. */
  pending(): number
}

export interface SignInRateOptions {
  /** Of the configuration in force. */
  readonly limits: () => Pick<LimitSettings, 'signInsPerMinute' | 'pendingSignIns'>
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Called for each rejected attempt. */
  readonly throttled?: () => void
}

/** Tokens left for an address block as of `at`: refilled evenly, at most one minute's worth. */
interface TokenBucket extends Record<SignInStep, number> {
  at: number
}

const minute = 60_000
/** Lifetime in minutes of the longest-lived record (`return-contexts.ts`). */
const recentMinutes = 15
/** A flood from more address blocks than this is bounded by the cap on pending sign-ins. */
const maxCacheEntries = 20_000
/** Cost of an attempt when half of the pending sign-ins are used: users begin one or two, floods begin many. */
const fullCost = 10

export function createSignInRateLimiter({ limits, now, throttled }: SignInRateOptions): SignInRateLimiter {
  const buckets = new LRUCache<string, TokenBucket>({ max: maxCacheEntries })
  const pendingCount = countRecent(now)

  return {
    acquire(what, address) {
      const { signInsPerMinute: max, pendingSignIns } = limits()
      const all = pendingCount.count()
      const bucket = bucketOf(addressBlock(address), max)
      const cost = Math.min(all * 2 >= pendingSignIns ? fullCost : 1, max)
      if (all >= pendingSignIns || bucket[what] < cost) {
        throttled?.()
        return false
      }
      bucket[what] -= cost
      pendingCount.add()
      return true
    },
    release() {
      // A sign-in took a return context and an authorization state, or the latter alone: releasing one never under-counts.
      pendingCount.remove()
    },
    pending: pendingCount.count,
  }

  function bucketOf(block: string, max: number): TokenBucket {
    const at = now()
    const found = buckets.get(block)
    if (found === undefined) {
      const made = { journey: max, departure: max, at }
      buckets.set(block, made)
      return made
    }
    // A clock that was set back refills nothing.
    const gained = (Math.max(0, at - found.at) * max) / minute
    found.journey = Math.min(max, found.journey + gained)
    found.departure = Math.min(max, found.departure + gained)
    found.at = at
    return found
  }
}

/** Sliding count in one-minute slots: expired entries need no timer and no list. */
function countRecent(now: () => number): { add(): void; remove(): void; count(): number } {
  const counts = Array.from({ length: recentMinutes }, () => 0)
  let latest = Math.floor(now() / minute)
  let total = 0

  const currentSlot = (): number => {
    const current = Math.floor(now() / minute)
    for (let passed = Math.min(current - latest, recentMinutes); passed > 0; passed--) {
      const at = (current - passed + 1) % recentMinutes
      total -= counts[at]!
      counts[at] = 0
    }
    latest = Math.max(latest, current)
    return latest % recentMinutes
  }

  return {
    add() {
      const at = currentSlot()
      counts[at] = counts[at]! + 1
      total++
    },
    remove() {
      // Usually begun a few minutes ago: the newest slot that is not empty.
      const newest = currentSlot()
      for (let back = 0; back < recentMinutes; back++) {
        const at = (newest - back + recentMinutes) % recentMinutes
        if (counts[at] === 0) continue
        counts[at] = counts[at]! - 1
        total--
        return
      }
    },
    count() {
      currentSlot()
      return total
    },
  }
}
