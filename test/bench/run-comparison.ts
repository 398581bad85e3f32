// Runs scenarios over all contenders; a failure becomes a row with its reason and does not affect other rows.

import { isolated } from './isolate.ts'
import type { Contender, Setting, Started } from './contender.ts'
import type { Environment } from './environment.ts'
import { measure, type Measured } from './load.ts'
import { peakMemory, resetPeak } from './processes.ts'
import { median } from './ratios.ts'
import { interleave, reasonOf, type Row } from './rounds.ts'
import type { Scenario } from './scenarios.ts'

export interface Result {
  readonly scenario: string
  readonly rows: readonly (Row<Measured> & {
    /** MB, in this scenario. */
    readonly peak: number
  })[]
}

export interface Pace {
  readonly rounds: number
  /** Seconds of one measurement. */
  readonly seconds: number
  readonly progress: (text: string) => void
}

/** Number of warm-up loads for processes with a just-in-time compiler, and seconds of each. */
const slowWarming = 6
const warming = 1

export interface Entrant extends Started {
  readonly contender: Contender
}

/** Starts the available contenders; the others are listed with the reason. Never rejects. */
export async function startAll(ground: Environment, contenders: readonly Contender[], setting: Setting) {
  const started: Entrant[] = []
  const failed: { readonly name: string; readonly failed: string }[] = []
  for (const contender of contenders) {
    if (setting.secure && !contender.secure) continue
    const missing = contender.missing()
    try {
      if (missing !== undefined) throw new Error(missing)
      started.push({ ...(await contender.start(ground, setting)), contender })
    } catch (error) {
      failed.push({ name: contender.name, failed: reasonOf(error) })
    }
  }
  return { started, failed, stop: () => Promise.all(started.map((one) => one.stop())) }
}

export async function compare(
  ground: Environment,
  entrants: readonly Entrant[],
  scenario: Scenario,
  pace: Pace,
): Promise<Result> {
  const targets = entrants.filter(({ contender }) => contender.sizes.includes(scenario.size))
  for (const target of targets) forgetPeak(target)
  const parties = targets.map((target) => ({
    name: target.name,
    measure: (round: number) =>
      isolated(target, entrants, async () => {
        if (round > 0) return measure(ground, target, { ...scenario.load, seconds: pace.seconds * scenario.length })
        // Also warm up opening and closing connections.
        const loads = scenario.first && target.contender.warms ? slowWarming : 1
        for (let load = 1; load < loads; load++) await measure(ground, target, { ...scenario.load, seconds: warming })
        return measure(ground, target, { ...scenario.load, seconds: warming })
      }),
  }))
  const progress = (round: number, name: string) =>
    pace.progress(`${scenario.name}: round ${round} of ${pace.rounds}, ${name}`)
  const rows = await interleave(parties, pace.rounds, { progress })
  return { scenario: scenario.name, rows: rows.map((row, at) => ({ ...row, peak: peakOf(targets[at]!) })) }
}

/** p99 of each contender at half of its maximum, which is taken from the unpaced rounds `at`. */
export async function compareAtHalf(
  ground: Environment,
  targets: readonly Started[],
  at: Result,
  pace: Pace,
): Promise<Result> {
  const parties = targets.flatMap((target) => {
    const full = at.rows.find(({ name }) => name === target.name)
    if (full === undefined || full.failed !== undefined) return []
    const rate = median(full.rounds.map(({ requestsPerSecond }) => requestsPerSecond)) / 2
    return [{ target, rate }]
  })
  const rows = await interleave(
    parties.map(({ target, rate }) => ({
      name: target.name,
      measure: async () => {
        const load = { wire: 'http1', path: '/1000', connections: 64, seconds: pace.seconds, rate } as const
        const once = (): Promise<Measured> => isolated(target, targets, () => measure(ground, target, load))
        const inTime = ({ requestsPerSecond }: Measured): boolean => requestsPerSecond >= rate * 0.8
        const first = await once()
        // Retry after a slow moment: requests sent late say nothing about latency.
        const measured = inTime(first) ? first : await once()
        if (!inTime(measured))
          throw new Error(`took ${measured.requestsPerSecond.toFixed(0)} a second of ${rate.toFixed(0)}`)
        return measured
      },
    })),
    pace.rounds,
    { warm: false, progress: (round, name) => pace.progress(`half of the load: round ${round}, ${name}`) },
  )
  return { scenario: 'half load', rows: rows.map((row) => ({ ...row, peak: Number.NaN })) }
}

/** Merges several starts of the same contenders; a row that failed in one has failed. */
export function joined(parts: readonly Result[]): Result[] {
  const all: Result[] = []
  for (const { scenario, rows } of parts) {
    const at = all.findIndex((one) => one.scenario === scenario)
    if (at === -1) all.push({ scenario, rows })
    else
      all[at] = {
        scenario,
        rows: all[at]!.rows.flatMap((before) =>
          rows.filter(({ name }) => name === before.name).map((after) => bothOf(before, after)),
        ),
      }
  }
  return all
}

type ResultRow = Result['rows'][number]

function bothOf(before: ResultRow, after: ResultRow): ResultRow {
  const failed = before.failed ?? after.failed
  return {
    name: before.name,
    rounds: failed === undefined ? [...before.rounds, ...after.rounds] : [],
    failed,
    peak: Math.max(before.peak, after.peak),
  }
}

function forgetPeak(target: Started): void {
  for (const pid of [target.pid, ...(target.beside ?? [])]) ignoringGone(() => resetPeak(pid))
}

function peakOf(target: Started): number {
  return [target.pid, ...(target.beside ?? [])].reduce(
    (sum, pid) => sum + (ignoringGone(() => peakMemory(pid)) ?? 0),
    0,
  )
}

/** A contender that exited is a failed row, not a failure of the bench. */
function ignoringGone<Value>(work: () => Value): Value | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
