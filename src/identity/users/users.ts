// Who signed in here, and when they last used which app: noted at once, written to the store in the background.

import { subjectKey, type Subject } from '../../policy/subject.ts'
import type { Seal } from '../../store/seal.ts'
import type { Store, StoreLog } from '../../store/store.ts'
import { createNotedHours } from './last-used.ts'
import { createPeopleRecords, isSomebody, type News, type PersonSeen } from './user-records.ts'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../session/repository.ts'

export type { PersonSeen } from './user-records.ts'

export interface People {
  /** Somebody was let in to an app. On the path of requests: two look-ups and no more, most of the time. `at`: epoch milliseconds. */
  used(session: Session, app: string, at: number): void
  /** What the provider says of somebody; `signedIn`: when they signed in. */
  told(subject: Subject, signedIn: number): void
  /** Epoch milliseconds of the hour in which somebody was last let in; undefined: never. Rejects as `all` does. */
  lastUsed(who: Pick<Subject, 'provider' | 'sub'>, app: string): Promise<number | undefined>
  /** Everybody, with what this node has not written yet. Rejects when the store cannot be asked. */
  all(): Promise<readonly PersonSeen[]>
  /** Writes what is still to be written, and stops. */
  stop(): Promise<void>
}

export interface PeopleOptions {
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly now: () => number
  readonly log?: StoreLog
}

interface Unwritten {
  readonly subject: Subject
  told: News['told']
  otherwise: News['otherwise']
  used: Map<string, number>
}

const hour = 3_600_000
const flushEvery = 5000
/** People written at the same time. */
const together = 50
const capacity = 100_000

export function createPeople({ store, seal, now, log }: PeopleOptions): People {
  const records = createPeopleRecords({ store, seal, now })
  const hours = createNotedHours()
  let unwritten = new Map<string, Unwritten>()
  let flushing: Promise<void> | undefined
  const timer = setInterval(() => void flush(), flushEvery)
  timer.unref()

  /** Undefined when there is more than can be kept: the store is away, and what is lost is when an app was used. */
  function newsOf(who: string, subject: Subject): Unwritten | undefined {
    let news = unwritten.get(who)
    if (news !== undefined || unwritten.size >= capacity) return news
    news = { subject, told: undefined, otherwise: undefined, used: new Map() }
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
    for (let from = 0; from < due.length; from += together) {
      const some = due.slice(from, from + together)
      const results = await Promise.allSettled(some.map((news) => records.add(news.subject, news)))
      const failed = results.findIndex(({ status }) => status === 'rejected')
      if (failed < 0) continue
      log?.warn({ err: (results[failed] as PromiseRejectedResult).reason }, 'who was here could not be written yet')
      for (const news of due.slice(from)) keep(news)
      return
    }
  }

  /** Not written: what came meanwhile is newer. */
  function keep({ subject, told, otherwise, used }: Unwritten): void {
    const news = newsOf(subjectKey(subject), subject)
    if (news === undefined) return
    news.told ??= told
    news.otherwise ??= otherwise
    news.used = new Map([...used, ...news.used])
  }

  return {
    used(session, app, at) {
      const { subject } = session
      const begun = at - (at % hour)
      if (!isSomebody(subject) || !hours.note(subject, app, begun)) return
      const news = newsOf(subjectKey(subject), subject)
      if (news === undefined) return
      news.used.set(app, begun)
      news.otherwise ??= { subject, at: session.validatedAt, signedIn: session.createdAt }
    },
    told(subject, signedIn) {
      if (!isSomebody(subject)) return
      const news = newsOf(subjectKey(subject), subject)
      if (news === undefined) return
      news.told = { subject, at: now(), signedIn: Math.max(signedIn, news.told?.signedIn ?? -Infinity) }
    },
    async lastUsed(who, app) {
      const last = Math.max(hours.last(who, app), (await records.read(who))?.used[app] ?? -Infinity)
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
export function noting(sessions: Sessions, people: Pick<People, 'told'>): Sessions {
  return {
    ...sessions,
    async begin(signedIn, previous, origin) {
      const session = await sessions.begin(signedIn, previous, origin)
      people.told(session.subject, session.validatedAt)
      return session
    },
    async update(session, facts) {
      const updated = await sessions.update(session, facts)
      if (updated !== undefined && facts.subject !== undefined) people.told(updated.subject, updated.createdAt)
      return updated
    },
  }
}
