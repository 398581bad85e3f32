// Session repository over the store: cached lookup by cookie or id, limits (idle, absolute), sign-in, update, end.

import { isDeepStrictEqual } from 'node:util'
import { LRUCache } from 'lru-cache'
import { StoreUnreachable } from '../../store/store.ts'
import { newToken } from './opaque-token.ts'
import { asOf } from './earlier-sign-ins.ts'
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

/** Maximum age of a cache entry in milliseconds even with a current change log: covers changes no log announces. */
const cacheEntryAge = 30_000
const flushEvery = 1000
const capacity = { sessions: 20_000, cookies: 100_000 }

const notFound: SessionLookup = { state: 'none', reason: 'no_session' }
const unreachable = { state: 'unreachable' } as const satisfies SessionLookup

export function createSessions(options: SessionsOptions): Sessions {
  const { store, changes, seal, now, settings, log } = options
  const lastSeen = createLastSeen({ store, seal, now, log, capacity: capacity.cookies })
  const cache = createSessionCache({ capacity: capacity.sessions, read: readEntry })
  // The binding of a cookie never changes; the session decides whether it is still valid.
  const cookieBindings = new LRUCache<string, CookieBinding>({ max: capacity.cookies })
  const earlier = new WeakMap<Session, Map<number, Session>>()
  const intern = createInterning()
  const ends = createEndedSessions(() => settings().lifetime)
  const ending = createSessionEnding(options, ends)
  const writing = createSessionWriting(options, ending.end, ends)
  const lists = createSessionLists(
    options,
    (session, seen) => ends.reasonOf(session.id) === undefined && exceededLimitOf(session, seen, now()) === undefined,
  )
  const endingIds = new Set<string>()

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
      const binding = cookieBindings.get(digest)
      if (binding === undefined) return findInStore(digest, host)
      return binding.host === host ? lookUp(binding.session, binding) : notFound
    },
    async owned(cookie, host) {
      const digest = digestOf(cookie)
      const binding = cookieBindings.get(digest) ?? openCookieBinding(seal, digest, await store.get(cookieKey(digest)))
      if (binding?.host !== host) return undefined
      const found = await lookUp(binding.session, undefined)
      if (found.state === 'unreachable') throw new StoreUnreachable(undefined)
      return found.state === 'live' ? found.session : undefined
    },
    read: (id) => lookUp(id, undefined),
    withTokens,
    begin: writing.begin,
    update: writing.update,
    takeOverTokens: writing.takeOverTokens,
    async issueCookie(session, host, replaceable) {
      const value = newToken()
      const digest = digestOf(value)
      const { id, generation } = session
      const binding = {
        session: id,
        host,
        generation,
        ...(replaceable !== undefined && { replaceable: true as const }),
      }
      await store.set(cookieKey(digest), sealCookieBinding(seal, digest, binding), ttlOf(session, now()))
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
    let binding: CookieBinding | undefined
    try {
      binding = openCookieBinding(seal, digest, await store.get(cookieKey(digest)))
    } catch (error) {
      if (error instanceof StoreUnreachable) return unreachable
      throw error
    }
    if (binding === undefined) return notFound
    if (binding.host !== host) {
      cookieBindings.set(digest, binding)
      return notFound
    }
    // Uses the caller's string for the host, which all lookups share.
    cookieBindings.set(digest, { ...binding, host })
    return lookUp(binding.session, binding)
  }

  async function withTokens(id: string): Promise<SessionLookupWithTokens> {
    try {
      // A write between the two reads is rare, and seen on the next attempt.
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

  function lookUp(id: string, cookie: CookieBinding | undefined): SessionLookup | Promise<SessionLookup> {
    const entry = cache.get(id)
    if (entry !== undefined && changes.fresh(settings().grace)) {
      const age = now() - entry.readAt
      const answer = age >= 0 && age < cacheEntryAge ? checkEntry(entry, cookie, false) : undefined
      if (answer !== undefined) return answer
    }
    return loadSession(id, cookie)
  }

  async function loadSession(id: string, cookie: CookieBinding | undefined): Promise<SessionLookup> {
    try {
      const entry = await cache.load(id)
      return entry === undefined ? notFound : (checkEntry(entry, cookie, true) ?? notFound)
    } catch (error) {
      if (!(error instanceof StoreUnreachable)) throw error
      const entry = cache.get(id)
      // A cached session stays valid while the change log is current, or for `grace` after it was.
      if (entry === undefined || !changes.fresh(settings().grace)) return unreachable
      return checkEntry(entry, cookie, false) ?? unreachable
    }
  }

  /**
   * Checks an entry against the generation of a cookie and limits. Undefined: the entry is not conclusive, read the store. `current`:
   * it was just read.
   */
  function checkEntry(entry: Entry, cookie: CookieBinding | undefined, current: boolean): SessionLookup | undefined {
    const { session } = entry
    if (entry.lookup.state !== 'live') return entry.lookup
    const outdated = cookie !== undefined && cookie.generation !== session.generation
    // The cookie is newer than the entry: a step-up on another node whose announcement has not arrived yet.
    if (outdated && cookie.generation > session.generation) return current ? notFound : undefined
    if (outdated && cookie.replaceable === true) return notFound
    const exceededLimit = exceededLimitOf(session, entry.seen, now())
    if (exceededLimit === undefined) return outdated ? earlierLookup(session, cookie.generation) : entry.lookup
    // Another node may know of later activity.
    if (exceededLimit === 'session_idle' && !current) return undefined
    close(session.id, exceededLimit)
    return { state: 'none', reason: exceededLimit }
  }

  /** The same object at each call while the session is unchanged, as for the current generation. */
  function earlierLookup(session: Session, generation: number): SessionLookup {
    const known = earlier.get(session)?.get(generation)
    const then = known ?? asOf(session, generation)
    if (then === undefined) return notFound
    if (known === undefined) {
      const views = earlier.get(session) ?? new Map<number, Session>()
      earlier.set(session, views.set(generation, then))
    }
    return now() >= then.endsAt ? { state: 'none', reason: 'session_expired' } : { state: 'live', session: then }
  }

  function exceededLimitOf(session: Session, seen: number, at: number): SessionEnd | undefined {
    if (at >= session.endsAt) return 'session_expired'
    const last = Math.max(seen, session.createdAt, lastSeen.of(session.id))
    return at - last > Math.min(session.idle, settings().idle) ? 'session_idle' : undefined
  }

  /** Ends the session in the background: the lookup result does not wait for it, and is repeated until it is written. */
  function close(id: string, reason: SessionEnd): void {
    if (endingIds.has(id)) return
    endingIds.add(id)
    ending
      .end(id, reason, { kind: 'system' })
      .catch((error: unknown) =>
        log?.warn({ err: error, session: id }, 'a session beyond its limit could not be ended yet'),
      )
      .finally(() => endingIds.delete(id))
  }

  async function readEntry(id: string): Promise<Entry | undefined> {
    const readAt = now()
    const [sealed, seen] = await store.getMany([recordKey(id), seenKey(id)])
    const opened = openSession(seal, id, sealed)
    if (opened === undefined) return undefined
    const known = cache.get(id)?.session
    const read = intern(opened, id)
    // An unchanged session stays the same object, so that values cached by it (WeakMap) remain valid.
    const session = known !== undefined && isDeepStrictEqual(known, read) ? known : read
    const isEnded = session.ended?.reason ?? ends.reasonOf(id)
    const lookup: SessionLookup =
      isEnded === undefined ? { state: 'live', session } : { state: 'none', reason: isEnded }
    return { session, lookup, seen: openSeen(seal, id, seen), readAt }
  }

  async function flush(all: boolean): Promise<void> {
    if (flushing && !all) return
    flushing = true
    try {
      await lastSeen.flush(all)
      await ending.completePendingEnds()
    } finally {
      flushing = false
    }
  }
}
