// The audit of several processes: workers hand whole lines to the supervisor, which alone writes, rotates and delivers.

import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { createLane, type Lane, type LaneStatus } from '../../audit/sink-queue.ts'
import type { Sink } from '../../audit/sink.ts'

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
/** Bytes written at once. */
const pageBytes = 512 * 1024
/** Bytes; a chunk that is smaller was read before there was more, and milliseconds until the next look then. */
const usualChunk = 48 * 1024
const together = 20
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
  /** Whole lines that were read in this turn of the event loop: one write for all of them. */
  let page = Buffer.allocUnsafeSlow(pageBytes)
  /** The one before: sinks may still be writing it. */
  let written = Buffer.allocUnsafeSlow(pageBytes)
  let gathered = 0
  let flushing: NodeJS.Immediate | undefined

  /** `begun` and `lines` follow each other, and end with a line. Both are copied. */
  function gather(begun: Buffer, lines: Buffer): void {
    const coming = begun.length + lines.length
    if (coming > page.length - gathered) flush()
    if (coming > page.length) return push(Buffer.concat([begun, lines]))
    gathered += begun.copy(page, gathered)
    gathered += lines.copy(page, gathered)
    flushing ??= setImmediate(flush)
  }

  function flush(): void {
    clearImmediate(flushing)
    flushing = undefined
    if (gathered === 0) return
    const lines = page.subarray(0, gathered)
    gathered = 0
    // New memory for each write would be garbage a moment later, and the collector look through everything for it.
    if (!lanes.every(({ idle }) => idle)) return push(Buffer.from(lines))
    push(lines)
    ;[page, written] = [written, page]
  }

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
        gather(nothing, lines)
      },
      close: () => Promise.resolve(),
    },
    async follow(from) {
      let begun: Buffer = nothing
      try {
        for await (const chunk of from as AsyncIterable<Buffer>) {
          const end = chunk.lastIndexOf(10) + 1
          if (end > 0) gather(begun, chunk.subarray(0, end))
          const left = chunk.subarray(end)
          begun = end > 0 ? Buffer.from(left) : Buffer.concat([begun, left])
          const few = chunk.length < usualChunk
          if (from instanceof Socket) giveBack(chunk)
          await room()
          // Read at once, a worker's batch would come in a dozen pieces, each a turn of the loop and a write.
          if (few && from.readableLength === 0) await pause(together)
        }
      } catch {
        // A worker that was killed: what it had handed over is here, a line it had begun is none.
      }
    },
    async change(next) {
      flush()
      // Those of before may take their time.
      page = Buffer.allocUnsafeSlow(pageBytes)
      written = Buffer.allocUnsafeSlow(pageBytes)
      const before = lanes
      lanes = next.map(laneOf)
      await finish(before, farewell)
    },
    reopen() {
      flush()
      for (const lane of lanes) lane.reopen()
    },
    status: () => lanes.map((lane) => lane.status()),
    async close(limit) {
      flush()
      await finish(lanes, limit)
    },
  }
}

const nothing = Buffer.alloc(0)

/** What a socket read, and was copied. Left to the collector, it would walk the whole heap once a second to find it. */
function giveBack({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
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
