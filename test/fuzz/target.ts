// One thing to fuzz: how its inputs are made, and what must hold for each of them.

import type { Arbitrary } from 'fast-check'

export interface FuzzTarget {
  readonly name: string
  /** What must hold, in half a sentence: printed beside the count. */
  readonly law: string
  /** Share of the time, where most have 1. */
  readonly weight: number
  open(): Promise<Opened>
}

export interface Opened {
  readonly inputs: Arbitrary<unknown>
  /** Throws, or rejects, for a find. A promise only where something has to be waited for: it costs speed. */
  check(input: unknown): void | Promise<void>
  /** How many inputs one value stands for; 1 when not given. */
  count?(input: unknown): number
  /** Looked at after each run of inputs, for what shows late. Rejects for a find. */
  settle?(): Promise<void>
  close(): Promise<void>
}

/** Keeps the types of inputs and check together. */
export function opened<Input>(
  inputs: Arbitrary<Input>,
  check: (input: Input) => void | Promise<void>,
  more: { count?(input: Input): number; settle?(): Promise<void>; close?(): Promise<void> } = {},
): Opened {
  return {
    inputs,
    check: check as Opened['check'],
    count: more.count as Opened['count'],
    settle: more.settle,
    close: more.close ?? (() => Promise.resolve()),
  }
}

/** Throws what did not hold. */
export function must(holds: boolean, what: string, seen?: unknown): asserts holds {
  if (!holds) throw new Error(seen === undefined ? what : `${what}: ${JSON.stringify(seen)}`)
}
