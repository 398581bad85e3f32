// Two workers compared with one: maximum throughput, and cost per request at a fixed rate.

import type { Pace } from './run-comparison.ts'
import { withWorkers } from './contenders.ts'
import type { Environment } from './environment.ts'
import { measure, type Load, type Measured } from './load.ts'
import { cpuByProcess } from './processes.ts'
import { median, ratios, spread, type Spread } from './ratios.ts'
import { interleave, type Row } from './rounds.ts'

export interface Workers {
  /** One and two workers at maximum throughput. */
  readonly rows: readonly Row<Measured>[]
  /** The same at a fixed rate, doubled for two workers, so that each worker has the same load. */
  readonly paced: readonly Row<Measured>[]
  /** Cores of the workers, and whether the load had others. */
  readonly cores: string
  readonly shared: boolean
  /** Share of CPU of the busier worker: 0.5 when balanced. */
  readonly busier: number
}

const load: Omit<Load, 'seconds' | 'connections'> = { wire: 'http1', path: '/1000' }
/** Rate as a part of the maximum of one worker: with two workers and the load, about half of two cores is busy. */
const partOfMost = 0.35
const warming = 6

/** Undefined for a version without workers. */
export async function compareWorkers(ground: Environment, pace: Pace): Promise<Workers | undefined> {
  const [one, two] = [withWorkers(1), withWorkers(2)]
  if (one === undefined || two === undefined) return undefined
  const core = ground.cores.pair ?? ground.cores.all
  const setting = { secure: false, upstream: ground.upstreamPort, core }
  const targets = [await one.start(ground, setting)]
  try {
    targets.push(await two.start(ground, setting))
    const before = cpuByProcess(targets[1]!.pid)
    const rows = await interleave(
      targets.map((target) => ({
        name: target.name,
        measure: (round: number) =>
          measure(ground, target, { ...load, connections: 64, seconds: round === 0 ? warming : pace.seconds }),
      })),
      pace.rounds,
    )
    const used = [...cpuByProcess(targets[1]!.pid)].map(([pid, seconds]) => seconds - (before.get(pid) ?? 0))
    const [busy = 0, less = 0] = used.toSorted((a, b) => b - a)
    const rate = partOfMost * median(rows[0]!.rounds.map(({ requestsPerSecond }) => requestsPerSecond))
    const paced = await interleave(
      targets.map((target, at) => ({
        name: target.name,
        async measure() {
          const [connections, asked] = [32 * (at + 1), rate * (at + 1)]
          const measured = await measure(ground, target, { ...load, connections, rate: asked, seconds: pace.seconds })
          if (measured.requestsPerSecond < asked * 0.8)
            throw new Error(`took ${measured.requestsPerSecond.toFixed(0)} a second of ${asked.toFixed(0)}`)
          return measured
        },
      })),
      rows[0]!.failed === undefined ? pace.rounds : 0,
    )
    return { rows, paced, cores: core ?? 'all', shared: ground.cores.pair === undefined, busier: busy / (busy + less) }
  } finally {
    await Promise.all(targets.map((target) => target.stop()))
  }
}

export interface WorkersRatios {
  /** Requests per second. */
  readonly speed: Spread
  /** Capacity of two cores, computed from the increase in cost per request: at maximum, and at a fixed rate. */
  readonly cost: Spread
  readonly pacedCost: Spread
}

/** Two workers relative to one. Undefined when a row failed. */
export function workersRatios({ rows, paced }: Workers): WorkersRatios | undefined {
  const [one, two] = rows
  const [slowOne, slowTwo] = paced
  for (const row of [one, two, slowOne, slowTwo]) if (row === undefined || row.rounds.length === 0) return undefined
  const speed = (row: Row<Measured>): number[] => row.rounds.map(({ requestsPerSecond }) => requestsPerSecond)
  const cost = (row: Row<Measured>): number[] => row.rounds.map(({ cpu }) => cpu)
  const twice = (row: Row<Measured>): number[] => cost(row).map((cpu) => 2 * cpu)
  return {
    speed: spread(ratios(speed(two!), speed(one!))),
    cost: spread(ratios(twice(one!), cost(two!))),
    pacedCost: spread(ratios(twice(slowOne!), cost(slowTwo!))),
  }
}
