// Request counters of one app: plain numbers, since every request updates them twice.

export type StatusClass = '1xx' | '2xx' | '3xx' | '4xx' | '5xx' | 'none'

export type Effect = (typeof effects)[number]

export interface AppCounters {
  readonly effects: Record<Effect, number>
  readonly statuses: Record<StatusClass, number>
  /** Requests per bucket of `durationBounds`; the last counts longer ones. */
  readonly durations: number[]
  /** Sum of all durations in seconds. */
  duration: number
  bytesIn: number
  bytesOut: number
  aborted: number
  /** Requests by rule in mode monitor and effect; undefined until there are any. */
  observed: Map<string, Record<'allow' | 'deny', number>> | undefined
}

export const effects = ['allow', 'challenge', 'deny'] as const

/** Upper bounds of the buckets in seconds. */
export const durationBounds: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
]

export function emptyCounters(): AppCounters {
  return {
    effects: { allow: 0, challenge: 0, deny: 0 },
    statuses: { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0, none: 0 },
    durations: Array.from({ length: durationBounds.length + 1 }, () => 0),
    duration: 0,
    bytesIn: 0,
    bytesOut: 0,
    aborted: 0,
    observed: undefined,
  }
}

/** `seconds` from the head of the request to the end of the response. */
export function countDuration(counters: AppCounters, seconds: number): void {
  let at = 0
  while (at < durationBounds.length && seconds > durationBounds[at]!) at++
  counters.durations[at]!++
  counters.duration += seconds
}
