// Whatever people, administrators, configurations, clocks and dying nodes do, in whatever order: no grant comes into
// being or lasts that its rules forbid, and nothing that was acknowledged is lost or half done.

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startRedis } from '../support/redis.ts'
import { live, livesOn } from './model.ts'
import { emptyTally, type Ground, type Tally } from './environment.ts'
import { memoryGround } from './memory-environment.ts'
import { ownIntervals } from './node.ts'
import { processesGround } from './process-environment.ts'
import { redisGround } from './redis-environment.ts'

async function lives(ground: Ground, numRuns: number): Promise<Tally> {
  const tally = emptyTally()
  try {
    await fc.assert(
      fc.asyncProperty(livesOn(ground), (steps) => live(ground, steps, tally)),
      { numRuns },
    )
  } finally {
    await ground.close()
  }
  return tally
}

describe('requests, whatever happens', () => {
  let intervals: ReturnType<typeof ownIntervals>
  beforeAll(() => void (intervals = ownIntervals()))
  afterAll(() => intervals.giveBack())

  test('never lead to a grant their rules forbid, nor lose one that was acknowledged', async () => {
    const { grants } = await lives(memoryGround(), 2_000)
    // A model in which nobody ever gets in would prove nothing.
    expect(grants).toBeGreaterThan(1_000)
  }, 120_000)

  test('nor with two nodes on one Redis, connections cut in the middle and nodes that die', async ({ annotate }) => {
    const redis = await startRedis()
    try {
      const tally = await lives(await redisGround(redis), 150)
      await annotate(JSON.stringify(tally))
      expect(tally.grants).toBeGreaterThan(75)
      expect(tally.perhaps).toBeGreaterThan(10)
      // What nobody heard of has happened at one time and not at another.
      expect(tally.unanswered.stood).toBeGreaterThan(0)
    } finally {
      await redis.stop()
    }
  }, 120_000)

  test('nor with two processes on one Redis, killed at any moment', async ({ annotate }) => {
    const redis = await startRedis()
    try {
      const tally = await lives(await processesGround(redis), 10)
      await annotate(JSON.stringify(tally))
      expect(tally.grants).toBeGreaterThan(0)
      expect(Object.values(tally.deaths).length).toBeGreaterThan(0)
    } finally {
      await redis.stop()
    }
  }, 120_000)
})
