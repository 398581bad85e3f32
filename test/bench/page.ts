// Formats the figures of a full run as sections of docs/explanation/performance.md.

import type { Result } from './run-comparison.ts'
import type { Full } from './full-run.ts'
import type { Measured } from './load.ts'
import { printSpread, ratioOf, resultOf } from './result-ratios.ts'
import { median, quantile } from './ratios.ts'
import { table } from './report.ts'
import { scenarios } from './scenarios.ts'
import { targetsOf } from './targets.ts'
import { workersRatios } from './workers.ts'

/** Text by section name. */
export function sectionsOf(full: Full): Map<string, string> {
  return new Map([
    ['machine', machineOf(full)],
    ['targets', targetsOf(full)],
    ['summary', summaryOf(full)],
    ['details', full.results.filter(isScenario).map(detailsOf).join('\n\n')],
    ['half-load', halfLoadOf(full)],
    ['websockets', costOf(full, 'WebSocket', 'messages')],
    ['sign-in', signInOf(full)],
    ['cold', coldOf(full)],
    ['cut', cutOf(full)],
    ['workers', workersOf(full)],
  ])
}

function machineOf({ machine, problems, contenders }: Full): string {
  const left = problems.map(({ what, why, missing }) => `- ${what}: ${missing ? `left out, ${why}` : `failed: ${why}`}`)
  return [
    `Measured on ${machine.cpu}, ${machine.system}, Node ${machine.node}, ${machine.programs.join(', ')}; ${machine.pinned}. Commit ${machine.commit}, ${machine.date}.`,
    contenders.map(({ name, about }) => `- **${name}**: ${about}`).join('\n'),
    ...(left.length === 0 ? [] : [left.join('\n')]),
  ].join('\n\n')
}

function summaryOf(full: Full): string {
  const results = full.results.filter(isScenario)
  return ['requestsPerSecond', 'cpu']
    .map((by) =>
      [
        by === 'cpu'
          ? 'CPU of the bare forwarder for one request, divided by that of each: what was done, whoever got the core.'
          : 'Requests a second, divided by those of the bare forwarder.',
        table([
          ['', ...results.map(({ scenario }) => scenario)],
          ...full.contenders.map(({ name, identity }) => [
            identity ? `**${name}**` : name,
            ...results.map((result) => {
              if (result.rows.some((row) => row.name === name && row.failed !== undefined)) return 'failed'
              const one = by === 'cpu' ? ratioOf(result, 'bare', name, 'cpu') : ratioOf(result, name, 'bare')
              return one === undefined ? '–' : one.median.toFixed(2)
            }),
          ]),
        ]),
      ].join('\n\n'),
    )
    .join('\n\n')
}

function detailsOf(result: Result): string {
  const lines = result.rows.map((row) => {
    if (row.failed !== undefined) return [row.name, `failed: ${row.failed}`]
    const middle = (by: keyof Measured): number => median(row.rounds.map((round) => round[by]))
    return [
      row.name,
      printSpread(ratioOf(result, row.name, 'bare')),
      printSpread(ratioOf(result, 'bare', row.name, 'cpu')),
      middle('cpu').toFixed(0),
      middle('p50').toFixed(2),
      middle('p99').toFixed(2),
      row.peak.toFixed(0),
    ]
  })
  const rounds = Math.max(...result.rows.map((row) => row.rounds.length))
  return [
    `<details><summary>${result.scenario}: ${rounds} rounds</summary>`,
    table([
      ['', 'requests to bare', 'CPU of bare to it', 'CPU µs per request', 'p50 ms', 'p99 ms', 'peak MB'],
      ...lines,
    ]),
    '</details>',
  ].join('\n\n')
}

function halfLoadOf(full: Full): string {
  const result = resultOf(full, 'half load')
  if (result === undefined) return 'Not measured in this run.'
  return table([
    ['', 'p99 to that of bare', 'p50 ms', 'p99 ms'],
    ...result.rows.map((row) =>
      row.failed === undefined
        ? [
            row.name,
            printSpread(ratioOf(result, row.name, 'bare', 'p99')),
            median(row.rounds.map(({ p50 }) => p50)).toFixed(2),
            median(row.rounds.map(({ p99 }) => p99)).toFixed(2),
          ]
        : [row.name, `failed: ${row.failed}`],
    ),
  ])
}

