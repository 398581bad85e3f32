// Exponential backoff: how long to wait before the next retry, twice as long each time up to a bound.

/** Milliseconds, both. */
export interface Backoff {
  readonly min: number
  readonly max: number
}

/** Milliseconds to wait before a retry. `retry`: 0 for the first one; any number of failures later it is `max`. */
export function backoff({ min, max }: Backoff, retry: number): number {
  return Math.min(min * 2 ** retry, max)
}
