// The repository of sessions: the one place that reads, writes, ends and indexes them.

import { isDeepStrictEqual } from 'node:util'
import { LRUCache } from 'lru-cache'
import { StoreUnreachable } from '../../store/store.ts'
import { newToken } from './opaque-token.ts'
import { createEndedSessions } from './ended-sessions.ts'
import { createLastSeen } from './last-seen.ts'
import { createSessionCache } from './cache.ts'
import type { Entry } from './cache.ts'
import { createSessionEnding } from './end.ts'
import { createSessionLists } from './lists.ts'
import {
  cookieKey,
  digestOf,
  ttlOf,
  openCookieBinding,
  openSeen,
  openSession,
  recordKey,
  sealCookieBinding,
  seenKey,
} from './record.ts'
import type { CookieBinding } from './record.ts'
import type { SessionLookup, SessionLookupWithTokens, Sessions, SessionsOptions } from './repository.ts'
import { createInterning } from './interning.ts'
import { createSessionWriting } from './write.ts'
import type { Session, SessionEnd } from './session.ts'

export type {
  SessionLookup as Found,
  SessionLookupWithTokens as FoundWithTokens,
  Sessions,
  SessionsOptions,
  NewSession as SignedIn,
} from './repository.ts'

/** How long an entry is used without asking again, though the log was followed: against what a log cannot tell. */
const cacheEntryAge = 30_000
const flushEvery = 1000
const capacity = { sessions: 20_000, cookies: 100_000 }

const notFound: SessionLookup = { state: 'none', reason: 'no_session' }
const unreachable = { state: 'unreachable' } as const satisfies SessionLookup

