// Assertions that were signed, found again by everything they depend on; what is of no use any more is forgotten.

import type { App } from '../../config/configuration.ts'
import { noHeaders, type SerializedHeaders } from '../headers/serialized-headers.ts'

/** What an assertion is about: one state of a session (`id` and `version` name it) at one app. */
export interface AssertionContext {
  readonly app: Pick<App, 'origin' | 'identityHeaders'>
  readonly session: { readonly id: string; readonly version: number }
  /** The device it is used from, and the grant it rests on. */
  readonly device: string | undefined
  readonly grant: string | undefined
}

export interface CachedAssertion {
  /** The identity headers; nothing before the first is signed. */
  headers: SerializedHeaders
  /** Epoch milliseconds of the signature; -Infinity before the first. */
  at: number
  /** The next one, while it is made. */
  signing: Promise<SerializedHeaders> | undefined
}

export interface AssertionCache {
  /** The one remembered, or a new one that is remembered from now on. */
  of(set: AssertionContext): CachedAssertion
  /** All but those for which `useful` holds. */
  forget(): void
}

interface CacheEntry extends CachedAssertion {
  readonly version: number
  readonly preset: App['identityHeaders']
  readonly device: string | undefined
  readonly grant: string | undefined
}

/** About 1 KB each: of all, and of one session at one app, where it has few devices and fewer grants. */
const maxEntries = 20_000
const maxEntriesPerApp = 16

/** `useful`: what may still be given to an application, or is about to be. */
export function createAssertionCache(isUsable: (signed: CachedAssertion) => boolean): AssertionCache {
  // By app first: there are few, and a map for each session would take more than what it finds.
  const byOrigin = new Map<string, Map<string, readonly CacheEntry[]>>()
  let count = 0

  const removeOldest = (): void => {
    count = 0
    for (const [origin, sessions] of byOrigin) {
      for (const [id, all] of sessions) {
        const left = all.filter(isUsable)
        count += left.length
        if (left.length === 0) sessions.delete(id)
        else if (left.length < all.length) sessions.set(id, left)
      }
      if (sessions.size === 0) byOrigin.delete(origin)
    }
  }

  const remember = ({ app, session: { id, version }, device, grant }: AssertionContext): CacheEntry => {
    if (count >= maxEntries) removeOldest()
    if (count >= maxEntries) {
      byOrigin.clear()
      count = 0
    }
    const kept: CacheEntry = {
      version,
      preset: app.identityHeaders,
      device,
      grant,
      headers: noHeaders,
      at: -Infinity,
      signing: undefined,
    }
    let sessions = byOrigin.get(app.origin)
    if (sessions === undefined) byOrigin.set(app.origin, (sessions = new Map()))
    const others = sessions.get(id) ?? []
    // The newest first: nobody asks for a state of the session that has passed.
    sessions.set(id, others.length < maxEntriesPerApp ? [kept, ...others] : [kept])
    count++
    return kept
  }

  return {
    of(about) {
      const { app, session, device, grant } = about
      const all = byOrigin.get(app.origin)?.get(session.id)
      if (all !== undefined) {
        for (const one of all) {
          if (one.version !== session.version || one.preset !== app.identityHeaders) continue
          if (one.device === device && one.grant === grant) return one
        }
      }
      return remember(about)
    },
    forget: removeOldest,
  }
}
