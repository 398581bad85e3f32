// Model-based test of access requests: for any sequence of acts, configuration changes, clock jumps and node failures, no
// grant exists that the rules forbid, and nothing acknowledged is lost or partially done.

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startRedis } from '../support/redis.ts'
import { runModel, runsOn } from './model.ts'
import { emptyTally, type Platform, type Tally } from './environment.ts'
import { memoryPlatform } from './memory-environment.ts'
import { ownIntervals } from './node.ts'
import { processPlatform } from './process-environment.ts'
import { redisPlatform } from './redis-environment.ts'

async function lives(ground: Platform, numRuns: number): Promise<Tally> {
  const tally = emptyTally()
  try {
    await fc.assert(
      fc.asyncProperty(runsOn(ground), (steps) => runModel(ground, steps, tally)),
      { numRuns },
    )
  } finally {
    await ground.close()
  }
  return tally
}

describe('access requests under any sequence of events', () => {
  let intervals: ReturnType<typeof ownIntervals>
  beforeAll(() => void (intervals = ownIntervals()))
  afterAll(() => intervals.giveBack())

  test('never lead to a forbidden grant, nor lose an acknowledged one', async () => {
    const { grants } = await lives(memoryPlatform(), 2_000)
    // A model without any grant would prove nothing.
    expect(grants).toBeGreaterThan(1_000)
  }, 120_000)

  test('with two nodes on one Redis, broken connections and node failures', async ({ annotate }) => {
    const redis = await startRedis()
    try {
      const tally = await lives(await redisPlatform(redis), 150)
      await annotate(JSON.stringify(tally))
      expect(tally.grants).toBeGreaterThan(75)
      expect(tally.perhaps).toBeGreaterThan(10)
      // Writes without a reply were applied in some cases and not in others.
      expect(tally.unanswered.stood).toBeGreaterThan(0)
    } finally {
      await redis.stop()
    }
  }, 120_000)

  test('with two processes on one Redis, killed at any moment', async ({ annotate }) => {
    const redis = await startRedis()
    try {
      const tally = await lives(await processPlatform(redis), 10)
      await annotate(JSON.stringify(tally))
      expect(tally.grants).toBeGreaterThan(0)
      expect(Object.values(tally.deaths).length).toBeGreaterThan(0)
    } finally {
      await redis.stop()
    }
  }, 120_000)
})
