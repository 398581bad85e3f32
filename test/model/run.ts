// `npm run test:model`: random lifecycles of access requests on one Redis, in processes or in memory; exits 1 with the shortest counterexample.

import { randomInt } from 'node:crypto'
import fc from 'fast-check'
import {
  integer,
  numberOf,
  positiveInteger,
  readCommandLine,
  refuseCommandLine,
  type CommandForm,
  type CommandOptions,
} from '../../scripts/command-line.ts'
import { runModel, runsOn } from './model.ts'
import type { Action } from './actions.ts'
import { emptyTally, type Platform, type Tally } from './environment.ts'
import { memoryPlatform } from './memory-environment.ts'
import { ownIntervals } from './node.ts'
import { processPlatform } from './process-environment.ts'
import { redisPlatform } from './redis-environment.ts'
import { startRedis } from '../support/redis.ts'

const grounds = ['redis', 'processes', 'memory'] as const

const form = {
  name: 'test:model',
  about: 'Random lifecycles of access requests. Exits 1 with the shortest one that violates an invariant.',
  options: {
    runs: { type: 'string', default: '1000', help: 'number of lifecycles' },
    seed: { type: 'string', help: 'a whole number; default: random' },
    on: { type: 'string', value: 'STORE', default: 'redis', help: `one of ${grounds.join(', ')}` },
    path: { type: 'string', value: 'PATH', help: 'plays one find again, with its --seed' },
  },
} as const satisfies CommandForm<CommandOptions>
const values = readCommandLine(form)
const runs = numberOf(form, 'runs', values.runs, positiveInteger)
const seed = values.seed === undefined ? randomInt(2 ** 31) : numberOf(form, 'seed', values.seed, integer)
const on = grounds.find((name) => name === values.on)
if (on === undefined)
  refuseCommandLine(form, `--on takes one of ${grounds.join(', ')}, not ${JSON.stringify(values.on)}`)
process.exitCode = await run(on)

async function run(on: (typeof grounds)[number]): Promise<number> {
  console.log(`model: ${runs} on ${on}, seed ${seed}`)
  const intervals = ownIntervals()
  const tally = emptyTally()
  const began = performance.now()
  const redis = on === 'memory' ? undefined : await startRedis()
  try {
    const ground =
      redis === undefined ? memoryPlatform() : await (on === 'redis' ? redisPlatform : processPlatform)(redis)
    try {
      const found = await lives(ground, tally)
      report(tally, performance.now() - began)
      if (!found.failed) return tally.grants > 0 ? 0 : 1
      console.error(fc.defaultReportMessage(found))
      console.error(
        `again: npm run test:model -- --on ${on} --runs 1 --seed ${seed} --path ${found.counterexamplePath}`,
      )
      return 1
    } finally {
      await ground.close()
    }
  } finally {
    await redis?.stop()
    intervals.giveBack()
  }
}

async function lives(ground: Platform, tally: Tally): Promise<fc.RunDetails<[Action[]]>> {
  const property = fc.asyncProperty(runsOn(ground), (steps) => runModel(ground, steps, tally))
  const path = values.path === undefined ? {} : { path: values.path }
  return await fc.check(property, { numRuns: runs, seed, includeErrorInReport: true, ...path })
}

function report(tally: Tally, milliseconds: number): void {
  const many = (counts: Readonly<Record<string, number>>): string => {
    const all = Object.values(counts).reduce((sum, one) => sum + one, 0)
    return `${all} (${Object.entries(counts)
      .map(([what, count]) => `${what} ${count}`)
      .join(', ')})`
  }
  console.log(
    `  lifecycles completed      ${tally.lives} in ${Math.round(milliseconds / 1000)} s, ${tally.steps} steps, all invariants checked after each`,
  )
  console.log(`  requests                  ${tally.requests}`)
  console.log(`  grants                    ${tally.grants}, ${tally.prolonged} extended, ${tally.revoked} revoked`)
  console.log(`  nodes that died           ${many(tally.deaths)}`)
  console.log(`  connections cut           ${many(tally.cuts)}`)
  console.log(`  acts with unknown outcome ${tally.perhaps}`)
  // A killed process cannot report it.
  if (on === 'redis') console.log(`  writes without a reply    ${many(tally.unanswered)}`)
}
