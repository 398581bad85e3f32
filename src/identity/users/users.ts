// Who signed in here, and when they last used which app: noted at once, written to the store in the background.

import { subjectKey, type Subject } from '../../policy/subject.ts'
import type { Seal } from '../../store/seal.ts'
import type { Store, StoreLog } from '../../store/store.ts'
import { createLastUsedHours } from './last-used.ts'
import { createUserRecords, isProviderUser, type Update, type KnownUser } from './user-records.ts'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../session/repository.ts'

export type { KnownUser as PersonSeen } from './user-records.ts'

export interface Users {
  /** Somebody was let in to an app. On the path of requests: two look-ups and no more, most of the time. `at`: epoch milliseconds. */
  recordUse(session: Session, app: string, at: number): void
  /** What the provider says of somebody; `signedIn`: when they signed in. */
  setClaims(subject: Subject, signedIn: number): void
  /** Epoch milliseconds of the hour in which somebody was last let in; undefined: never. Rejects as `all` does. */
  lastUsed(who: Pick<Subject, 'provider' | 'sub'>, app: string): Promise<number | undefined>
  /** Everybody, with what this node has not written yet. Rejects when the store cannot be asked. */
  all(): Promise<readonly KnownUser[]>
  /** Writes what is still to be written, and stops. */
  stop(): Promise<void>
}

export interface UsersOptions {
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly now: () => number
  readonly log?: StoreLog
}

interface PendingUpdate {
  readonly subject: Subject
  claims: Update['claims']
  fallbackClaims: Update['fallbackClaims']
  used: Map<string, number>
}

const hour = 3_600_000
const flushEvery = 5000
/** People written at the same time. */
const maxConcurrentWrites = 50
const capacity = 100_000

export function createUsers({ store, seal, now, log }: UsersOptions): Users {
  const records = createUserRecords({ store, seal, now })
  const lastUsedHours = createLastUsedHours()
  let unwritten = new Map<string, PendingUpdate>()
  let flushing: Promise<void> | undefined
  const timer = setInterval(() => void flush(), flushEvery)
  timer.unref()

  /** Undefined when there is more than can be kept: the store is away, and what is lost is when an app was used. */
  function updateOf(who: string, subject: Subject): PendingUpdate | undefined {
    let news = unwritten.get(who)
    if (news !== undefined || unwritten.size >= capacity) return news
    news = { subject, claims: undefined, fallbackClaims: undefined, used: new Map() }
    unwritten.set(who, news)
    return news
  }

  function flush(): Promise<void> {
    flushing ??= writeAll().finally(() => {
      flushing = undefined
    })
    return flushing
  }

  async function writeAll(): Promise<void> {
    const due = [...unwritten.values()]
    unwritten = new Map()
    for (let from = 0; from < due.length; from += maxConcurrentWrites) {
      const some = due.slice(from, from + maxConcurrentWrites)
      const results = await Promise.allSettled(some.map((news) => records.add(news.subject, news)))
      const failed = results.findIndex(({ status }) => status === 'rejected')
      if (failed < 0) continue
      log?.warn({ err: (results[failed] as PromiseRejectedResult).reason }, 'who was here could not be written yet')
      for (const updates of due.slice(from)) keep(updates)
      return
    }
  }

  /** Not written: what came meanwhile is newer. */
  function keep({ subject, claims, fallbackClaims, used }: PendingUpdate): void {
    const news = updateOf(subjectKey(subject), subject)
    if (news === undefined) return
    news.claims ??= claims
    news.fallbackClaims ??= fallbackClaims
    news.used = new Map([...used, ...news.used])
  }

  return {
    recordUse(session, app, at) {
      const { subject } = session
      const begun = at - (at % hour)
      if (!isProviderUser(subject) || !lastUsedHours.record(subject, app, begun)) return
      const news = updateOf(subjectKey(subject), subject)
      if (news === undefined) return
      news.used.set(app, begun)
      news.fallbackClaims ??= { subject, at: session.validatedAt, signedIn: session.createdAt }
    },
    setClaims(subject, signedIn) {
      if (!isProviderUser(subject)) return
      const news = updateOf(subjectKey(subject), subject)
      if (news === undefined) return
      news.claims = { subject, at: now(), signedIn: Math.max(signedIn, news.claims?.signedIn ?? -Infinity) }
    },
    async lastUsed(who, app) {
      const last = Math.max(lastUsedHours.last(who, app), (await records.read(who))?.used[app] ?? -Infinity)
      return last === -Infinity ? undefined : last
    },
    async all() {
      await flush()
      // What a flush under way did not take with it.
      if (unwritten.size > 0) await flush()
      return records.readAll()
    },
    async stop() {
      clearInterval(timer)
      await flush()
      await flush()
    },
  }
}

/** The same sessions, whose sign-ins and news from the provider are noted. */
export function withUserTracking(sessions: Sessions, users: Pick<Users, 'setClaims'>): Sessions {
  return {
    ...sessions,
    async begin(signedIn, previous, origin) {
      const session = await sessions.begin(signedIn, previous, origin)
      users.setClaims(session.subject, session.validatedAt)
      return session
    },
    async update(session, facts) {
      const updated = await sessions.update(session, facts)
      if (updated !== undefined && facts.subject !== undefined) users.setClaims(updated.subject, updated.createdAt)
      return updated
    },
  }
}
