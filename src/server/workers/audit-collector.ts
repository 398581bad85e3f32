// Audit collector: reads the event lines of all workers from pipes; the supervisor alone writes, rotates and delivers them.

import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { createSinkQueue, type SinkQueue, type SinkQueueStatus } from '../../audit/sink-queue.ts'
import type { Sink } from '../../audit/sink.ts'

export interface AuditCollector {
  /** The sink of the supervisor's own recorder. */
  readonly sink: Sink
  /** Reads the lines of one worker until it has ended, including those still in the pipe after it was killed. */
  attach(from: Readable): Promise<void>
  /** Switches to other sinks; the previous ones drain and close. */
  change(sinks: readonly Sink[]): Promise<void>
  reopen(): void
  status(): readonly SinkQueueStatus[]
  /** Lines not written within `limit` milliseconds are lost. */
  close(limit: number): Promise<void>
}

export interface AuditCollectorDependencies {
  readonly sinks: readonly Sink[]
  readonly now: () => number
  /** Builds the line, newline included, that reports `count` lost events. */
  readonly announceLoss: (count: number, from: number, until: number, sink: string) => Buffer
  readonly onLoss: (sink: string) => void
  readonly onState: (sink: string, state: 'working' | 'failing', error: string | undefined) => void
}

/** Back-pressure: bytes queued for the fastest sink before reading from workers pauses; they then queue events themselves. */
const maxPendingBytes = 8 * 1024 * 1024
/** Bytes of one write. */
const pageBytes = 512 * 1024
/** Bytes: a smaller chunk means that the pipe was read before more had arrived; then wait this many milliseconds. */
const smallChunk = 48 * 1024
const batchInterval = 20
/** Backlog of a sink that is slower than the others, before its lines are lost. */
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
  /** Whole lines read in this turn of the event loop, to be written at once. */
  let page = Buffer.allocUnsafeSlow(pageBytes)
  /** The previous page, which sinks may still be writing (double buffering). */
  let written = Buffer.allocUnsafeSlow(pageBytes)
  let batchSize = 0
  let flushing: NodeJS.Immediate | undefined

  /** `partial` is the start of the first line of `lines`; together they end with a newline. Both are copied. */
  function takeBatch(partial: Buffer, lines: Buffer): void {
    const added = partial.length + lines.length
    if (added > page.length - batchSize) flush()
    if (added > page.length) return push(Buffer.concat([partial, lines]))
    batchSize += partial.copy(page, batchSize)
    batchSize += lines.copy(page, batchSize)
    flushing ??= setImmediate(flush)
  }

  function flush(): void {
    clearImmediate(flushing)
    flushing = undefined
    if (batchSize === 0) return
    const lines = page.subarray(0, batchSize)
    batchSize = 0
    // The page is reused when all sinks are idle: a new buffer for each write would cause garbage collections.
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
      let partial: Buffer = emptyBuffer
      try {
        for await (const chunk of from as AsyncIterable<Buffer>) {
          const end = chunk.lastIndexOf(10) + 1
          if (end > 0) takeBatch(partial, chunk.subarray(0, end))
          const left = chunk.subarray(end)
          partial = end > 0 ? Buffer.from(left) : Buffer.concat([partial, left])
          const few = chunk.length < smallChunk
          if (from instanceof Socket) releaseBuffer(chunk)
          await isWritable()
          // Reading again at once would split a worker's batch into a dozen chunks, each with its own turn of the loop and write.
          if (few && from.readableLength === 0) await pause(batchInterval)
        }
      } catch {
        // A killed worker: its whole lines have been read, an unfinished one is dropped.
      }
    },
    async change(next) {
      flush()
      // The previous sinks may still be writing the old pages.
      page = Buffer.allocUnsafeSlow(pageBytes)
      written = Buffer.allocUnsafeSlow(pageBytes)
      const previous = queues
      queues = next.map(queueOf)
      await closeQueues(previous, drainTimeout)
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

/** Frees a socket's read buffer once it is copied. Left to the garbage collector, these cause a full collection each second. */
function releaseBuffer({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}

/** Milliseconds. */
const drainTimeout = 5_000
const drainPollInterval = 100

function waitUntilDrained(queue: SinkQueue): Promise<unknown> {
  return Promise.race([queue.drained(), new Promise((resolve) => setTimeout(resolve, drainPollInterval))])
}

async function closeQueues(queues: readonly SinkQueue[], limit: number): Promise<void> {
  for (const queue of queues) queue.flushNow()
  const late = AbortSignal.timeout(limit)
  const over = new Promise((resolve) => late.addEventListener('abort', resolve, { once: true }))
  await Promise.race([Promise.all(queues.map((queue) => queue.drained())), over])
  await Promise.race([
    Promise.all(queues.map((queue) => queue.close())),
    new Promise((done) => setTimeout(done, 1_000)),
  ])
}

function countLines(lines: Buffer): number {
  let count = 0
  for (let at = lines.indexOf(10); at !== -1; at = lines.indexOf(10, at + 1)) count++
  return count
}
