// Brings what lies in a spool to its peer, one message at a time, again and again until it is taken or given up.

import { backoff } from '../../async/backoff.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { DeliveryStatus } from '../sink.ts'
import type { Message, Spool } from './spool.ts'

/** How one attempt ended. `why`: a word or a status for log and `status`, nothing a peer wrote and no address. */
export type Attempt =
  | { readonly state: 'delivered' }
  /** `hopeless`: the peer will never take this one. `after`: milliseconds it asked us to wait. */
  | { readonly state: 'failed'; readonly why: string; readonly hopeless: boolean; readonly after?: number }

/** Must end when the signal does; may reject. */
export type Deliver = (message: Message, signal: AbortSignal) => Promise<Attempt>

export interface Delivery {
  /** There is something new, or reason to try again now. */
  wake(): void
  /** The spool had no room for a message. */
  refuse(): void
  /** The spool had room again. */
  accept(): void
  status(): DeliveryStatus
  /** Ends an attempt under way after a moment, and leaves the rest on disk. Never rejects. */
  close(): Promise<void>
}

export interface DeliveryDependencies {
  readonly name: string
  readonly spool: Spool
  readonly deliver: Deliver
  /** Milliseconds after which a message is given up. */
  readonly maxAge: number
  readonly now: () => number
  readonly log: Logger
}

export function createDelivery({ name, spool, deliver, maxAge, now, log }: DeliveryDependencies): Delivery {
  const closing = new AbortController()
  let closed = false
  let state: DeliveryStatus['state'] = 'working'
  let since = now()
  let error: string | undefined
  let delivered = 0
  let refused = 0
  let full = false
  /** Attempts in a row that failed, whatever message they were about. */
  let failures = 0
  let pausedUntil = 0
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined

  const upkeep = setInterval(() => {
    spool
      .touch()
      .then(() => spool.claim(now()))
      .then(wake)
      .catch((cause: unknown) =>
        log.warn({ sink: name, code: codeOf(cause) }, 'the spool of an audit sink cannot be read'),
      )
  }, upkeepInterval).unref()

  function wake(): void {
    if (closed || running !== undefined) return
    clearTimeout(timer)
    const next = spool.nextDue()
    if (next === undefined) return
    const pause = Math.max(next, pausedUntil) - now()
    if (pause > 0) {
      timer = setTimeout(wake, Math.min(pause, maxTimer)).unref()
      return
    }
    running = run()
      .catch((cause: unknown) => {
        // The disk, most likely. Nothing is lost by waiting.
        failed(codeOf(cause), undefined)
      })
      .finally(() => {
        running = undefined
        wake()
      })
  }

  const scheduleNext = (): boolean => !closed && now() >= pausedUntil

  async function run(): Promise<void> {
    while (scheduleNext()) {
      const id = spool.due(now())
      if (id === undefined) return
      const message = await spool.read(id)
      if (message !== undefined) await attempt(message)
    }
  }

  async function attempt(message: Message): Promise<void> {
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(attemptTimeout)])
    const result = await Promise.race([deliver(message, signal), ended(signal)]).catch((cause: unknown): Attempt => ({
      state: 'failed',
      why: codeOf(cause),
      hopeless: false,
    }))
    if (result.state === 'delivered') {
      await spool.done(message.id)
      delivered++
      succeeded()
      return
    }
    if (closing.signal.aborted) return
    const waited = now() - (message.died?.at ?? message.at)
    spool.postpone(message.id, now())
    if (result.hopeless) {
      // The peer answers, and not to all messages like this: no reason to hold up the others.
      await spool.bury(message, result.why, now())
      log.error(
        { sink: name, message: message.id, why: result.why },
        'a message was given up: its recipient refused it',
      )
      return
    }
    failed(result.why, result.after)
    if (waited < maxAge || spool.attempts(message.id) < minAttempts) return
    await spool.bury(message, result.why, now())
    log.error(
      { sink: name, message: message.id, why: result.why },
      'a message was given up: it could not be delivered in time',
    )
  }

  function succeeded(): void {
    failures = 0
    pausedUntil = 0
    if (state === 'working') return
    state = 'working'
    since = now()
    error = undefined
    log.info({ sink: name }, 'an audit sink delivers again')
  }

  function failed(why: string, after: number | undefined): void {
    pausedUntil = now() + Math.max(backoff(retryBackoff, failures++), Math.min(after ?? 0, maxRetryAfter))
    error = why
    if (state === 'failing') return
    state = 'failing'
    since = now()
    log.error({ sink: name, why }, 'an audit sink cannot deliver; what it has to tell waits on disk')
  }

  wake()

  return {
    wake,
    refuse() {
      refused++
      if (full) return
      full = true
      log.error({ sink: name }, 'the spool of an audit sink is full: the newest messages are not told')
    },
    accept() {
      if (!full) return
      full = false
      log.info({ sink: name, refused }, 'the spool of an audit sink has room again')
    },
    status: () => ({ state, since, error, ...spool.status(), delivered, refused }),
    async close() {
      clearTimeout(timer)
      clearInterval(upkeep)
      closed = true
      const closeTimer = setTimeout(() => closing.abort(), closeGracePeriod)
      await running
      clearTimeout(closeTimer)
      closing.abort()
      clearTimeout(timer)
      await spool
        .leave()
        .catch((cause: unknown) => log.warn({ sink: name, code: codeOf(cause) }, 'a spool was not left in order'))
    },
  }
}

/** Milliseconds. Below what Node's timers take at most. */
const maxTimer = 3_600_000
const attemptTimeout = 60_000
const retryBackoff = { min: 1000, max: 60_000 }
/** A peer that asks for more is asked again all the same. */
const maxRetryAfter = 3_600_000
const upkeepInterval = 10_000
/** Closing a sink may take a second. */
const closeGracePeriod = 500
/** After a long night with the gateway switched off, nothing is given up at the first try of the morning. */
const minAttempts = 5

/** Whatever a library makes of the signal: no attempt outlives it. */
function ended(signal: AbortSignal): Promise<Attempt> {
  return new Promise((resolve) => {
    const failed = (): void => resolve({ state: 'failed', why: 'timeout', hopeless: false })
    if (signal.aborted) failed()
    else signal.addEventListener('abort', failed, { once: true })
  })
}

function codeOf(cause: unknown): string {
  const code = (cause as { code?: unknown } | undefined)?.code
  return typeof code === 'string' && /^[A-Za-z0-9_]{1,40}$/.test(code) ? code : 'unknown'
}
