// What was promised about a fault, and whether it was kept.

export interface Outcome {
  readonly fault: string
  readonly promise: string
  readonly kept: boolean
  /** What was seen: a number or a state where it was kept, what went wrong where not. */
  readonly seen: string
}

/** Runs one check and notes how it went; never rejects. A check throws where the promise is not kept. */
export type Promised = (fault: string, promise: string, check: () => Promise<string | void>) => Promise<void>

export interface FaultGroup {
  readonly name: string
  run(promised: Promised): Promise<void>
}

export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what)
}
