// The audit of several processes: workers hand whole lines to the supervisor, which alone writes, rotates and delivers.

import type { Readable } from 'node:stream'
import { createLane, type Lane, type LaneStatus } from '../audit/lane.ts'
import type { Sink } from '../audit/sink.ts'

export interface AuditLines {
  /** Where the supervisor's own recorder writes. */
  readonly sink: Sink
  /** Takes the lines of one worker until it has ended, also those it left behind when it was killed. */
  follow(from: Readable): Promise<void>
  /** Other sinks from now on; those of before write out what they have, and close. */
  change(sinks: readonly Sink[]): Promise<void>
  reopen(): void
  status(): readonly LaneStatus[]
  /** What could not be written within `limit` milliseconds is lost. */
  close(limit: number): Promise<void>
}

export interface AuditLinesParts {
  readonly sinks: readonly Sink[]
  readonly now: () => number
  /** The line, with its line end, that tells of `count` lost ones. */
  readonly tell: (count: number, from: number, until: number, sink: string) => Buffer
  readonly onLoss: (sink: string) => void
  readonly onState: (sink: string, state: 'working' | 'failing', error: string | undefined) => void
}

/** Bytes that may wait for the fastest sink before workers have to wait; they keep what comes meanwhile themselves. */
const enough = 8 * 1024 * 1024
/** What a sink that is slower than the others may leave behind before its lines are lost. */
const limits = { count: 100_000, bytes: 64 * 1024 * 1024 }

export function createAuditLines({ sinks, now, tell, onLoss, onState }: AuditLinesParts): AuditLines {
  const laneOf = (sink: Sink): Lane =>
    createLane({
      sink,
      limits,
      now,
      tell: ({ count, from, until }, name) => tell(count, from, until, name),
      onLoss: (_stretch, name) => onLoss(name),
      onState,
    })
  let lanes = sinks.map(laneOf)

  function push(lines: Buffer): void {
    const at = now()
    const count = linesIn(lines)
    for (const lane of lanes) lane.push(lines, { count, from: at, until: at, first: 0, last: 0 })
  }

  async function room(): Promise<void> {
    const full = (lane: Lane): boolean => lane.status().queuedBytes > enough
    while (lanes.length > 0 && lanes.every(full)) await Promise.race(lanes.map(drainedSoon))
  }

  return {
    sink: {
      name: 'workers',
      async write(lines) {
        push(lines)
      },
      close: () => Promise.resolve(),
    },
    async follow(from) {
      let rest: Buffer = Buffer.alloc(0)
      try {
        for await (const chunk of from as AsyncIterable<Buffer>) {
          const all = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
          const end = all.lastIndexOf(10) + 1
          rest = all.subarray(end)
          if (end > 0) push(all.subarray(0, end))
          await room()
        }
      } catch {
        // A worker that was killed: what it had handed over is here, a line it had begun is none.
      }
    },
    async change(next) {
      const before = lanes
      lanes = next.map(laneOf)
      await finish(before, farewell)
    },
    reopen() {
      for (const lane of lanes) lane.reopen()
    },
    status: () => lanes.map((lane) => lane.status()),
    async close(limit) {
      await finish(lanes, limit)
    },
  }
}

/** Milliseconds. */
const farewell = 5_000
const look = 100

function drainedSoon(lane: Lane): Promise<unknown> {
  return Promise.race([lane.drained(), new Promise((resolve) => setTimeout(resolve, look))])
}

async function finish(lanes: readonly Lane[], limit: number): Promise<void> {
  for (const lane of lanes) lane.hurry()
  const late = AbortSignal.timeout(limit)
  const over = new Promise((resolve) => late.addEventListener('abort', resolve, { once: true }))
  await Promise.race([Promise.all(lanes.map((lane) => lane.drained())), over])
  await Promise.race([Promise.all(lanes.map((lane) => lane.close())), new Promise((done) => setTimeout(done, 1_000))])
}

function linesIn(lines: Buffer): number {
  let count = 0
  for (let at = lines.indexOf(10); at !== -1; at = lines.indexOf(10, at + 1)) count++
  return count
}
