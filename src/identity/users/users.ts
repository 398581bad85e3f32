// Directory of users who signed in and their last use of each app: kept in memory, written to the store in the background.

import { subjectKey, type Subject } from '../../policy/subject.ts'
import type { Seal } from '../../store/seal.ts'
import type { Store, StoreLog } from '../../store/store.ts'
import { createLastUsedHours } from './last-used.ts'
import { createUserRecords, isProviderUser, type Update, type KnownUser } from './user-records.ts'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../session/repository.ts'

export type { KnownUser } from './user-records.ts'

export interface Users {
  /** Records an allowed request. Called on the path of requests: usually two map look-ups. `at`: epoch milliseconds. */
  recordUse(session: Session, app: string, at: number): void
  /** Records claims of the provider. `signedIn`: epoch milliseconds of the sign-in. */
  setClaims(subject: Subject, signedIn: number): void
  /** Epoch milliseconds of the hour of the last use; undefined: never. Rejects as `all` does. */
  lastUsed(user: Pick<Subject, 'provider' | 'sub'>, app: string): Promise<number | undefined>
  /** All users, including what this node has not written yet. Rejects when the store is unreachable. */
  all(): Promise<readonly KnownUser[]>
  /** Writes pending updates, and stops. */
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
/** Records written at the same time. */
const maxConcurrentWrites = 50
const capacity = 100_000

export function createUsers({ store, seal, now, log }: UsersOptions): Users {
  const records = createUserRecords({ store, seal, now })
  const lastUsedHours = createLastUsedHours()
  let unwritten = new Map<string, PendingUpdate>()
  let flushing: Promise<void> | undefined
  const timer = setInterval(() => void flush(), flushEvery)
  timer.unref()

  /** Undefined at capacity: the store has been unreachable for long, and only last-use times are lost. */
  function updateOf(user: string, subject: Subject): PendingUpdate | undefined {
    let pending = unwritten.get(user)
    if (pending !== undefined || unwritten.size >= capacity) return pending
    pending = { subject, claims: undefined, fallbackClaims: undefined, used: new Map() }
    unwritten.set(user, pending)
    return pending
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
      const results = await Promise.allSettled(some.map((pending) => records.add(pending.subject, pending)))
      const failed = results.findIndex(({ status }) => status === 'rejected')
      if (failed < 0) continue
      log?.warn({ err: (results[failed] as PromiseRejectedResult).reason }, 'user records could not be written yet')
      for (const updates of due.slice(from)) keep(updates)
      return
    }
  }

  /** Puts back updates that were not written; fields set meanwhile are newer. */
  function keep({ subject, claims, fallbackClaims, used }: PendingUpdate): void {
    const pending = updateOf(subjectKey(subject), subject)
    if (pending === undefined) return
    pending.claims ??= claims
    pending.fallbackClaims ??= fallbackClaims
    pending.used = new Map([...used, ...pending.used])
  }

  return {
    recordUse(session, app, at) {
      const { subject } = session
      const hourStart = at - (at % hour)
      if (!isProviderUser(subject) || !lastUsedHours.record(subject, app, hourStart)) return
      const pending = updateOf(subjectKey(subject), subject)
      if (pending === undefined) return
      pending.used.set(app, hourStart)
      pending.fallbackClaims ??= { subject, at: session.validatedAt, signedIn: session.createdAt }
    },
    setClaims(subject, signedIn) {
      if (!isProviderUser(subject)) return
      const pending = updateOf(subjectKey(subject), subject)
      if (pending === undefined) return
      pending.claims = { subject, at: now(), signedIn: Math.max(signedIn, pending.claims?.signedIn ?? -Infinity) }
    },
    async lastUsed(user, app) {
      const last = Math.max(lastUsedHours.last(user, app), (await records.read(user))?.used[app] ?? -Infinity)
      return last === -Infinity ? undefined : last
    },
    async all() {
      await flush()
      // Updates that a flush in progress did not include.
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

/** Wraps a session repository so that sign-ins and new claims update the user records. */
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
