// Regression check: compares measured ratios with regression-thresholds.json, which is raised when the path gets faster.

import type { Spread } from './ratios.ts'

export interface RegressionThresholds {
  /** Tolerance for noise: 0.1 accepts 0.54 for a threshold of 0.60. */
  readonly tolerance: number
  /** By scenario: the ratio to the baseline when the threshold was set. */
  readonly floors: Readonly<Record<string, number>>
  /** Store commands per request in a steady state. */
  readonly storeCommands: number
}

/**
 * Messages of failed thresholds. A scenario without a threshold fails too, and so does a threshold without a measurement,
 * so that the check has no gap.
 */
export function regressions(
  { floors, tolerance, storeCommands }: RegressionThresholds,
  measured: ReadonlyMap<string, Spread>,
  commands: number,
): string[] {
  const problems: string[] = []
  for (const [scenario, { median }] of measured) {
    const floor = floors[scenario]
    if (floor === undefined) problems.push(`${scenario}: has no floor`)
    else if (!(median >= floor * (1 - tolerance)))
      problems.push(`${scenario}: ${median.toFixed(3)} is below ${floor.toFixed(2)} less ${tolerance * 100} %`)
  }
  for (const scenario of Object.keys(floors)) {
    if (!measured.has(scenario)) problems.push(`${scenario}: has a floor and was not measured`)
  }
  if (!(commands <= storeCommands))
    problems.push(`${commands.toFixed(4)} store commands per request, ${storeCommands} allowed`)
  return problems
}
