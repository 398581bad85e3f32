// `npm run bench`: every scenario with every available contender. Parts are independent: a failure is reported and the rest runs.

import { compareCold } from './cold-session.ts'
import { compare, compareAtHalf, joined, startAll, type Entrant, type Pace, type Result } from './run-comparison.ts'
import { allContenders } from './contenders.ts'
import { measureRevocationLatency, type RevocationLatency } from './revocation-latency.ts'
import { startEinlass } from './einlass.ts'
import type { Environment } from './environment.ts'
import { measure } from './load.ts'
import { describeMachine, type Machine } from './machine.ts'
import { storeCommandsPerRequest } from './quick-run.ts'
import { interleave, reasonOf } from './rounds.ts'
import { scenarios } from './scenarios.ts'
import { measureSignIns } from './sign-ins.ts'
import { measureMessages, startApp } from './websockets.ts'
import { compareWorkers, type Workers } from './workers.ts'

export interface Full {
  readonly machine: Machine
  readonly contenders: readonly { readonly name: string; readonly about: string; readonly identity: boolean }[]
  readonly results: readonly Result[]
  readonly workers: Workers | undefined
  readonly cut: RevocationLatency | undefined
  readonly storeCommands: number | undefined
  /** Contenders that could not run, and parts that failed. */
  readonly problems: readonly { readonly what: string; readonly why: string; readonly missing: boolean }[]
}

export interface FullOptions extends Pace {
  /** Only scenarios whose name contains this. */
  readonly only: string | undefined
}

export async function full(ground: Environment, options: FullOptions): Promise<Full> {
  const contenders = allContenders()
  const results: Result[] = []
  const problems: { what: string; why: string; missing: boolean }[] = []
  let workers: Workers | undefined
  let cut: RevocationLatency | undefined
  let storeCommands: number | undefined

  const part = async (name: string, work: () => Promise<void>): Promise<void> => {
    if (options.only !== undefined && !name.includes(options.only)) return
    options.progress(name)
    await work().catch((error: unknown) => problems.push({ what: name, why: reasonOf(error), missing: false }))
  }
  const notStarted = (failed: readonly { name: string; failed: string }[]): void => {
    for (const { name, failed: why } of failed) {
      if (problems.some(({ what }) => what === name)) continue
      const missing = contenders.find((one) => one.name === name)?.missing() !== undefined
      problems.push({ what: name, why, missing })
    }
  }

  for (const secure of [false, true]) {
    await part(secure ? 'TLS, HTTP/2' : 'plain: 1 kB, 64 kB, 10 MB, half load, sign-in', async () => {
      const parts: Result[] = []
      for (const pace of starts(options)) {
        const all = await startAll(ground, contenders, { secure, upstream: ground.upstreamPort })
        notStarted(all.failed)
        try {
          for (const scenario of scenarios.filter(({ load }) => (load.wire !== 'http1') === secure)) {
            const result = await compare(ground, all.started, scenario, pace)
            parts.push(result)
            if (scenario.name === '1 kB') parts.push(await compareAtHalf(ground, all.started, result, pace))
          }
          if (!secure) parts.push(await compareSignIns(all.started, pace))
        } finally {
          await all.stop()
        }
      }
      results.push(...joined(parts))
    })
  }
  await part('WebSocket', async () => {
    const app = await startApp(ground)
    // Apache would need another module and configuration.
    const some = contenders.filter(({ name }) => !/^(?:node:http|nginx auth_request|Apache.*)$/.test(name))
    const all = await startAll(ground, some, { secure: false, upstream: app.port })
    try {
      const parties = all.started.map((target) => ({
        name: target.name,
        measure: () => measureMessages(ground, target, 64, options.seconds),
      }))
      const rows = await interleave(parties, options.rounds)
      results.push({ scenario: 'WebSocket', rows: rows.map((row) => ({ ...row, peak: Number.NaN })) })
    } finally {
      await all.stop()
      await app.stop()
    }
  })
  await part('cold sessions, store commands', async () => {
    const rows = await compareCold(ground, options.rounds)
    results.push({ scenario: 'cold', rows: rows.map((row) => ({ ...row, peak: Number.NaN })) })
    const house = await startEinlass(ground, { secure: false, upstream: ground.upstreamPort })
    try {
      // Warmed up: no first-time work is left.
      await measure(ground, house, { wire: 'http1', path: '/1000', connections: 8, seconds: 1 })
      storeCommands = await storeCommandsPerRequest(ground, house, 2000)
    } finally {
      await house.stop()
    }
  })
  await part(
    'cut',
    async () => void (cut = await measureRevocationLatency(ground, Math.max(2, Math.round(options.rounds / 2)))),
  )
  await part('workers', async () => void (workers = await compareWorkers(ground, options)))

  return {
    machine: describeMachine(ground.cores),
    contenders: contenders.map(({ name, about, identity }) => ({ name, about, identity })),
    results,
    workers,
    cut,
    storeCommands,
    problems,
  }
}

/** Starts every contender twice, for half of the rounds each, since two starts settle at different speeds. */
function starts(pace: Pace): Pace[] {
  const half = Math.ceil(pace.rounds / 2)
  return [half, pace.rounds - half].filter((rounds) => rounds > 0).map((rounds) => ({ ...pace, rounds }))
}

async function compareSignIns(entrants: readonly Entrant[], { rounds }: Pace): Promise<Result> {
  const parties = entrants
    .filter(({ signing }) => signing !== undefined)
    .map((target) => ({
      name: target.name,
      measure: (round: number) => measureSignIns(target, round === 0 ? 60 : 10),
    }))
  const rows = await interleave(parties, rounds)
  return { scenario: 'sign-in', rows: rows.map((row) => ({ ...row, peak: Number.NaN })) }
}
