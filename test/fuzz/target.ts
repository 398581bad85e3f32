// Fuzz target: how its inputs are generated, and the properties that must hold for each.

import type { Arbitrary } from 'fast-check'

export interface FuzzTarget {
  readonly name: string
  /** The property, in a few words; printed beside the count. */
  readonly law: string
  /** Relative share of the time. Default: 1. */
  readonly weight: number
  open(): Promise<Opened>
}

export interface Opened {
  readonly inputs: Arbitrary<unknown>
  /** Throws or rejects for a find. Returns a promise only if it must wait, since that costs speed. */
  check(input: unknown): void | Promise<void>
  /** Number of inputs one value contains. Default: 1. */
  count?(input: unknown): number
  /** Called after each batch, for effects that show late. Rejects for a find. */
  settle?(): Promise<void>
  close(): Promise<void>
}

/** Ties the types of inputs and check together. */
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

/** Throws with the violated property. */
export function must(holds: boolean, what: string, seen?: unknown): asserts holds {
  if (!holds) throw new Error(seen === undefined ? what : `${what}: ${JSON.stringify(seen)}`)
}