export function createSessions(options: SessionsOptions): Sessions {
  const { store, changes, seal, now, settings, log } = options
  const lastSeen = createLastSeen({ store, seal, now, log, capacity: capacity.cookies })
  const cache = createSessionCache({ capacity: capacity.sessions, read: readEntry })
  // What a cookie opens never changes; whether it still does is the session's to say.
  const cookieBindings = new LRUCache<string, CookieBinding>({ max: capacity.cookies })
  const share = createInterning()
  const ends = createEndedSessions(() => settings().lifetime)
  const ending = createSessionEnding(options, ends)
  const writing = createSessionWriting(options, ending.end, ends)
  const lists = createSessionLists(
    options,
    (session, seen) => ends.reasonOf(session.id) === undefined && exceededLimitOf(session, seen, now()) === undefined,
  )
  const closing = new Set<string>()

  changes.on((change) => {
    ends.add(change)
    cache.forget(change)
    if (change === 'everything') cookieBindings.clear()
  })
  let flushing = false
  const timer = setInterval(() => void flush(false), flushEvery)
  timer.unref()

  return {
    find(cookie, host) {
      if (cookie.length !== 43) return notFound
      const digest = digestOf(cookie)
      const opening = cookieBindings.get(digest)
      if (opening === undefined) return findInStore(digest, host)
      return opening.host === host ? lookUp(opening.session, opening.generation) : notFound
    },
    read: (id) => lookUp(id, undefined),
    withTokens,
    begin: writing.begin,
    update: writing.update,
    async issueCookie(session, host) {
      const value = newToken()
      const digest = digestOf(value)
      const opening = { session: session.id, host, generation: session.generation }
      await store.set(cookieKey(digest), sealCookieBinding(seal, digest, opening), ttlOf(session, now()))
      return value
    },
    lastSeen: ({ id, createdAt }) => Math.max(cache.get(id)?.seen ?? -Infinity, createdAt, lastSeen.of(id)),
    touch: (session) => lastSeen.touch(session, now()),
    end: ending.end,
    ofSubject: lists.ofSubject,
    ofProviderSession: lists.ofProviderSession,
    all: lists.all,
    async stop() {
      clearInterval(timer)
      await flush(true)
    },
  }

  async function findInStore(digest: string, host: string): Promise<SessionLookup> {
    let opening: CookieBinding | undefined
    try {
      opening = openCookieBinding(seal, digest, await store.get(cookieKey(digest)))
    } catch (error) {
      if (error instanceof StoreUnreachable) return unreachable
      throw error
    }
    if (opening === undefined) return notFound
    if (opening.host !== host) {
      cookieBindings.set(digest, opening)
      return notFound
    }
    // With the text everybody has who asks here.
    cookieBindings.set(digest, { ...opening, host })
    return lookUp(opening.session, opening.generation)
  }

  async function withTokens(id: string): Promise<SessionLookupWithTokens> {
    try {
      // What is written between the two reads is rare, and read the next time.
      for (let attempts = 0; attempts < 3; attempts += 1) {
        const found = await loadSession(id, undefined)
        if (found.state !== 'live') return found
        const session = openSession(seal, id, await store.get(recordKey(id)))
        if (session?.version === found.session.version) return { state: 'live', session }
      }
      return unreachable
    } catch (error) {
      if (error instanceof StoreUnreachable) return unreachable
      throw error
    }
  }

  function lookUp(id: string, generation: number | undefined): SessionLookup | Promise<SessionLookup> {
    const entry = cache.get(id)
    if (entry !== undefined && changes.fresh(settings().grace)) {
      const age = now() - entry.readAt
      const answer = age >= 0 && age < cacheEntryAge ? checkEntry(entry, generation, false) : undefined
      if (answer !== undefined) return answer
    }
    return loadSession(id, generation)
  }

  async function loadSession(id: string, generation: number | undefined): Promise<SessionLookup> {
    try {
      const entry = await cache.load(id)
      return entry === undefined ? notFound : (checkEntry(entry, generation, true) ?? notFound)
    } catch (error) {
      if (!(error instanceof StoreUnreachable)) throw error
      const entry = cache.get(id)
      // What was cached still counts while the log was followed a moment ago, or for `grace` since.
      if (entry === undefined || !changes.fresh(settings().grace)) return unreachable
      return checkEntry(entry, generation, false) ?? unreachable
    }
  }

  /** Undefined: this entry cannot tell, the store must be asked. With `current`, the entry was read just now. */
  function checkEntry(entry: Entry, generation: number | undefined, current: boolean): SessionLookup | undefined {
    const { session } = entry
    if (entry.answer.state !== 'live') return entry.answer
    if (generation !== undefined && generation !== session.generation) {
      // A younger cookie than the entry: raised on another node, and the news has not come yet.
      return generation > session.generation && !current ? undefined : notFound
    }
    const exceededLimit = exceededLimitOf(session, entry.seen, now())
    if (exceededLimit === undefined) return entry.answer
    // Another node may have seen the person since.
    if (exceededLimit === 'session_idle' && !current) return undefined
    close(session.id, exceededLimit)
    return { state: 'none', reason: exceededLimit }
  }

  function exceededLimitOf(session: Session, seen: number, at: number): SessionEnd | undefined {
    if (at >= session.endsAt) return 'session_expired'
    const last = Math.max(seen, session.createdAt, lastSeen.of(session.id))
    return at - last > Math.min(session.idle, settings().idle) ? 'session_idle' : undefined
  }

  /** In the background: the answer does not wait for it, and is given again until it is written. */
  function close(id: string, reason: SessionEnd): void {
    if (closing.has(id)) return
    closing.add(id)
    ending
      .end(id, reason, { kind: 'system' })
      .catch((error: unknown) =>
        log?.warn({ err: error, session: id }, 'a session past its limit could not be ended yet'),
      )
      .finally(() => closing.delete(id))
  }

  async function readEntry(id: string): Promise<Entry | undefined> {
    const readAt = now()
    const [sealed, seen] = await store.getMany([recordKey(id), seenKey(id)])
    const opened = openSession(seal, id, sealed)
    if (opened === undefined) return undefined
    const known = cache.get(id)?.session
    const read = share(opened, id)
    // Read again and found unchanged it stays the same object: whatever was made from it is found again.
    const session = known !== undefined && isDeepStrictEqual(known, read) ? known : read
    const isEnded = session.ended?.reason ?? ends.reasonOf(id)
    const answer: SessionLookup =
      isEnded === undefined ? { state: 'live', session } : { state: 'none', reason: isEnded }
    return { session, answer, seen: openSeen(seal, id, seen), readAt }
  }

  async function flush(all: boolean): Promise<void> {
    if (flushing && !all) return
    flushing = true
    try {
      await lastSeen.flush(all)
      await ending.confirmEnd()
    } finally {
      flushing = false
    }
  }
}
