// Audit recorder: queues events without blocking requests, batches them to every sink, and accounts for every loss.

import { randomBytes } from 'node:crypto'
import { createIds } from '../telemetry/ids.ts'
import type { AuditEvent, Recorder } from './event.ts'
import { createEventQueue, type EventRange } from './event-queue.ts'
import { createSinkQueue, type SinkQueueStatus } from './sink-queue.ts'
import { createOcsf } from './ocsf/ocsf.ts'
import { createLineBuffer } from './line-buffer.ts'
import type { Sink } from './sink.ts'

export interface AuditRecorder {
  /** Queues the event; serialization happens later. The event must not be modified afterwards. */
  readonly record: Recorder
  /** Writes all events recorded so far. False when that takes longer than `limit` milliseconds (default 5 s). */
  flush(limit?: number): Promise<boolean>
  /** Flushes, then closes the sinks. Events not written within `limit` milliseconds are reported as lost. */
  close(limit?: number): Promise<void>
  /** Reopens the files of sinks (SIGHUP). */
  reopen(): void
  status(): AuditStatus
}

export interface AuditStatus {
  /** Events recorded but not yet written by all sinks. */
  readonly queued: number
  /** Sum over all sinks since the start. */
  readonly written: number
  readonly lost: number
  readonly sinks: readonly SinkQueueStatus[]
}

/** Start of a loss because the queue of a sink is full; the sink records the extent once it works again. */
export interface Loss {
  readonly sink: string
  readonly from: number
}

export interface RecorderDependencies {
  readonly sinks: readonly Sink[]
  readonly now: () => number
  /** For events without a configuration hash of their own. */
  readonly configurationHash?: () => string | undefined
  readonly onLoss?: (loss: Loss) => void
  readonly onState?: (sink: string, state: 'working' | 'failing', error: string | undefined) => void
  readonly limits?: { readonly count: number; readonly bytes: number }
}

export function createRecorder(deps: RecorderDependencies): AuditRecorder {
  const { now, limits = defaultLimits } = deps
  const instance = randomBytes(8).toString('hex')
  const line = createOcsf()
  const ids = createIds()
  const queue = createEventQueue<AuditEvent>(limits)
  const queues = deps.sinks.map((sink) =>
    createSinkQueue({
      sink,
      limits,
      now,
      announceLoss: (range, name) => Buffer.from(`${lineOf(lossFinding(range, name, now()), range.first)}\n`),
      onLoss: (range, name) => deps.onLoss?.({ sink: name, from: range.from }),
      onState: (name, state, error) => deps.onState?.(name, state, error),
    }),
  )
  let sequence = 0
  let scheduled = false

  function record(event: AuditEvent): void {
    sequence++
    // A malformed event is a programming error: it becomes a finding later and must not fail the request.
    const at = event?.at ?? now()
    queue.push(event, estimateSize(event), { count: 1, from: at, until: at, first: sequence, last: sequence })
    if (scheduled) return
    scheduled = true
    setTimeout(runBatches, batchInterval)
  }

  /** One batch per turn of the event loop, so that a flood of events does not delay requests. */
  function runBatches(): void {
    writeBatch()
    if (queue.peek() === undefined) scheduled = false
    else setImmediate(runBatches)
  }

  function writeBatch(): void {
    const buffer = createLineBuffer(Math.min(queue.bytes, bufferBytes), distribute)
    for (let count = 0; count < batchSize; count++) {
      const item = queue.peek()
      if (item === undefined) break
      queue.shift()
      if (item.kind === 'entry') buffer.add(lineOf(item.value, item.range.first), item.range)
      else {
        buffer.end()
        for (const sinkQueue of queues) sinkQueue.lose(item.range)
      }
    }
    buffer.end()
  }

  function distribute(lines: Buffer, range: EventRange): void {
    for (const sinkQueue of queues) sinkQueue.push(lines, range)
  }

  function lineOf(event: AuditEvent, number: number): string {
    const stamp = { uid: ids.timed(now()), sequence: number, instance, configuration: configuration() }
    try {
      return line(event, stamp)
    } catch (error) {
      return line(unwritable(event, error), stamp)
    }
  }

  /** Undefined also before the first configuration is active; such early events are recorded too. */
  function configuration(): string | undefined {
    try {
      return deps.configurationHash?.()
    } catch {
      return undefined
    }
  }

  async function flush(limit = flushTimeout): Promise<boolean> {
    const until = performance.now() + limit
    while (queue.peek() !== undefined && performance.now() < until) {
      writeBatch()
      await new Promise((resolve) => setImmediate(resolve))
    }
    for (const sinkQueue of queues) sinkQueue.flushNow()
    return withTimeout(until - performance.now(), Promise.all(queues.map((sinkQueue) => sinkQueue.drained())))
  }

  return {
    record,
    flush,
    async close(limit = flushTimeout) {
      await flush(limit)
      while (queue.peek() !== undefined) writeBatch()
      await withTimeout(Math.min(limit, closeTimeout), Promise.all(queues.map((sinkQueue) => sinkQueue.close())))
    },
    reopen() {
      for (const sinkQueue of queues) sinkQueue.reopen()
    },
    status() {
      const sinks = queues.map((sinkQueue) => sinkQueue.status())
      return {
        queued: queue.count + Math.max(0, ...sinks.map(({ queued }) => queued)),
        written: sinks.reduce((sum, { written }) => sum + written, 0),
        lost: sinks.reduce((sum, { lost }) => sum + lost, 0),
        sinks,
      }
    },
  }
}

/** An access line has about 2 KB: enough for more than a minute of a busy gateway while a sink is unavailable. */
const defaultLimits = { count: 100_000, bytes: 64 * 1024 * 1024 }
/** Milliseconds from the first event to its serialization. */
const batchInterval = 20
/** Events serialized per batch: about a millisecond of work. */
const batchSize = 256
/** Maximum bytes of lines per flush, unless a single line is longer. */
const bufferBytes = 512 * 1024
const flushTimeout = 5000
const closeTimeout = 1000

/** Estimated bytes of the serialized event; counts every member whose length a client controls, and each group twice. */
function estimateSize(event: AuditEvent): number {
  if (event?.kind !== 'access') return 1024
  const groups = event.input?.identity?.subject.groups.length ?? 0
  return 2048 + (event.request?.path.length ?? 0) * 2 + (event.origin?.userAgent?.length ?? 0) + groups * 80
}

function lossFinding(lost: EventRange, sink: string, at: number): AuditEvent {
  const count = lost.count === 1 ? '1 audit event was' : `${lost.count} audit events were`
  return {
    kind: 'finding',
    at,
    actor: { kind: 'system' },
    origin: undefined,
    title: 'Audit events were lost',
    detail:
      `${count} lost between ${instant(lost.from)} and ${instant(lost.until)}` +
      ` (sequence ${lost.first} to ${lost.last}, sink ${sink})`,
    severity: 'high',
  }
}

function unwritable(event: AuditEvent, error: unknown): AuditEvent {
  const name = error instanceof Error ? error.name : 'unknown'
  return {
    kind: 'finding',
    at: Number(event?.at),
    actor: { kind: 'system' },
    origin: undefined,
    title: 'An audit event could not be put into words',
    detail: `${String(event?.kind)} event, ${name}`,
    severity: 'high',
  }
}

function instant(at: number): string {
  return Number.isFinite(at) && Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : 'an unknown time'
}

/** False when the work took longer than `limit` milliseconds. */
function withTimeout(limit: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), Math.max(0, limit))
    void work.then(() => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}
