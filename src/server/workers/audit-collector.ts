// The audit of several processes: workers hand whole lines to the supervisor, which alone writes, rotates and delivers.

import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { createSinkQueue, type SinkQueue, type SinkQueueStatus } from '../../audit/sink-queue.ts'
import type { Sink } from '../../audit/sink.ts'

export interface AuditCollector {
  /** Where the supervisor's own recorder writes. */
  readonly sink: Sink
  /** Takes the lines of one worker until it has ended, also those it left behind when it was killed. */
  attach(from: Readable): Promise<void>
  /** Other sinks from now on; those of before write out what they have, and close. */
  change(sinks: readonly Sink[]): Promise<void>
  reopen(): void
  status(): readonly SinkQueueStatus[]
  /** What could not be written within `limit` milliseconds is lost. */
  close(limit: number): Promise<void>
}

export interface AuditCollectorDependencies {
  readonly sinks: readonly Sink[]
  readonly now: () => number
  /** The line, with its line end, that tells of `count` lost ones. */
  readonly announceLoss: (count: number, from: number, until: number, sink: string) => Buffer
  readonly onLoss: (sink: string) => void
  readonly onState: (sink: string, state: 'working' | 'failing', error: string | undefined) => void
}

/** Bytes that may wait for the fastest sink before workers have to wait; they keep what comes meanwhile themselves. */
const maxPendingBytes = 8 * 1024 * 1024
/** Bytes written at once. */
const pageBytes = 512 * 1024
/** Bytes; a chunk that is smaller was read before there was more, and milliseconds until the next look then. */
const initialChunk = 48 * 1024
const batchInterval = 20
/** What a sink that is slower than the others may leave behind before its lines are lost. */
const limits = { count: 100_000, bytes: 64 * 1024 * 1024 }

export function createAuditCollector({
  sinks,
  now,
  announceLoss,
  onLoss,
  onState,
}: AuditCollectorDependencies): AuditCollector {
  const queueOf = (sink: Sink): SinkQueue =>
    createSinkQueue({
      sink,
      limits,
      now,
      announceLoss: ({ count, from, until }, name) => announceLoss(count, from, until, name),
      onLoss: (_stretch, name) => onLoss(name),
      onState,
    })
  let queues = sinks.map(queueOf)
  /** Whole lines that were read in this turn of the event loop: one write for all of them. */
  let page = Buffer.allocUnsafeSlow(pageBytes)
  /** The one before: sinks may still be writing it. */
  let written = Buffer.allocUnsafeSlow(pageBytes)
  let batchSize = 0
  let flushing: NodeJS.Immediate | undefined

  /** `begun` and `lines` follow each other, and end with a line. Both are copied. */
  function takeBatch(begun: Buffer, lines: Buffer): void {
    const coming = begun.length + lines.length
    if (coming > page.length - batchSize) flush()
    if (coming > page.length) return push(Buffer.concat([begun, lines]))
    batchSize += begun.copy(page, batchSize)
    batchSize += lines.copy(page, batchSize)
    flushing ??= setImmediate(flush)
  }

  function flush(): void {
    clearImmediate(flushing)
    flushing = undefined
    if (batchSize === 0) return
    const lines = page.subarray(0, batchSize)
    batchSize = 0
    // New memory for each write would be garbage a moment later, and the collector look through everything for it.
    if (!queues.every(({ idle }) => idle)) return push(Buffer.from(lines))
    push(lines)
    ;[page, written] = [written, page]
  }

  function push(lines: Buffer): void {
    const at = now()
    const count = countLines(lines)
    for (const queue of queues) queue.push(lines, { count, from: at, until: at, first: 0, last: 0 })
  }

  async function isWritable(): Promise<void> {
    const full = (queue: SinkQueue): boolean => queue.status().queuedBytes > maxPendingBytes
    while (queues.length > 0 && queues.every(full)) await Promise.race(queues.map(waitUntilDrained))
  }

  return {
    sink: {
      name: 'workers',
      async write(lines) {
        takeBatch(emptyBuffer, lines)
      },
      close: () => Promise.resolve(),
    },
    async attach(from) {
      let begun: Buffer = emptyBuffer
      try {
        for await (const chunk of from as AsyncIterable<Buffer>) {
          const end = chunk.lastIndexOf(10) + 1
          if (end > 0) takeBatch(begun, chunk.subarray(0, end))
          const left = chunk.subarray(end)
          begun = end > 0 ? Buffer.from(left) : Buffer.concat([begun, left])
          const few = chunk.length < initialChunk
          if (from instanceof Socket) releaseBuffer(chunk)
          await isWritable()
          // Read at once, a worker's batch would come in a dozen pieces, each a turn of the loop and a write.
          if (few && from.readableLength === 0) await pause(batchInterval)
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
      const before = queues
      queues = next.map(queueOf)
      await closeQueues(before, drainTimeout)
    },
    reopen() {
      flush()
      for (const queue of queues) queue.reopen()
    },
    status: () => queues.map((queue) => queue.status()),
    async close(limit) {
      flush()
      await closeQueues(queues, limit)
    },
  }
}

const emptyBuffer = Buffer.alloc(0)

/** What a socket read, and was copied. Left to the collector, it would walk the whole heap once a second to find it. */
function releaseBuffer({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}

/** Milliseconds. */
const drainTimeout = 5_000
const drainPollInterval = 100

function waitUntilDrained(queue: SinkQueue): Promise<unknown> {
  return Promise.race([queue.drained(), new Promise((resolve) => setTimeout(resolve, drainPollInterval))])
}

async function closeQueues(lanes: readonly SinkQueue[], limit: number): Promise<void> {
  for (const queue of lanes) queue.flushNow()
  const late = AbortSignal.timeout(limit)
  const over = new Promise((resolve) => late.addEventListener('abort', resolve, { once: true }))
  await Promise.race([Promise.all(lanes.map((queue) => queue.drained())), over])
  await Promise.race([Promise.all(lanes.map((queue) => queue.close())), new Promise((done) => setTimeout(done, 1_000))])
}

function countLines(lines: Buffer): number {
  let count = 0
  for (let at = lines.indexOf(10); at !== -1; at = lines.indexOf(10, at + 1)) count++
  return count
}
