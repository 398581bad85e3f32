// A sink that tells somebody: takes the lines that are for it into its spool, and delivers them from there.

import { createHash } from 'node:crypto'
import type { EventSelector } from '../../config/event-selectors.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { SinkFailed, type Sink } from '../sink.ts'
import { createDelivery, type Deliver } from './delivery.ts'
import { noticeOf, type Notice } from './notification.ts'
import { createSelection } from './event-filter.ts'
import { openSpool, type SpoolLimits } from './spool.ts'

export interface TellingParts {
  readonly name: string
  readonly events: readonly EventSelector[]
  /** Whom a notice is for; `[undefined]` where the sink itself has but one peer. */
  readonly recipients: (notice: Notice) => readonly (string | undefined)[]
  readonly deliver: Deliver
  readonly release?: () => Promise<void>
  /** Folder of this sink alone. */
  readonly folder: string
  readonly limits: SpoolLimits
  /** Milliseconds. */
  readonly giveUp: number
  readonly now: () => number
  readonly log: Logger
}

/** Rejects when the folder cannot be made or written to. */
export async function openTellingSink(parts: TellingParts): Promise<Sink> {
  const { name, now } = parts
  const spool = await openSpool(parts.folder, parts.limits, now)
  const selection = createSelection(parts.events)
  const delivery = createDelivery({ name, spool, deliver: parts.deliver, giveUp: parts.giveUp, now, log: parts.log })
  let closed: Promise<void> | undefined

  async function take(line: Buffer): Promise<void> {
    const text = line.toString('utf8')
    const notice = noticeOf(text)
    if (notice === undefined || !selection.fits(notice)) return
    for (const to of parts.recipients(notice)) {
      const kept = await spool.add({ id: keyOf(notice.uid, to ?? name), at: now(), to, line: text })
      if (kept === 'full') delivery.refuse()
      else delivery.accept()
    }
  }

  return {
    name,
    /** Resolves when what is for this sink is on disk, or was refused for want of room. Never waits for a peer. */
    async write(lines) {
      if (closed !== undefined) throw new SinkFailed(name, 0, Object.assign(new Error('closed'), { code: 'closed' }))
      let start = 0
      try {
        for (let end = lines.indexOf(10); end !== -1; end = lines.indexOf(10, start)) {
          const line = lines.subarray(start, end)
          if (selection.mayFit(line)) await take(line)
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
    close: () => (closed ??= delivery.close().then(() => parts.release?.().catch(() => undefined))),
  }
}

/** The same for the same event and recipient, always: what a peer that got a message twice knows it by. */
function keyOf(uid: string, recipient: string): string {
  const safe = /^[0-9a-zA-Z-]{1,64}$/.test(uid) ? uid : createHash('sha256').update(uid).digest('hex').slice(0, 36)
  return `${safe}-${createHash('sha256').update(recipient.toLowerCase()).digest('hex').slice(0, 12)}`
}
