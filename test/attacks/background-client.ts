// Background client: an ordinary user beside an attack, whose latency and responses show whether the gateway still works.

import { setTimeout as pause } from 'node:timers/promises'
import { must } from './case.ts'
import type { Environment } from './environment.ts'

/** Milliseconds: distinguishes a busy process from one that hangs. Attackers and Ada share this process, so both wait. */
const maxLatency = 4_000

/** Runs the attack while Ada sends requests, each of which must be answered. Resolves with a line of figures. */
export async function withBackgroundClient(ground: Environment, attack: () => Promise<void>): Promise<string> {
  const quiet = await waits(ground, async () => pause(500))
  const loud = await waits(ground, attack)
  const [before, during] = [percentile(quiet, 0.99), percentile(loud, 0.99)]
  must(during < maxLatency, `p99 below ${maxLatency} ms`, during)
  return `p99 ${during.toFixed(0)} ms beside ${loud.length} honest requests (quiet: ${before.toFixed(0)} ms)`
}

async function waits(ground: Environment, attack: () => Promise<void>): Promise<number[]> {
  const times: number[] = []
  const over = new AbortController()
  const honest = (async () => {
    while (!over.signal.aborted || times.length < 5) {
      const begun = performance.now()
      const answer = await ground.ada.ask(`${ground.origin('wiki')}/app/echo`, ground.port)
      times.push(performance.now() - begun)
      must(answer.status === 200, '200 for the background client', `${answer.status} ${answer.body.slice(0, 300)}`)
      await pause(5)
    }
  })()
  // Wait for both: an attack that continues would affect the next one.
  const [attacked, worked] = await Promise.allSettled([attack().finally(() => over.abort()), honest])
  for (const one of [attacked, worked]) if (one.status === 'rejected') throw one.reason
  return times
}

function percentile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))]!
}
