// Notification sink: filters audit lines, spools one message per recipient, and delivers from the spool.

import { createHash } from 'node:crypto'
import type { EventSelector } from '../../config/event-selectors.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { SinkFailed, type Sink } from '../sink.ts'
import type { DigestSettings } from './digests.ts'
import { createDelivery, type Deliver } from './delivery.ts'
import { notificationOf, type Notification } from './notification.ts'
import { createEventFilter } from './event-filter.ts'
import { openSpool, type SpoolLimits } from './spool.ts'

export interface NotificationSinkDependencies {
  readonly name: string
  readonly events: readonly EventSelector[]
  /** Recipients of a notification; `[undefined]` for a sink with a single peer. */
  readonly recipients: (notice: Notification) => readonly (string | undefined)[]
  readonly deliver: Deliver
  /** As `DeliveryDependencies.digest`. */
  readonly digest?: DigestSettings | undefined
  readonly release?: () => Promise<void>
  /** Spool folder, used by this sink only. */
  readonly folder: string
  readonly limits: SpoolLimits
  /** Milliseconds. */
  readonly maxAge: number
  readonly now: () => number
  readonly log: Logger
  /** As `DeliveryDependencies.upkeep`. */
  readonly upkeep?: number | undefined
}

/** Rejects when the folder cannot be created or written to. */
export async function createNotificationSink(deps: NotificationSinkDependencies): Promise<Sink> {
  const { name, now } = deps
  const spool = await openSpool(deps.folder, deps.limits, now)
  const selection = createEventFilter(deps.events)
  const delivery = createDelivery({ ...deps, spool })
  let closed: Promise<void> | undefined

  async function enqueue(line: Buffer): Promise<void> {
    const text = line.toString('utf8')
    const notice = notificationOf(text)
    if (notice === undefined || !selection.matches(notice)) return
    for (const to of deps.recipients(notice)) {
      const accepted = await spool.add({ id: keyOf(notice.uid, to ?? name), at: now(), to, line: text })
      if (accepted === 'full') delivery.refuse()
      else delivery.accept()
    }
  }

  return {
    name,
    /** Resolves when matching messages are on disk or were dropped because the spool is full. Never waits for a peer. */
    async write(lines) {
      if (closed !== undefined) throw new SinkFailed(name, 0, Object.assign(new Error('closed'), { code: 'closed' }))
      let start = 0
      try {
        for (let end = lines.indexOf(10); end !== -1; end = lines.indexOf(10, start)) {
          const line = lines.subarray(start, end)
          if (selection.mayMatch(line)) await enqueue(line)
          start = end + 1
        }
      } catch (cause) {
        throw new SinkFailed(name, start, cause)
      } finally {
        delivery.wake()
      }
    },
    status: delivery.status,
    reopen: delivery.wake,
    close: () => (closed ??= delivery.close().then(() => deps.release?.().catch(() => undefined))),
  }
}

/** Idempotency key: deterministic per event and recipient, so that a peer can detect duplicates. */
function keyOf(uid: string, recipient: string): string {
  const safe = /^[0-9a-zA-Z-]{1,64}$/.test(uid) ? uid : createHash('sha256').update(uid).digest('hex').slice(0, 36)
  return `${safe}-${createHash('sha256').update(recipient.toLowerCase()).digest('hex').slice(0, 12)}`
}
