// How many sign-ins may be begun: by one address in a minute, and waiting altogether. Each node counts for itself.

import { LRUCache } from 'lru-cache'
import { addressBlock } from '../../config/address-block.ts'
import type { LimitSettings } from '../../config/configuration.ts'

/** What is kept in the store for whoever begins: where they wanted to go, and what the provider's answer is held against. */
export type SignInStep = 'journey' | 'departure'

export interface SignInRateLimiter {
  /** Counts one more by a client's address. False: too many, and nothing may be kept for it. */
  acquire(what: SignInStep, address: string): boolean
  /** One that was begun came to its good end. */
  release(): void
  /** Begun within the last quarter of an hour, after which nothing is kept of them, and not finished. */
  pending(): number
}

export interface SignInRateOptions {
  /** Of the configuration in force. */
  readonly limits: () => Pick<LimitSettings, 'signInsPerMinute' | 'pendingSignIns'>
  /** Epoch milliseconds. */
  readonly now: () => number
  /** One was refused. */
  readonly throttled?: () => void
}

/** What an address may still begin, as of `at`: filled up evenly, a minute's worth at most. */
interface TokenBucket extends Record<SignInStep, number> {
  at: number
}

const minute = 60_000
/** Minutes the longest-lived of what is kept lives (`journeys.ts`). */
const recentMinutes = 15
/** Whoever floods from more addresses than this is met by the bound on all of them together. */
const maxCacheEntries = 20_000
/** What one costs when half of all places are taken: people begin one or two, floods begin many. */
const fullCost = 10

export function createSignInRateLimiter({ limits, now, throttled }: SignInRateOptions): SignInRateLimiter {
  const allowances = new LRUCache<string, TokenBucket>({ max: maxCacheEntries })
  const waiting = countRecent(now)

  return {
    acquire(what, address) {
      const { signInsPerMinute: max, pendingSignIns } = limits()
      const all = waiting.count()
      const allowance = bucketOf(addressBlock(address), max)
      const cost = Math.min(all * 2 >= pendingSignIns ? fullCost : 1, max)
      if (all >= pendingSignIns || allowance[what] < cost) {
        throttled?.()
        return false
      }
      allowance[what] -= cost
      waiting.add()
      return true
    },
    release() {
      // It took a journey and a departure, or a departure alone: counting one keeps on the safe side.
      waiting.remove()
    },
    pending: waiting.count,
  }

  function bucketOf(block: string, max: number): TokenBucket {
    const at = now()
    const found = allowances.get(block)
    if (found === undefined) {
      const made = { journey: max, departure: max, at }
      allowances.set(block, made)
      return made
    }
    // A clock that was set back fills nothing up.
    const gained = (Math.max(0, at - found.at) * max) / minute
    found.journey = Math.min(max, found.journey + gained)
    found.departure = Math.min(max, found.departure + gained)
    found.at = at
    return found
  }
}

/** Counts by minute, so that what is over is forgotten without a timer or a list. */
function countRecent(now: () => number): { add(): void; remove(): void; count(): number } {
  const counts = Array.from({ length: recentMinutes }, () => 0)
  let latest = Math.floor(now() / minute)
  let total = 0

  const place = (): number => {
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
      const at = place()
      counts[at] = counts[at]! + 1
      total++
    },
    remove() {
      // Begun at most a few minutes ago, as a rule: the youngest minute that has one.
      const newest = place()
      for (let back = 0; back < recentMinutes; back++) {
        const at = (newest - back + recentMinutes) % recentMinutes
        if (counts[at] === 0) continue
        counts[at] = counts[at]! - 1
        total--
        return
      }
    },
    count() {
      place()
      return total
    },
  }
}
