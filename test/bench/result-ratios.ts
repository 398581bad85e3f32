// Ratios between the figures of contenders or runs.

import type { Result } from './run-comparison.ts'
import type { Full } from './full-run.ts'
import type { Measured } from './load.ts'
import { agree, ratios, spread, type Spread } from './ratios.ts'

/** Requests per second (or `by`) relative to `base`, round by round; undefined when either failed or did not run. */
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

/**
 * Ratios of two runs whose spreads do not overlap. At a fixed rate the number of requests is given, so CPU is compared
 * there.
 */
export function differences(run: Pick<Full, 'results'>, earlier: Pick<Full, 'results'>): string[] {
  return run.results.flatMap((result) => {
    const { scenario } = result
    const before = earlier.results.find((one) => one.scenario === scenario)
    const by = scenario === 'half load' ? 'cpu' : 'requestsPerSecond'
    return result.rows.flatMap(({ name }) => {
      const [now, then] = [ratioOf(result, name, 'bare', by), ratioOf(before, name, 'bare', by)]
      if (now === undefined || then === undefined || agree(now, then)) return []
      return [`${scenario}, ${name}: ${now.median.toFixed(2)}, before ${then.median.toFixed(2)}`]
    })
  })
}

export function resultOf(full: Full, scenario: string): Result | undefined {
  return full.results.find((result) => result.scenario === scenario)
}

export function printSpread(one: Spread | undefined): string {
  return one === undefined ? '–' : `${one.median.toFixed(2)} (${one.min.toFixed(2)}–${one.max.toFixed(2)})`
}
