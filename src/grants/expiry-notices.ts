// Tells that a grant will end soon, and that it has ended: each once over all nodes, to whoever it concerns.

import type { Recorder } from '../audit/event.ts'
import type { Grant } from '../policy/grant.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import { retention } from './grant-records.ts'
import type { Grants } from './grants.ts'
import type { GrantEvents } from './grant-events.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** Looked for so often; a warning comes at most this much late. */
const checkInterval = 5_000

/**
 * Milliseconds before the end at which it is told: for what somebody asked for, in time to ask for more while working;
 * for everything else - people of other companies above all - in time to write a letter.
 */
const warningLeadTimes = { asked: [hour, 15 * minute], given: [30 * day, day] } as const

export interface ExpiryNoticesDependencies {
  readonly grants: Pick<Grants, 'all'>
  readonly grantEvents: GrantEvents
  readonly store: Pick<Store, 'add'>
  readonly record: Recorder
  readonly now: () => number
  readonly log?: Logger
}

/** Which of the warnings is due: the latest one that has come, so that nobody is told twice in a row. */
export function warningDue(grant: Grant, now: number): number | undefined {
  if (grant.revokedAt !== undefined || now < grant.from || now >= grant.until) return undefined
  const length = grant.until - grant.from
  // Whoever asked for ten minutes need not hear a quarter of an hour before; nor anybody as soon as they were let in.
  const warnings =
    grant.basis === undefined
      ? warningLeadTimes.given.filter((before) => length > before)
      : warningLeadTimes.asked.filter((before) => length >= 2 * before)
  return warnings.findLast((before) => grant.until - now <= before)
}

/** Returns how to stop it. */
export function startExpiryNotices(deps: ExpiryNoticesDependencies): () => void {
  const { grants, store, record, grantEvents, now, log } = deps
  /** By grant: what has been seen to here, so that the store is not asked again and again. */
  let seen = new Map<string, string>()
  let checking = false
  let stopped = false
  const timer = setInterval(() => void check(), checkInterval)
  timer.unref()

  async function check(): Promise<void> {
    if (checking || stopped) return
    checking = true
    try {
      const still = new Map<string, string>()
      for (const grant of grants.all()) {
        const news = noticeFor(grant)
        if (news === undefined) continue
        const what = `${grant.id}:${grant.until}:${news}`
        if (seen.get(grant.id) !== what) await sendNotice(grant, news, what)
        still.set(grant.id, what)
      }
      seen = still
    } catch (error) {
      log?.warn({ error }, 'what ends could not be told; it is tried again')
    } finally {
      checking = false
    }
  }

  function noticeFor(grant: Grant): string | undefined {
    const at = now()
    // What ended while no node was there is told afterwards, but no old stories.
    if (grant.revokedAt === undefined && grant.until <= at) return at - grant.until < day ? 'ended' : undefined
    return warningDue(grant, at)?.toString()
  }

  async function sendNotice(grant: Grant, news: string, what: string): Promise<void> {
    // The end may move: what is told is about this end.
    const first = await store.add(`grant-told:${what}`, '1', Math.max(0, grant.until - now()) + retention + day)
    if (!first || stopped) return
    record(grantEvents.grantEvent(now(), news === 'ended' ? 'ended' : 'ending', grant, { kind: 'system' }))
  }

  return () => {
    stopped = true
    clearInterval(timer)
  }
}
