// Exponential backoff: delay before the next retry, doubled each time up to a maximum.

/** Milliseconds, both. */
export interface Backoff {
  readonly min: number
  readonly max: number
}

/** Milliseconds to wait before a retry. `retry`: 0 for the first one; the result never exceeds `max`. */
export function backoff({ min, max }: Backoff, retry: number): number {
  return Math.min(min * 2 ** retry, max)
}
