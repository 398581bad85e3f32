// Ends sessions by compare-and-set with a tombstone: permanent, announced to all nodes, recorded exactly once.

import type { Actor, Origin } from '../../audit/event.ts'
import { subjectKey } from '../../policy/subject.ts'
import type { Change } from '../../store/change.ts'
import { StoreUnreachable } from '../../store/store.ts'
import {
  endedRetention,
  allSessions,
  openSession,
  providerSessionIndex,
  recordKey,
  sealSession,
  subjectIndex,
} from './record.ts'
import type { EndedSessions } from './ended-sessions.ts'
import { releasedBy } from './released-tokens.ts'
import type { Session, SessionEnd, SessionWithTokens, Tokens } from './session.ts'
import type { SessionsOptions } from './repository.ts'

export type End = (id: string, reason: SessionEnd, actor: Actor, origin?: Origin) => Promise<boolean>

export interface SessionEnding {
  /** True for the one call that ended it. Rejects with `StoreUnreachable`: then the session may or may not have ended. */
  readonly end: End
  /** Completes ends interrupted by an unreachable store, and repeats those the store has lost. Never rejects. */
  completePendingEnds(): Promise<void>
  /** Ends a session again when the store has lost its end (rollback), without a second record. Rejects as `end` does. */
  endAgain(id: string, reason: SessionEnd): Promise<void>
}

interface Attempt {
  readonly ended: SessionWithTokens
  /** Of the session before: its tombstone has none. */
  readonly tokens: Tokens
  readonly actor: Actor
  readonly origin: Origin | undefined
}

const maxAttempts = 100
const maxUncertain = 10_000
const batch = 500

export function createSessionEnding(
  { store, changes, seal, record, release, now, log }: SessionsOptions,
  ends: EndedSessions,
): SessionEnding {
  // Keyed by the sealed tombstone: sealing is randomized, so finding it in the store proves that this attempt succeeded.
  const uncertain = new Map<string, Attempt>()

  return {
    async end(id, reason, actor, origin) {
      const attempts = new Map<string, Attempt>()
      try {
        for (let tries = 0; tries < maxAttempts; tries += 1) {
          const sealed = await store.get(recordKey(id))
          // After a retried command the store may report a conflict with our own first write.
          const ownAttempt = attempts.get(sealed ?? '')
          if (ownAttempt !== undefined) return await finish(ownAttempt)
          const session = openSession(seal, id, sealed)
          if (sealed === undefined || session === undefined || session.ended !== undefined) return false
          const attempt = { ended: tombstone(session, reason, now()), tokens: session.tokens, actor, origin }
          const sealedTombstone = sealSession(seal, attempt.ended)
          attempts.set(sealedTombstone, attempt)
          if (await store.replace(recordKey(id), sealed, sealedTombstone, endedRetention)) return await finish(attempt)
        }
      } catch (error) {
        if (error instanceof StoreUnreachable && attempts.size > 0) await keepUncertain(id, attempts)
        throw error
      }
      throw Object.assign(new Error('a session changed during every attempt to end it'), { code: 'session_contended' })
    },
    endAgain,
    async completePendingEnds() {
      await recheckUncertain()
      for (const [sealedTombstone, attempt] of uncertain) {
        try {
          const sealed = await store.get(recordKey(attempt.ended.id))
          uncertain.delete(sealedTombstone)
          if (sealed === sealedTombstone) await finish(attempt)
        } catch {
          return
        }
      }
    },
  }

  async function endAgain(id: string, reason: SessionEnd): Promise<void> {
    for (let tries = 0; tries < maxAttempts; tries += 1) {
      const sealed = await store.get(recordKey(id))
      const session = openSession(seal, id, sealed)
      if (sealed === undefined || session === undefined || session.ended !== undefined) return
      const sealedTombstone = sealSession(seal, tombstone(session, reason, now()))
      if (!(await store.replace(recordKey(id), sealed, sealedTombstone, endedRetention))) continue
      log?.warn({ session: id, reason }, 'the store had lost the end of a session: ended again')
      await announce({ kind: 'session_ended', session: id, reason })
      return removeFromLists(session)
    }
  }

  async function recheckUncertain(): Promise<void> {
    const doubtful = ends.markUncertain()
    try {
      for (let at = 0; at < doubtful.length; at += batch) {
        const some = doubtful.slice(at, at + batch)
        const records = await store.getMany(some.map(([id]) => recordKey(id)))
        for (const [index, [id, reason]] of some.entries()) {
          const session = openSession(seal, id, records[index])
          if (session !== undefined && session.ended === undefined) await endAgain(id, reason)
        }
      }
    } catch {
      ends.uncertain()
    }
  }

  async function finish({ ended, tokens, actor, origin }: Attempt): Promise<true> {
    record({
      kind: 'authentication',
      at: now(),
      origin: origin ?? { requestId: ended.id, address: ended.address ?? '' },
      actor,
      activity: actor.kind === 'person' ? 'sign_out' : 'session_ended',
      outcome: 'success',
      reason: ended.ended?.reason,
      detail: subjectKey(ended.subject),
      provider: ended.subject.provider,
      session: ended.id,
      mfa: ended.authentication.mfa,
    })
    await announce({ kind: 'session_ended', session: ended.id, reason: ended.ended?.reason ?? 'session_revoked' })
    await removeFromLists(ended)
    // After the lists: what still uses the same grant is looked up there.
    release?.(releasedBy(ended, tokens, 'session_ended'))
    return true
  }

  /**
   * The session has ended; a change log entry that cannot be written now is written later (`changes`), which is no
   * failure here.
   */
  async function announce(change: Change): Promise<void> {
    try {
      await changes.announce(change)
    } catch (error) {
      log?.warn({ err: error }, 'the end of a session will be announced when the store is reachable')
    }
  }

  async function removeFromLists({ id, subject, providerSession }: Session): Promise<void> {
    const lists = [allSessions, subjectIndex(subject.provider, subject.sub)]
    if (providerSession !== undefined) lists.push(providerSessionIndex(subject.provider, providerSession))
    // Cleanup only: lists are checked against the records, and members expire.
    await Promise.allSettled(lists.map((list) => store.removeMember(list, id)))
  }

  async function keepUncertain(id: string, attempts: ReadonlyMap<string, Attempt>): Promise<void> {
    for (const [sealedTombstone, attempt] of attempts)
      if (uncertain.size < maxUncertain) uncertain.set(sealedTombstone, attempt)
    // It may have been written, so all nodes must drop their cached copy.
    await announce({ kind: 'session_changed', session: id })
  }
}

/** The tombstone keeps no tokens: they are not needed any more. */
function tombstone(session: Session, reason: SessionEnd, at: number): SessionWithTokens {
  const tokens = { refresh: undefined, idToken: undefined }
  return { ...session, tokens, version: session.version + 1, ended: { at, reason } }
}
