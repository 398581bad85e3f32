// Table of performance goals: target, measured value, met or not.

import type { Full } from './full-run.ts'
import { printSpread, ratioOf, resultOf } from './result-ratios.ts'
import { table } from './report.ts'
import { workersRatios } from './workers.ts'

interface Target {
  readonly what: string
  readonly at: string
  readonly measured: string
  /** The same by CPU per request. */
  readonly byCpu?: string
  readonly kept: boolean | undefined
}

/** A Markdown table, for the default HTTP/1 implementation. */
export function targetsOf(full: Full): string {
  const targets = [
    ...['1 kB', '1 kB, TLS', '1 kB, HTTP/2'].map((scenario) => ratioTarget(full, scenario, 'bare', 0.85)),
    ...['64 kB', '64 kB, TLS', '64 kB, HTTP/2'].map((scenario) => ratioTarget(full, scenario, 'bare', 0.95)),
    ...['10 MB down', '10 MB up', '10 MB down, TLS', '10 MB up, TLS'].map((scenario) =>
      ratioTarget(full, scenario, 'bare', 0.95),
    ),
    ratioTarget(full, '1 kB', 'Apache', 1.7),
    ratioTarget(full, '1 kB', 'Apache, Redis', 4),
    ratioTarget(full, '1 kB', 'Caddy', 1.4),
    ratioTarget(full, '1 kB', 'oauth2-proxy', 1),
    workers(full),
    storeCommands(full),
    ...cuts(full),
  ].filter((target) => target !== undefined)
  const verdict = { true: 'reached', false: 'not reached', undefined: 'not measured' }
  return table([
    ['', 'set out', 'measured', 'by CPU per request', ''],
    ...targets.map(({ what, at, measured, byCpu = '', kept }) => [what, at, measured, byCpu, verdict[`${kept}`]]),
  ])
}

function ratioTarget(full: Full, scenario: string, base: string, least: number): Target | undefined {
  const result = resultOf(full, scenario)
  const measured = ratioOf(result, 'einlass', base)
  // Skip contenders that are not installed.
  if (measured === undefined && base !== 'bare') return undefined
  return {
    what: `${scenario}, to ${base}`,
    at: `at least ${least.toFixed(2)}`,
    measured: printSpread(measured),
    byCpu: printSpread(ratioOf(result, base, 'einlass', 'cpu')),
    kept: measured === undefined ? undefined : measured.median >= least,
  }
}

/** If the load shares the workers' cores, only the cost per request at a fixed rate shows their capacity. */
function workers({ workers: measured }: Full): Target {
  const found = measured && workersRatios(measured)
  const counts = measured?.shared ? found?.pacedCost : found?.speed
  return {
    what: `two workers, to one${measured?.shared ? ' (by CPU at a pace: the load shares their cores)' : ''}`,
    at: 'at least 1.70',
    measured: printSpread(found?.speed),
    byCpu: printSpread(found?.pacedCost),
    kept: counts === undefined ? undefined : counts.median >= 1.7,
  }
}

function storeCommands({ storeCommands: commands }: Full): Target {
  return {
    what: 'store commands per request while nothing changed',
    at: '0',
    measured: commands?.toFixed(4) ?? '–',
    kept: commands === undefined ? undefined : commands < 0.005,
  }
}

function cuts({ cut }: Full): Target[] {
  const one = (what: string, values: readonly number[] | undefined, most: number): Target => ({
    what,
    at: `at most ${most} ms`,
    measured: values === undefined ? '–' : `${Math.max(...values).toFixed(0)} ms`,
    kept: values === undefined ? undefined : Math.max(...values) <= most,
  })
  return [
    one('longest cut of 1,000 connections, same node', cut?.same, 1000),
    one('longest cut of 1,000 connections, other node', cut?.other, 2000),
  ]
}
