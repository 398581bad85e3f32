// Takes events from the path without making it wait, and brings each to every sink exactly once, or says that it did not.

import { randomBytes } from 'node:crypto'
import { createIds } from '../telemetry/ids.ts'
import type { AuditEvent, Recorder } from './event.ts'
import { createJournal, type Stretch } from './event-queue.ts'
import { createLane, type LaneStatus } from './sink-queue.ts'
import { createOcsf } from './ocsf/ocsf.ts'
import { createSheet } from './line-buffer.ts'
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
  readonly sinks: readonly LaneStatus[]
}

/** What was lost when a sink had no room: told once when it begins; the sink itself tells how much when it works again. */
export interface Loss {
  readonly sink: string
  readonly from: number
}

export interface RecorderParts {
  readonly sinks: readonly Sink[]
  readonly now: () => number
  /** For events that carry no configuration hash themselves. */
  readonly configurationHash?: () => string | undefined
  readonly onLoss?: (loss: Loss) => void
  readonly onState?: (sink: string, state: 'working' | 'failing', error: string | undefined) => void
  readonly limits?: { readonly count: number; readonly bytes: number }
}

export function createRecorder(parts: RecorderParts): AuditRecorder {
  const { now, limits = ordinaryLimits } = parts
  const instance = randomBytes(8).toString('hex')
  const line = createOcsf()
  const ids = createIds()
  const queue = createJournal<AuditEvent>(limits)
  const lanes = parts.sinks.map((sink) =>
    createLane({
      sink,
      limits,
      now,
      tell: (stretch, name) => Buffer.from(`${lineOf(lossFinding(stretch, name, now()), stretch.first)}\n`),
      onLoss: (stretch, name) => parts.onLoss?.({ sink: name, from: stretch.from }),
      onState: (name, state, error) => parts.onState?.(name, state, error),
    }),
  )
  let sequence = 0
  let scheduled = false

  function record(event: AuditEvent): void {
    sequence++
    // A malformed event is a mistake of ours: it becomes a finding later, and ends no request now.
    const at = event?.at ?? now()
    queue.push(event, weigh(event), { count: 1, from: at, until: at, first: sequence, last: sequence })
    if (scheduled) return
    scheduled = true
    setTimeout(work, pause)
  }

  /** A slice at a time, so that a flood of events does not hold up requests. */
  function work(): void {
    slice()
    if (queue.peek() === undefined) scheduled = false
    else setImmediate(work)
  }

  function slice(): void {
    const sheet = createSheet(Math.min(queue.bytes, sheetBytes), handOver)
    for (let taken = 0; taken < sliceSize; taken++) {
      const item = queue.peek()
      if (item === undefined) break
      queue.shift()
      if (item.kind === 'entry') sheet.add(lineOf(item.value, item.stretch.first), item.stretch)
      else {
        sheet.end()
        for (const lane of lanes) lane.lose(item.stretch)
      }
    }
    sheet.end()
  }

  function handOver(lines: Buffer, stretch: Stretch): void {
    for (const lane of lanes) lane.push(lines, stretch)
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
      return parts.configurationHash?.()
    } catch {
      return undefined
    }
  }

  async function flush(limit = longestFlush): Promise<boolean> {
    const until = performance.now() + limit
    while (queue.peek() !== undefined && performance.now() < until) {
      slice()
      await new Promise((resolve) => setImmediate(resolve))
    }
    for (const lane of lanes) lane.hurry()
    return within(until - performance.now(), Promise.all(lanes.map((lane) => lane.drained())))
  }

  return {
    record,
    flush,
    async close(limit = longestFlush) {
      await flush(limit)
      while (queue.peek() !== undefined) slice()
      await within(Math.min(limit, longestClose), Promise.all(lanes.map((lane) => lane.close())))
    },
    reopen() {
      for (const lane of lanes) lane.reopen()
    },
    status() {
      const sinks = lanes.map((lane) => lane.status())
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
const ordinaryLimits = { count: 100_000, bytes: 64 * 1024 * 1024 }
/** Milliseconds from the first event to its line. */
const pause = 20
/** Events put into words at a stretch: about a millisecond. */
const sliceSize = 256
/** Bytes of lines handed over together, at most, unless one alone is longer. */
const sheetBytes = 512 * 1024
const longestFlush = 5000
const longestClose = 1000

/** About the bytes an event will be as a line; what a client can make long is counted. */
function weigh(event: AuditEvent): number {
  if (event?.kind !== 'access') return 1024
  const groups = event.input?.identity?.subject.groups.length ?? 0
  return 2048 + (event.request?.path.length ?? 0) * 2 + (event.origin?.userAgent?.length ?? 0) + groups * 32
}

function lossFinding(lost: Stretch, sink: string, at: number): AuditEvent {
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
function within(limit: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), Math.max(0, limit))
    void work.then(() => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}
