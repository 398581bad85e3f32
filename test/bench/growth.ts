// Scaling: CPU and memory cost of a request as the number of apps, grants and sessions grows.

import { setTimeout as pause } from 'node:timers/promises'
import { callApi } from '../../src/cli/admin-client.ts'
import { isolated } from './isolate.ts'
import type { StartedEinlass } from './einlass.ts'
import type { Environment } from './environment.ts'
import { memoryOf, startSeededGateway } from './seeded-gateway.ts'
import { median, ratios, spread, type Spread } from './ratios.ts'
import { createRotation, type Rotation, type Visit } from './rotating-load.ts'
import { interleave } from './rounds.ts'
import { openSeeder } from './seed.ts'

export interface Point {
  readonly count: number
  /** Microseconds of CPU per request. */
  readonly cpu: number
  /** Cost relative to the first point, round by round. */
  readonly ratio: Spread
  /** MB of heap and external memory after a garbage collection. */
  readonly heap: number
}

export interface Grown {
  readonly points: readonly Point[]
}

export interface Pace {
  readonly rounds: number
  readonly seconds: number
  readonly progress: (text: string) => void
}

export interface GrownApps extends Grown {
  /** The largest configuration, with all requests to the first ten apps: the cost of unused apps. */
  readonly tenInUse: Point
}

/** Requests go to all apps in turn, each with its own cookie, so that caches per app are cold. */
export async function growApps(ground: Environment, counts: readonly number[], pace: Pace): Promise<GrownApps> {
  const largest = Math.max(...counts)
  const inUse = (count: number, { house, visits }: Visited): Party[] =>
    count === largest
      ? [{ count: 10, house, rotation: createRotation(ground, house, 'apps-in-use', visits.slice(0, 10)) }]
      : []
  const { points } = await sideBySide(ground, 'apps', counts, pace, inUse, async (count) => {
    const apps = ['erp', ...Array.from({ length: count - 1 }, (_, at) => `app-${at + 1}`)]
    const house = await startSeededGateway(ground, { apps })
    const seeder = await openSeeder(house)
    const port = new URL(house.origin).port
    const hosts = apps.map((name) => `${name}.localhost:${port}`)
    const cookies = await seeder.cookies(hosts)
    await seeder.close()
    return { house, visits: hosts.map((host, at) => ({ host, cookie: cookies[at]! })) }
  })
  return { points: points.filter((_, at) => at < counts.length), tenInUse: points[counts.length]! }
}

export async function growGrants(ground: Environment, counts: readonly number[], pace: Pace): Promise<Grown> {
  return sideBySide(
    ground,
    'grants',
    counts,
    pace,
    () => [],
    async (count) => {
      const house = await startSeededGateway(ground, {})
      const seeder = await openSeeder(house)
      await seeder.grants(count, 'erp')
      await seeder.close()
      await until(async () => ((await callApi(house.adminSocket, 'GET', '/grants')).value as unknown[]).length >= count)
      const { Host: host = '', Cookie: cookie = '' } = house.headers
      return { house, visits: [{ host, cookie }] }
    },
  )
}

export interface GrownSessions {
  /** So many in the store, ten of them in use. */
  readonly stored: Grown
  /** The largest number in the store, so many of them used in turn. */
  readonly used: Grown
  /** Bytes per cached session: the growth with ten thousand, divided. */
  readonly perSession: number
  /** The same for the last three quarters, without buffers that are filled once. */
  readonly perFurther: number
}

