// Circuit breaker for a peer that requests wait for: after one call without an answer, later calls fail at once.

import { backoff, type Backoff } from './backoff.ts'

export interface CircuitBreaker {
  /**
   * Rejects with `CircuitOpen` at once while the circuit is open, else as `call` does. `isOutage`: for a result that is as bad
   * as no answer, if it took long.
   */
  run<T>(call: () => Promise<T>, isOutage?: (result: T) => boolean): Promise<T>
  /** False from a call without an answer until the next answer. */
  available(): boolean
  /** Calls `listener` whenever the circuit opens. Returns a function that removes it. */
  onOpen(listener: () => void): () => void
}

export interface CircuitBreakerOptions {
  /** Epoch milliseconds. */
  readonly now: () => number
  /** Called when the circuit opens and closes. */
  readonly changed?: (state: { readonly open: boolean; readonly error?: unknown }) => void
  /** For an error of a call: the peer did answer, in an unacceptable way. */
  readonly isAnswer?: (error: unknown) => boolean
}

/** The peer did not answer an earlier call, and was not asked. */
export class CircuitOpen extends Error {
  readonly code = 'circuit_open'
  constructor() {
    super('not asked: an earlier call got no answer')
  }
}

/** Milliseconds. Sooner failures, such as a refused connection, hold no request: the circuit stays closed. */
const slow = 1000
/** Milliseconds until one call may try again (half-open); it doubles with each that fails. */
const pause: Backoff = { min: 1000, max: 10_000 }

/**
 * Closed: calls go out. A call that failed after more than a second, with no answer to any call since it began, opens
 * the circuit. After a pause one call goes out (half-open); others are still rejected until it is answered.
 */
export function createCircuitBreaker({ now, changed, isAnswer }: CircuitBreakerOptions): CircuitBreaker {
  const listeners = new Set<() => void>()
  let open: { readonly failures: number; readonly retryAt: number } | undefined
  let probing = false
  let answeredAt = -Infinity

  const answered = (): void => {
    answeredAt = now()
    if (open === undefined) return
    open = undefined
    changed?.({ open: false })
  }

  const failed = (error: unknown, startedAt: number, isProbe: boolean): void => {
    const held = now() - startedAt >= slow && answeredAt < startedAt
    // Calls that began before the circuit opened say nothing new.
    if (open === undefined ? !held : !isProbe) return
    const before = open
    const failures = (before?.failures ?? 0) + 1
    open = { failures, retryAt: now() + backoff(pause, failures - 1) }
    if (before !== undefined) return
    changed?.({ open: true, error })
    for (const listener of listeners) listener()
  }

  return {
    async run(call, isOutage = () => false) {
      const isProbe = open !== undefined
      if (open !== undefined && (probing || now() < open.retryAt)) throw new CircuitOpen()
      if (isProbe) probing = true
      const startedAt = now()
      try {
        const result = await call()
        if (isOutage(result)) failed(undefined, startedAt, isProbe)
        else answered()
        return result
      } catch (error) {
        if (isAnswer?.(error) === true) answered()
        else failed(error, startedAt, isProbe)
        throw error
      } finally {
        if (isProbe) probing = false
      }
    },
    available: () => open === undefined,
    onOpen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
