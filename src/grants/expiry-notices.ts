// Sends expiry notices for grants: a warning before the end and a notice at the end, each once across all nodes.

import type { Recorder } from '../audit/event.ts'
import type { Grant } from '../policy/grant.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import { declaredKey, declaredSince, retention } from './grant-records.ts'
import type { Grants } from './grants.ts'
import type { GrantEvents } from './grant-events.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** Polling interval in milliseconds; a notice is late by at most this much. */
const checkInterval = 5_000

/**
 * Warning times in milliseconds before the end: for requested grants, early enough to request an extension while
 * working; for others (mostly of external users), early enough to arrange a new grant.
 */
const warningLeadTimes = { asked: [hour, 15 * minute], given: [30 * day, 7 * day, day] } as const

export interface ExpiryNoticesDependencies {
  readonly grants: Pick<Grants, 'all'>
  readonly grantEvents: GrantEvents
  readonly store: Pick<Store, 'add' | 'get'>
  readonly record: Recorder
  readonly now: () => number
  readonly log?: Logger
}

/**
 * The warning that is due, as its lead time: the latest one reached, so that missed warnings are not sent in a row.
 * `known`: epoch milliseconds since which the access exists, whenever it is said to have begun.
 */
export function warningDue(grant: Grant, now: number, known = grant.givenAt ?? 0): number | undefined {
  if (grant.revokedAt !== undefined || now < grant.from || now >= grant.until) return undefined
  const length = grant.until - Math.max(grant.from, known)
  const leadTimes: readonly number[] =
    warningLeadTimes[grant.basis === undefined || grant.basis.entitlement === 'sponsor' ? 'given' : 'asked']
  // Who was told of the access a moment ago knows its end: at the warning it is twice as old as the warning is early.
  return leadTimes.findLast((before) => grant.until - now <= before && length >= 3 * before)
}

/** Returns a function that stops it. */
export function startExpiryNotices(deps: ExpiryNoticesDependencies): () => void {
  const { grants, store, record, grantEvents, now, log } = deps
  /** Notices already handled on this node, by grant id; saves store requests. */
  let handled = new Map<string, string>()
  let checking = false
  let stopped = false
  const timer = setInterval(() => void check(), checkInterval)
  timer.unref()

  async function check(): Promise<void> {
    if (checking || stopped) return
    checking = true
    try {
      const current = new Map<string, string>()
      for (const grant of grants.all()) {
        const notice = noticeFor(grant)
        if (notice === undefined) continue
        const key = `${grant.id}:${grant.until}:${notice}`
        if (handled.get(grant.id) !== key) await sendNotice(grant, notice, key)
        current.set(grant.id, key)
      }
      handled = current
    } catch (error) {
      log?.warn({ error }, 'expiry notices could not be sent; will retry')
    } finally {
      checking = false
    }
  }

  function noticeFor(grant: Grant): string | undefined {
    const at = now()
    // A grant that ended while no node was running is reported later, but for one day only.
    if (grant.revokedAt === undefined && grant.until <= at) return at - grant.until < day ? 'ended' : undefined
    return warningDue(grant, at)?.toString()
  }

  async function sendNotice(grant: Grant, notice: string, key: string): Promise<void> {
    if (notice !== 'ended' && grant.origin === 'configuration') {
      const declared = declaredSince(await store.get(declaredKey(grant.id)))
      if (warningDue(grant, now(), declared)?.toString() !== notice) return
    }
    // The key contains the end, as an extension moves it.
    const first = await store.add(`grant-told:${key}`, '1', Math.max(0, grant.until - now()) + retention + day)
    if (!first || stopped) return
    record(grantEvents.grantEvent(now(), notice === 'ended' ? 'ended' : 'ending', grant, { kind: 'system' }))
  }

  return () => {
    stopped = true
    clearInterval(timer)
  }
}
