// Ratios out of the figures of a run.

import type { Result } from './comparing.ts'
import type { Full } from './full.ts'
import type { Measured } from './load.ts'
import { ratios, spread, type Spread } from './ratios.ts'

/** Of requests a second to those of `base`, round by round; undefined where either failed or did not run. */
export function ratioOf(
  result: Result | undefined,
  name: string,
  base: string,
  by: keyof Measured = 'requestsPerSecond',
): Spread | undefined {
  const [own, other] = [name, base].map((one) => result?.rows.find((row) => row.name === one))
  if (own === undefined || other === undefined || own.rounds.length === 0 || own.rounds.length !== other.rounds.length)
    return undefined
  return spread(
    ratios(
      own.rounds.map((round) => round[by]),
      other.rounds.map((round) => round[by]),
    ),
  )
}

export function resultOf(full: Full, scenario: string): Result | undefined {
  return full.results.find((result) => result.scenario === scenario)
}

export function printSpread(one: Spread | undefined): string {
  return one === undefined ? '–' : `${one.median.toFixed(2)} (${one.min.toFixed(2)}–${one.max.toFixed(2)})`
}
