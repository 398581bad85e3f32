// How far each ratio may fall: floors.json, raised whenever the path gets faster.

import type { Spread } from './ratios.ts'

export interface Floors {
  /** Part of a floor that noise may take: 0.1 lets 0.60 pass down to 0.54. */
  readonly tolerance: number
  /** By scenario: the ratio to the bare forwarder it had when the floor was set. */
  readonly floors: Readonly<Record<string, number>>
  /** Commands to the store per request while nothing changed. */
  readonly storeCommands: number
}

/**
 * What fell, in words. A scenario without a floor fails too, and so does a floor nothing was measured for: a guard
 * with a hole says so.
 */
export function fallen(
  { floors, tolerance, storeCommands }: Floors,
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
