// Expectation under a fault, and the outcome of its check.

export interface Outcome {
  readonly fault: string
  readonly promise: string
  readonly kept: boolean
  /** Observation: a number or state if met, the error message if not. */
  readonly seen: string
}

/** Runs one check and records the outcome; never rejects. A check throws when the expectation is not met. */
export type Expectation = (fault: string, promise: string, check: () => Promise<string | void>) => Promise<void>

export interface FaultGroup {
  readonly name: string
  run(promised: Expectation): Promise<void>
}

export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what)
}
