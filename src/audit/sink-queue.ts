// Queue of one sink with retry (exponential back-off) and loss accounting, so that a failing sink does not affect others.

import { backoff } from '../async/backoff.ts'
import { createEventQueue, type Gap, type Item, type EventRange } from './event-queue.ts'
import { SinkFailed, type DeliveryStatus, type Sink } from './sink.ts'

/** For `status`, `/metrics` and the console. */
export interface SinkQueueStatus {
  readonly name: string
  readonly state: 'working' | 'failing'
  /** Epoch milliseconds of the last change of state. */
  readonly since: number
  /** System error code of the last failure. */
  readonly error: string | undefined
  readonly queued: number
  readonly queuedBytes: number
  readonly written: number
  readonly lost: number
  /** Of notification sinks only; `written` then means spooled on disk. */
  readonly delivery?: DeliveryStatus
}

export interface SinkQueue {
  push(lines: Buffer, range: EventRange): void
  lose(range: EventRange): void
  /** Retries now instead of waiting for the next retry. */
  flushNow(): void
  /** Nothing is queued or being written: pushed buffers may be reused. */
  readonly idle: boolean
  /** Resolves when the queue is empty. */
  drained(): Promise<void>
  reopen(): void
  /** Counts queued events as lost and closes the sink. */
  close(): Promise<void>
  status(): SinkQueueStatus
}

export interface SinkQueueDependencies {
  readonly sink: Sink
  readonly limits: { readonly count: number; readonly bytes: number }
  readonly now: () => number
  /** Line (with its line end) of the finding about a gap. */
  readonly announceLoss: (range: EventRange, sink: string) => Buffer
  /** Called when a gap opens: events are lost for this sink. */
  readonly onLoss: (range: EventRange, sink: string) => void
  readonly onState: (sink: string, state: 'working' | 'failing', error: string | undefined) => void
}

export function createSinkQueue({
  sink,
  limits,
  now,
  announceLoss,
  onLoss,
  onState,
}: SinkQueueDependencies): SinkQueue {
  const events = createEventQueue<Buffer>(limits)
  let state: SinkQueueStatus['state'] = 'working'
  let since = now()
  let error: string | undefined
  let written = 0
  let lost = 0
  /** Bytes of the oldest item already written. */
  let offset = 0
  /** Line about the gap at the head; the same at each attempt, as it may have been written in part. */
  let reported: Buffer | undefined
  let pumping = false
  let closed = false
  /** Consecutive failed attempts. */
  let failures = 0
  let retry: NodeJS.Timeout | undefined
  let waiting: (() => void)[] = []

  function countLoss(range: EventRange, gap: Gap): void {
    lost += range.count
    if (gap === 'gap_opened') onLoss(range, sink.name)
  }

  function next() {
    return closed ? undefined : events.peek()
  }

  async function pump(): Promise<void> {
    if (pumping || closed) return
    pumping = true
    clearTimeout(retry)
    retry = undefined
    for (let item = next(); item !== undefined; item = next()) {
      const lines = item.kind === 'entry' ? item.value : (reported ??= announceLoss(item.range, sink.name))
      try {
        await sink.write(offset === 0 ? lines : lines.subarray(offset))
        written += offset === 0 ? linesOf(item) : countLines(lines, offset)
        offset = 0
        reported = undefined
        events.shift()
        failures = 0
        change('working', undefined)
      } catch (cause) {
        const failure = cause instanceof SinkFailed ? cause : new SinkFailed(sink.name, 0, cause)
        written += countLines(lines.subarray(0, offset + failure.written), offset)
        offset += failure.written
        change('failing', failure.code)
        if (!closed) retry = setTimeout(() => void pump(), backoff(retryBackoff, failures++)).unref()
        break
      }
    }
    pumping = false
    if (events.peek() === undefined) settle()
  }

  function change(next: SinkQueueStatus['state'], code: string | undefined): void {
    error = code ?? error
    if (state === next) return
    state = next
    since = now()
    if (next === 'working') error = undefined
    onState(sink.name, next, code)
  }

  function settle(): void {
    const resolvers = waiting
    waiting = []
    for (const resolve of resolvers) resolve()
  }

  return {
    get idle() {
      return !pumping && events.peek() === undefined
    },
    push(lines, range) {
      const kept = closed ? 'gap_opened' : events.push(lines, lines.length, range)
      if (kept !== 'kept') countLoss(range, kept)
      if (retry === undefined) void pump()
    },
    lose(range) {
      countLoss(range, closed ? 'gap_opened' : events.lose(range))
      if (retry === undefined) void pump()
    },
    flushNow() {
      if (retry !== undefined) void pump()
    },
    drained: () =>
      events.peek() === undefined && !pumping
        ? Promise.resolve()
        : new Promise<void>((resolve) => waiting.push(resolve)),
    reopen: () => sink.reopen?.(),
    async close() {
      closed = true
      clearTimeout(retry)
      for (let item = events.peek(); item !== undefined; item = events.peek()) {
        if (item.kind === 'entry') countLoss(item.range, 'gap_opened')
        events.shift()
      }
      settle()
      await sink.close()
    },
    status: () => ({
      name: sink.name,
      state,
      since,
      error,
      queued: events.count,
      queuedBytes: events.bytes,
      written,
      lost,
      delivery: sink.status?.(),
    }),
  }
}

const retryBackoff = { min: 100, max: 5000 }

/** One line per event, one per gap. */
function linesOf(item: Item<Buffer>): number {
  return item.kind === 'entry' ? item.range.count : 1
}

function countLines(lines: Buffer, from: number): number {
  let count = 0
  for (let at = lines.indexOf(10, from); at !== -1; at = lines.indexOf(10, at + 1)) count++
  return count
}
