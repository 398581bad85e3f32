// Sign-ins that one browser has under way side by side: the first begins the session, the others continue it.

import type { Origin } from '../../audit/event.ts'
import type { Seal } from '../../store/seal.ts'
import type { Store } from '../../store/store.ts'
import { hashToken } from '../session/opaque-token.ts'
import type { Session } from '../session/session.ts'
import type { Sessions, SignedIn } from '../session/sessions.ts'

export interface ParallelSignIns {
  /**
   * Begins the session of a callback. `previous`: session of this browser by its cookie, if its request had one. `state`: of this
   * sign-in; `others`: of those the browser has under way beside it, proved by their sealed cookies. Rejects with `StoreUnreachable`.
   */
  begin(
    signedIn: SignedIn,
    browser: { readonly previous: Session | undefined; readonly state: string; readonly others: readonly string[] },
    origin: Origin,
  ): Promise<Session>
}

export interface ParallelSignInsOptions {
  readonly store: Pick<Store, 'add' | 'get'>
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly sessions: Pick<Sessions, 'begin' | 'end' | 'read'>
  /** Milliseconds from the departure to the callback. */
  readonly lifetime: number
}

/**
 * A callback that was sent before the cookie of the first one arrived has no session of its own to show. Two sessions in one
 * browser would be a false sign-out: it ends the one of its cookie, and applications keep the other. Of two sign-ins side by
 * side at least one was sent with the cookie of the other, so each names its session under its own state and under those it
 * knows of; what is named first counts.
 */
export function createParallelSignIns({ store, seal, sessions, lifetime }: ParallelSignInsOptions): ParallelSignIns {
  const named = async (key: string): Promise<Session | undefined> => {
    const sealed = await store.get(key)
    const id = sealed === undefined ? undefined : seal.open('parallel', key, sealed)
    const found = id === undefined ? undefined : await sessions.read(id)
    return found?.state === 'live' ? found.session : undefined
  }
  return {
    async begin(signedIn, { previous, state, others }, origin) {
      if (previous !== undefined) return sessions.begin(signedIn, previous, origin)
      // One order for all, so that two that know of each other meet at the same key.
      const keys = [state, ...others].map(keyOf).toSorted()
      let first: Session | undefined
      if (others.length > 0) for (const key of keys) first ??= await named(key)
      const session = await sessions.begin(signedIn, first, origin)
      for (const key of keys) {
        // Only what this callback began may end again: nothing of it has reached the browser yet.
        if (await store.add(key, seal.seal('parallel', key, session.id), lifetime)) continue
        const other = first === undefined ? await named(key) : undefined
        if (other === undefined || other.id === session.id) continue
        // First the tokens move, so that the end of this session does not have them revoked.
        const joined = await sessions.begin(signedIn, other, origin)
        await sessions.end(session.id, 'session_revoked', { kind: 'system' }, origin)
        return joined
      }
      return session
    },
  }
}

function keyOf(state: string): string {
  return `parallel:${hashToken(state)}`
}