function costOf(full: Full, scenario: string, what: string): string {
  const result = resultOf(full, scenario)
  if (result === undefined) return 'Not measured in this run.'
  return table([
    ['', `${what} to bare`, 'CPU of bare to it', `CPU µs per ${what.slice(0, -1)}`],
    ...result.rows.map((row) =>
      row.failed === undefined
        ? [
            row.name,
            printSpread(ratioOf(result, row.name, 'bare')),
            printSpread(ratioOf(result, 'bare', row.name, 'cpu')),
            median(row.rounds.map(({ cpu }) => cpu)).toFixed(0),
          ]
        : [row.name, `failed: ${row.failed}`],
    ),
  ])
}

function signInOf(full: Full): string {
  const result = resultOf(full, 'sign-in')
  if (result === undefined) return 'Not measured in this run.'
  return table([
    ['', 'CPU to that of einlass', 'CPU ms per sign-in', 'whole sign-in, ms (provider and visitor included)'],
    ...result.rows.map((row) =>
      row.failed === undefined
        ? [
            row.name,
            printSpread(ratioOf(result, row.name, 'einlass', 'cpu')),
            (median(row.rounds.map(({ cpu }) => cpu)) / 1000).toFixed(1),
            median(row.rounds.map(({ p50 }) => p50)).toFixed(0),
          ]
        : [row.name, `failed: ${row.failed}`],
    ),
  ])
}

function coldOf(full: Full): string {
  const result = resultOf(full, 'cold')
  if (result === undefined) return 'Not measured in this run.'
  return table([
    ['', 'p50 to warm', 'CPU to warm', 'p50 ms', 'p99 ms', 'CPU µs per request'],
    ...result.rows.map((row) =>
      row.failed === undefined
        ? [
            row.name,
            printSpread(ratioOf(result, row.name, 'warm', 'p50')),
            printSpread(ratioOf(result, row.name, 'warm', 'cpu')),
            median(row.rounds.map(({ p50 }) => p50)).toFixed(2),
            median(row.rounds.map(({ p99 }) => p99)).toFixed(2),
            median(row.rounds.map(({ cpu }) => cpu)).toFixed(0),
          ]
        : [row.name, `failed: ${row.failed}`],
    ),
  ])
}

function cutOf({ cut }: Full): string {
  if (cut === undefined) return 'Not measured in this run.'
  const row = (name: string, values: readonly number[], promise: number): string[] => [
    name,
    String(values.length),
    ...[quantile(values, 0.5), quantile(values, 0.99), Math.max(...values)].map((value) => value.toFixed(0)),
    String(promise),
  ]
  return [
    table([
      ['', 'connections', 'median ms', 'p99 ms', 'maximum ms', 'promised ms'],
      row('the node that was told', cut.same, 1000),
      row('the other node', cut.other, 2000),
    ]),
    '![How long a connection outlives its session, on either node](../pictures/performance-cut.svg)',
  ].join('\n\n')
}

function workersOf({ workers }: Full): string {
  if (workers === undefined) return 'Not measured in this run.'
  const failed = [...workers.rows, ...workers.paced].find((row) => row.failed !== undefined)
  if (failed !== undefined) return `${failed.name} failed: ${failed.failed}`
  const { speed, cost, pacedCost } = workersRatios(workers)!
  const cpu = (row: (typeof workers.rows)[0]): string => median(row.rounds.map((round) => round.cpu)).toFixed(0)
  const rows = workers.rows.map((row, at) => [row.name, cpu(row), cpu(workers.paced[at]!)])
  const lines = [
    table([['', 'CPU µs per request, at most', 'at a third of it'], ...rows]),
    `Two workers answered **${printSpread(speed)}** times the requests of one, on cores ${workers.cores}. By what a request costs - twice the cores, divided by how much dearer a request got - they could answer **${printSpread(cost)}** times as many when everybody takes what they can, and **${printSpread(pacedCost)}** times as many when each worker has a third of that to do. The busier worker did ${(workers.busier * 100).toFixed(0)} % of the work.`,
  ]
  if (workers.shared) {
    lines.push(
      'This machine has too few cores to keep the load off the workers: load, upstream and both workers shared the same two. At their limit that says what this machine can do, not what the workers can: whoever waits for a core finds its caches cold. So the last figure counts, where the cores have room and each worker as much to do as the one alone.',
    )
  }
  return lines.join('\n\n')
}

function isScenario({ scenario }: Result): boolean {
  return scenarios.some(({ name }) => name === scenario)
}