export async function growSessions(
  ground: Environment,
  stored: readonly number[],
  used: readonly number[],
  pace: Pace,
): Promise<GrownSessions> {
  const largest = Math.max(...stored)
  const made: { house: StartedEinlass; visits: Visit[]; count: number }[] = []
  for (const count of stored) {
    pace.progress(`writing ${count} sessions`)
    const house = await startSeededGateway(ground, {})
    const seeder = await openSeeder(house)
    const host = house.headers['Host']!
    const cookies = await seeder.sessions(count, host)
    await seeder.close()
    made.push({ house, count, visits: cookies.map((cookie) => ({ host, cookie })) })
  }
  try {
    const points = await measured(
      made.map(({ house, count, visits }) => ({
        count,
        house,
        rotation: createRotation(ground, house, `stored-${count}`, visits.slice(0, 10)),
      })),
      pace,
    )
    const { house, visits } = made.find(({ count }) => count === largest)!
    const some = used.filter((count) => count <= largest)
    const parties = some.map((count) => ({
      count,
      house,
      rotation: createRotation(ground, house, `used-${count}`, visits.slice(0, count)),
    }))
    const before = await memoryOf(house)
    const cached = parties.findLast(({ count }) => count <= 10_000)!
    const quarter = Math.round(cached.count / 4)
    await visitAll(createRotation(ground, house, 'quarter', visits.slice(0, quarter)), quarter)
    const between = await memoryOf(house)
    await visitAll(cached.rotation, cached.count)
    const after = await memoryOf(house)
    return {
      stored: points,
      used: await measured(parties, pace, (one) => visitAll(one.rotation, one.count)),
      perSession: (after - before) / (cached.count - 10),
      perFurther: (after - between) / (cached.count - quarter),
    }
  } finally {
    await Promise.all(made.map(({ house }) => house.stop()))
  }
}

/** Seconds of warm-up. */
export const warming = 6

interface Party {
  readonly count: number
  readonly house: StartedEinlass
  readonly rotation: Rotation
}

interface Visited {
  readonly house: StartedEinlass
  readonly visits: readonly Visit[]
}

/** One gateway per count, all running, measured in turns; then the variants that `also` makes of each. */
async function sideBySide(
  ground: Environment,
  name: string,
  counts: readonly number[],
  pace: Pace,
  also: (count: number, made: Visited) => readonly Party[],
  make: (count: number) => Promise<Visited>,
): Promise<Grown> {
  const parties: Party[] = []
  const others: Party[] = []
  try {
    for (const count of counts) {
      pace.progress(`${count} ${name}`)
      const made = await make(count)
      const { house, visits } = made
      parties.push({ count, house, rotation: createRotation(ground, house, `${name}-${count}`, visits) })
      others.push(...also(count, made))
    }
    return await measured([...parties, ...others], pace, (one) => visitAll(one.rotation, one.count))
  } finally {
    await Promise.all(parties.map(({ house }) => house.stop()))
  }
}

/** `prepare`: runs before each measurement, unmeasured, to reopen idle upstream connections. */
async function measured(
  parties: readonly Party[],
  pace: Pace,
  prepare: (party: Party) => Promise<unknown> = ({ rotation }) => rotation.measure(1),
): Promise<Grown> {
  const houses = [...new Set(parties.map(({ house }) => house))]
  const rows = await interleave(
    parties.map((party) => ({
      name: String(party.count),
      measure: (round: number) =>
        isolated(party.house, houses, async () => {
          await prepare(party)
          return party.rotation.measure(round === 0 ? warming : pace.seconds)
        }),
    })),
    pace.rounds,
    { progress: (round, name) => pace.progress(`round ${round} of ${pace.rounds}, ${name}`) },
  )
  const failed = rows.find((row) => row.failed !== undefined)
  if (failed !== undefined) throw new Error(`with ${failed.name}: ${failed.failed}`)
  const costs = rows.map(({ rounds }) => rounds.map(({ cpu }) => cpu))
  const points: Point[] = []
  for (const [at, { count, house }] of parties.entries()) {
    const heap = (await memoryOf(house)) / 1024 ** 2
    points.push({ count, cpu: median(costs[at]!), ratio: spread(ratios(costs[at]!, costs[0]!)), heap })
  }
  return { points }
}

/** At least once each. */
async function visitAll(rotation: Rotation, count: number): Promise<void> {
  // More than a node caches, so a request makes no difference.
  if (count > 20_000) return
  for (let done = 0; done < count;) done += (await rotation.measure(1)).requestsPerSecond
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const late = Date.now() + 60_000
  while (!(await holds())) {
    if (Date.now() > late) throw new Error('the gateway did not follow within a minute')
    await pause(200)
  }
}
