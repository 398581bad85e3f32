// Takes events from the path without making it wait, and brings each to every sink exactly once, or says that it did not.

import { randomBytes } from 'node:crypto'
import { createIds } from '../telemetry/ids.ts'
import type { AuditEvent, Recorder } from './event.ts'
import { createEventQueue, type EventRange } from './event-queue.ts'
import { createSinkQueue, type SinkQueueStatus } from './sink-queue.ts'
import { createOcsf } from './ocsf/ocsf.ts'
import { createLineBuffer } from './line-buffer.ts'
import type { Sink } from './sink.ts'

export interface AuditRecorder {
  /** Puts the event into a queue; what it costs more is paid later. The event must not be changed afterwards. */
  readonly record: Recorder
  /** Writes out what was recorded until now. False when that took longer than `limit` milliseconds (5 s). */
  flush(limit?: number): Promise<boolean>
  /** Flushes, then closes the sinks. What could not be written within `limit` milliseconds is reported as lost. */
  close(limit?: number): Promise<void>
  /** Sinks open their files again (SIGHUP). */
  reopen(): void
  status(): AuditStatus
}

export interface AuditStatus {
  /** Events recorded and not yet with all sinks. */
  readonly queued: number
  /** Over all sinks, since the start. */
  readonly written: number
  readonly lost: number
  readonly sinks: readonly SinkQueueStatus[]
}

/** What was lost when a sink had no room: told once when it begins; the sink itself tells how much when it works again. */
export interface Loss {
  readonly sink: string
  readonly from: number
}

export interface RecorderDependencies {
  readonly sinks: readonly Sink[]
  readonly now: () => number
  /** For events that carry no configuration hash themselves. */
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
    // A malformed event is a mistake of ours: it becomes a finding later, and ends no request now.
    const at = event?.at ?? now()
    queue.push(event, estimateSize(event), { count: 1, from: at, until: at, first: sequence, last: sequence })
    if (scheduled) return
    scheduled = true
    setTimeout(runBatches, batchInterval)
  }

  /** A slice at a time, so that a flood of events does not hold up requests. */
  function runBatches(): void {
    writeBatch()
    if (queue.peek() === undefined) scheduled = false
    else setImmediate(runBatches)
  }

  function writeBatch(): void {
    const buffer = createLineBuffer(Math.min(queue.bytes, bufferBytes), distribute)
    for (let taken = 0; taken < batchSize; taken++) {
      const item = queue.peek()
      if (item === undefined) break
      queue.shift()
      if (item.kind === 'entry') buffer.add(lineOf(item.value, item.stretch.first), item.stretch)
      else {
        buffer.end()
        for (const sinkQueue of queues) sinkQueue.lose(item.stretch)
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

  /** Undefined also while none is in force yet: what happens that early is recorded all the same. */
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

/** A line of an ordinary request is about 2 KB: a minute and more of a busy gateway with a sink that is away. */
const defaultLimits = { count: 100_000, bytes: 64 * 1024 * 1024 }
/** Milliseconds from the first event to its line. */
const batchInterval = 20
/** Events put into words at a stretch: about a millisecond. */
const batchSize = 256
/** Bytes of lines handed over together, at most, unless one alone is longer. */
const bufferBytes = 512 * 1024
const flushTimeout = 5000
const closeTimeout = 1000

/** About the bytes an event will be as a line; what a client can make long is counted. */
function estimateSize(event: AuditEvent): number {
  if (event?.kind !== 'access') return 1024
  const groups = event.input?.identity?.subject.groups.length ?? 0
  return 2048 + (event.request?.path.length ?? 0) * 2 + (event.origin?.userAgent?.length ?? 0) + groups * 32
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
