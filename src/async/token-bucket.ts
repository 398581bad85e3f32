// Token bucket: a budget of calls that refills evenly, for what a peer or a stranger could otherwise cause without limit.

export interface TokenBucket {
  /** Takes one token. False when none is left. */
  take(): boolean
}

export interface TokenBucketOptions {
  /** Calls at once, and calls a minute. */
  readonly perMinute: number
  /** Epoch milliseconds. */
  readonly now: () => number
}

const minute = 60_000

export function createTokenBucket({ perMinute, now }: TokenBucketOptions): TokenBucket {
  let left = perMinute
  let at = now()
  return {
    take() {
      const time = now()
      // A clock that was set back refills nothing.
      left = Math.min(perMinute, left + (Math.max(0, time - at) * perMinute) / minute)
      at = time
      if (left < 1) return false
      left -= 1
      return true
    },
  }
}
