// At-least-once delivery from a spool: one message at a time, retried with exponential back-off until delivered or given up.

import { backoff } from '../../async/backoff.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { DeliveryStatus } from '../sink.ts'
import { createDigests, type DigestSettings } from './digests.ts'
import type { Message, Spool } from './spool.ts'

/** Result of one attempt. `why`: an error code or status for log and `status`, never text of the peer or an address. */
export type Attempt =
  | { readonly state: 'delivered' }
  /** `hopeless`: permanent failure, not retried. `after`: milliseconds of the peer's Retry-After. */
  | { readonly state: 'failed'; readonly why: string; readonly permanent: boolean; readonly after?: number }

/** Several messages only with `DeliveryDependencies.digest`. Must settle when the signal aborts; may reject. */
export type Deliver = (messages: readonly [Message, ...Message[]], signal: AbortSignal) => Promise<Attempt>

export interface Delivery {
  /** Starts delivery: a message was added, or a retry is wanted now. */
  wake(): void
  /** Counts a message that the full spool rejected. */
  refuse(): void
  /** Marks the spool as no longer full. */
  accept(): void
  status(): DeliveryStatus
  /** Aborts the current attempt after a grace period; messages stay on disk. Never rejects. */
  close(): Promise<void>
}

export interface DeliveryDependencies {
  readonly name: string
  readonly spool: Spool
  readonly deliver: Deliver
  /** Combines messages to one recipient; undefined: each is sent by itself. */
  readonly digest?: DigestSettings | undefined
  /** Milliseconds after which a message is given up. */
  readonly maxAge: number
  readonly now: () => number
  readonly log: Logger
  /** Milliseconds between two looks for messages without a live owner. */
  readonly upkeep?: number | undefined
}

export function createDelivery({
  name,
  spool,
  deliver,
  digest,
  maxAge,
  now,
  log,
  upkeep = upkeepInterval,
}: DeliveryDependencies): Delivery {
  const digests = digest && createDigests(spool, digest)
  const closing = new AbortController()
  let closed = false
  let state: DeliveryStatus['state'] = 'working'
  let since = now()
  let error: string | undefined
  let delivered = 0
  let refused = 0
  let full = false
  /** Consecutive failed attempts, across messages. */
  let failures = 0
  let pausedUntil = 0
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined

  const upkeepTimer = setInterval(() => {
    spool
      .touch()
      .then(() => spool.claim(now()))
      .then(wake)
      .catch((cause: unknown) => log.warn({ sink: name, code: codeOf(cause) }, 'spool of an audit sink cannot be read'))
  }, upkeep).unref()

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
        // Probably a disk error. Waiting loses nothing.
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
      if (message === undefined) continue
      const together = digests === undefined ? [message] : await digests.gather(message, now())
      if (together !== undefined) await attempt(together as [Message, ...Message[]])
    }
  }

  async function attempt(messages: readonly [Message, ...Message[]]): Promise<void> {
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(attemptTimeout)])
    const result = await Promise.race([deliver(messages, signal), ended(signal)]).catch((cause: unknown): Attempt => ({
      state: 'failed',
      why: codeOf(cause),
      permanent: false,
    }))
    if (result.state === 'delivered') {
      for (const { id } of messages) await spool.done(id)
      delivered += messages.length
      digests?.sent(messages, now())
      succeeded()
      return
    }
    if (closing.signal.aborted) return
    if (result.permanent && messages.length > 1) return digests?.separate(messages)
    for (const { id } of messages) spool.postpone(id, now())
    // A permanent failure concerns this message alone: continue with the others.
    if (result.permanent) return giveUp(messages[0], result.why, 'rejected by the recipient')
    failed(result.why, result.after)
    for (const message of messages) {
      const waited = now() - (message.died?.at ?? message.at)
      if (waited < maxAge || spool.attempts(message.id) < minAttempts) continue
      await giveUp(message, result.why, 'not delivered in time')
    }
  }

  async function giveUp(message: Message, why: string, because: string): Promise<void> {
    await spool.moveToDeadLetters(message, why, now())
    digests?.forget(message.id)
    log.error({ sink: name, message: message.id, why }, `notification given up: ${because}`)
  }

  function succeeded(): void {
    failures = 0
    pausedUntil = 0
    if (state === 'working') return
    state = 'working'
    since = now()
    error = undefined
    log.info({ sink: name }, 'audit sink recovered')
  }

  function failed(why: string, after: number | undefined): void {
    pausedUntil = now() + Math.max(backoff(retryBackoff, failures++), Math.min(after ?? 0, maxRetryAfter))
    error = why
    if (state === 'failing') return
    state = 'failing'
    since = now()
    log.error({ sink: name, why }, 'audit sink cannot deliver; messages wait in its spool')
  }

  wake()

  return {
    wake,
    refuse() {
      refused++
      if (full) return
      full = true
      log.error({ sink: name }, 'spool of an audit sink is full; new messages are dropped')
    },
    accept() {
      if (!full) return
      full = false
      log.info({ sink: name, refused }, 'spool of an audit sink has space again')
    },
    status: () => ({ state, since, error, ...spool.status(), delivered, refused }),
    async close() {
      clearTimeout(timer)
      clearInterval(upkeepTimer)
      closed = true
      const closeTimer = setTimeout(() => closing.abort(), closeGracePeriod)
      await running
      clearTimeout(closeTimer)
      closing.abort()
      clearTimeout(timer)
      await spool
        .release()
        .catch((cause: unknown) => log.warn({ sink: name, code: codeOf(cause) }, 'spool folder could not be released'))
    },
  }
}

/** Milliseconds, below the maximum delay of Node's timers. */
const maxTimer = 3_600_000
const attemptTimeout = 60_000
const retryBackoff = { min: 1000, max: 60_000 }
/** Upper bound of a peer's Retry-After. */
const maxRetryAfter = 3_600_000
const upkeepInterval = 10_000
/** Less than the second that closing a sink may take. */
const closeGracePeriod = 500
/** So that a message older than `maxAge` after a long downtime is not given up at the first attempt. */
const minAttempts = 5

/** Resolves when the signal aborts, so that no attempt outlives it even if a library ignores the signal. */
function ended(signal: AbortSignal): Promise<Attempt> {
  return new Promise((resolve) => {
    const failed = (): void => resolve({ state: 'failed', why: 'timeout', permanent: false })
    if (signal.aborted) failed()
    else signal.addEventListener('abort', failed, { once: true })
  })
}

function codeOf(cause: unknown): string {
  const code = (cause as { code?: unknown } | undefined)?.code
  return typeof code === 'string' && /^[A-Za-z0-9_]{1,40}$/.test(code) ? code : 'unknown'
}
