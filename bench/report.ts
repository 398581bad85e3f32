// The figures as a table: ratios first, with their spread.

import type { Measured } from './load.ts'
import type { Cores } from './processes.ts'

export interface Figures {
  readonly scenario: string
  readonly name: string
  readonly rounds: readonly Measured[]
  /** Peak, MB. */
  readonly memory: number
}

/** `redisCommands`: per request while nothing changed, counted by the server itself. */
export function report(figures: readonly Figures[], redisCommands: number, pinned: Cores): string {
  const lines = [
    pinned.proxy === undefined
      ? 'Nothing was pinned: fewer than two cores, or no taskset.'
      : 'Proxy on one core, load and upstream on another.',
    '',
    row(['scenario', 'proxy', 'ratio to bare', '(min .. max)', 'CPU us/request', 'p50 ms', 'p99 ms', 'peak MB']),
  ]
  for (const { scenario, name, rounds, memory } of figures) {
    const bare = figures.find((one) => one.scenario === scenario && one.name === 'bare')!.rounds
    const ratios = rounds.map((round, at) => round.requestsPerSecond / bare[at]!.requestsPerSecond)
    const spread = `${Math.min(...ratios).toFixed(2)} .. ${Math.max(...ratios).toFixed(2)}`
    const over = (pick: (round: Measured) => number): number => median(rounds.map(pick))
    lines.push(
      row([
        scenario,
        name,
        median(ratios).toFixed(2),
        spread,
        over((round) => round.cpu).toFixed(0),
        over((round) => round.p50).toFixed(2),
        over((round) => round.p99).toFixed(2),
        memory.toFixed(0),
      ]),
    )
  }
  lines.push('', `Redis commands per request while nothing changed: ${redisCommands.toFixed(4)}`)
  return `${lines.join('\n')}\n`
}

function row(cells: readonly string[]): string {
  const widths = [9, 9, 14, 14, 15, 8, 8, 8]
  return cells
    .map((cell, at) => cell.padEnd(widths[at]!))
    .join(' ')
    .trimEnd()
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
