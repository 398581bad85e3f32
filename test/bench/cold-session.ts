// Cost of the first request of a session on a node (cold, reads the store) compared with later ones (warm).

import { Agent, request } from 'undici'
import { startEinlass } from './einlass.ts'
import type { Environment } from './environment.ts'
import { seededSessionSettings } from './seeded-gateway.ts'
import type { Measured } from './load.ts'
import { cpuSeconds } from './processes.ts'
import { quantile } from './ratios.ts'
import { interleave, type Row } from './rounds.ts'
import { openSeeder } from './seed.ts'

/** Rows `warm` and `cold`: the same sessions, one request at a time. */
export async function compareCold(ground: Environment, rounds: number, each = 400): Promise<Row<Measured>[]> {
  const house = ground.keep(
    await startEinlass(ground, { secure: false, upstream: ground.upstreamPort, session: seededSessionSettings }),
  )
  const seeder = await openSeeder(house)
  const cookies = await seeder.sessions((rounds + 1) * each, house.headers['Host']!)
  await seeder.close()
  const agent = new Agent({ connections: 1, pipelining: 1 })
  const url = `http://127.0.0.1:${house.port}/1000`

  async function visit(some: readonly string[]): Promise<Measured> {
    const times: number[] = []
    const [before, began] = [cpuSeconds(house.pid), performance.now()]
    for (const cookie of some) {
      const from = performance.now()
      const answer = await request(url, { dispatcher: agent, headers: { ...house.headers, Cookie: cookie } })
      await answer.body.dump()
      times.push(performance.now() - from)
      if (answer.statusCode !== 200) throw new Error(`an answer was ${answer.statusCode}`)
    }
    const seconds = (performance.now() - began) / 1000
    return {
      requestsPerSecond: some.length / seconds,
      cpu: ((cpuSeconds(house.pid) - before) / some.length) * 1e6,
      p50: quantile(times, 0.5),
      p99: quantile(times, 0.99),
    }
  }

  const share = (round: number): string[] => cookies.slice(round * each, (round + 1) * each)
  try {
    // Cold before warm: within a round, the second request of a session is the warm one.
    const rows = await interleave(
      [
        { name: 'cold', measure: (round) => visit(share(round)) },
        { name: 'warm', measure: (round) => visit(share(round)) },
      ],
      rounds,
      { turning: false },
    )
    return rows.toReversed()
  } finally {
    await agent.close()
    // It still writes session activity to the store, whose commands other measurements count.
    await house.stop()
  }
}
