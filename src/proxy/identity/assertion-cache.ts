// Cache of signed identity assertions, keyed by session state, app, device and grant; expired entries are evicted.

import type { App } from '../../config/configuration.ts'
import { noHeaders, type SerializedHeaders } from '../headers/serialized-headers.ts'

/** Cache key: one state of a session (`id` and `version`), as of one of its sign-ins (`generation`), at one app. */
export interface AssertionContext {
  readonly app: Pick<App, 'origin' | 'audience' | 'identityHeaders' | 'headerGroups' | 'authorization'>
  readonly session: { readonly id: string; readonly version: number; readonly generation: number }
  /** Ids of the device it is used from and of the grant that allows the access. */
  readonly device: string | undefined
  readonly grant: string | undefined
}

export interface CachedAssertion {
  /** The identity headers; empty before the first signature. */
  headers: SerializedHeaders
  /** Epoch milliseconds of the signature; -Infinity before the first. */
  at: number
  /** The signing in progress. */
  signing: Promise<SerializedHeaders> | undefined
}

export interface AssertionCache {
  /** Returns the cached entry, or adds an empty one. */
  of(context: AssertionContext): CachedAssertion
  /** Evicts entries that are not usable. */
  removeOldest(): void
}

interface CacheEntry extends CachedAssertion {
  readonly version: number
  readonly generation: number
  readonly identity: App['identityHeaders']
  readonly authorization: App['authorization']
  readonly headerGroups: App['headerGroups']
  readonly device: string | undefined
  readonly grant: string | undefined
}

/** Entries of about 1 KB: in total, and of one session at one app, which has few devices and grants. */
const maxEntries = 20_000
const maxEntriesPerApp = 16

/** `isUsable`: the assertion may still be sent, or is being signed. */
export function createAssertionCache(isUsable: (signed: CachedAssertion) => boolean): AssertionCache {
  // Keyed by app first: apps are few, and a map per session would take more memory than its entries.
  const byAudience = new Map<string, Map<string, readonly CacheEntry[]>>()
  let count = 0

  const evictUnusable = (): void => {
    count = 0
    for (const [audience, sessions] of byAudience) {
      for (const [id, all] of sessions) {
        const left = all.filter(isUsable)
        count += left.length
        if (left.length === 0) sessions.delete(id)
        else if (left.length < all.length) sessions.set(id, left)
      }
      if (sessions.size === 0) byAudience.delete(audience)
    }
  }

  const insert = ({ app, session: { id, version, generation }, device, grant }: AssertionContext): CacheEntry => {
    if (count >= maxEntries) evictUnusable()
    if (count >= maxEntries) {
      byAudience.clear()
      count = 0
    }
    const entry: CacheEntry = {
      version,
      generation,
      identity: app.identityHeaders,
      authorization: app.authorization,
      headerGroups: app.headerGroups,
      device,
      grant,
      headers: noHeaders,
      at: -Infinity,
      signing: undefined,
    }
    const audience = app.audience ?? app.origin
    let sessions = byAudience.get(audience)
    if (sessions === undefined) byAudience.set(audience, (sessions = new Map()))
    const others = sessions.get(id) ?? []
    // Newest first: earlier states of the session are no longer requested.
    sessions.set(id, others.length < maxEntriesPerApp ? [entry, ...others] : [entry])
    count++
    return entry
  }

  return {
    of(context) {
      const { app, session, device, grant } = context
      const all = byAudience.get(app.audience ?? app.origin)?.get(session.id)
      if (all !== undefined) {
        for (const entry of all) {
          if (entry.version !== session.version) continue
          // A cookie from before a stronger sign-in: what that one proved is not told.
          if (entry.generation !== session.generation) continue
          // By identity: a reload keeps each object where its content stays the same.
          if (entry.headerGroups !== app.headerGroups || entry.identity !== app.identityHeaders) continue
          if (entry.authorization !== app.authorization) continue
          if (entry.device === device && entry.grant === grant) return entry
        }
      }
      return insert(context)
    },
    removeOldest: evictUnusable,
  }
}
