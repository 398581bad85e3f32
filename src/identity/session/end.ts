// Ending a session: once, for good, on every node, and recorded exactly once.

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
import type { Session, SessionEnd, SessionWithTokens } from './session.ts'
import type { SessionsOptions } from './repository.ts'

export type End = (id: string, reason: SessionEnd, actor: Actor, origin?: Origin) => Promise<boolean>

export interface SessionEnding {
  /** True for the one caller who ended it. Rejects with `StoreUnreachable`: then it may or may not have ended. */
  readonly end: End
  /** Finishes what an unreachable store left open, and ends again what it has forgotten the end of. Never rejects. */
  confirmEnd(): Promise<void>
  /** Ends again a session the store has gone back to. It was recorded when it ended. Rejects as `end` does. */
  retryUncertain(id: string, reason: SessionEnd): Promise<void>
}

interface Attempt {
  readonly ended: SessionWithTokens
  readonly actor: Actor
  readonly origin: Origin | undefined
}

const maxAttempts = 100
const maxUncertain = 10_000
const batch = 500

export function createSessionEnding(
  { store, changes, seal, record, now, log }: SessionsOptions,
  ends: EndedSessions,
): SessionEnding {
  // By the sealed tombstone: sealing is randomised, so finding it in the store proves that this attempt was the one.
  const uncertain = new Map<string, Attempt>()

  return {
    async end(id, reason, actor, origin) {
      const attempts = new Map<string, Attempt>()
      try {
        for (let tries = 0; tries < maxAttempts; tries += 1) {
          const sealed = await store.get(recordKey(id))
          // A client that repeats a command may hear "no" to the second: the first was ours all the same.
          const mine = attempts.get(sealed ?? '')
          if (mine !== undefined) return await finish(mine)
          const session = openSession(seal, id, sealed)
          if (sealed === undefined || session === undefined || session.ended !== undefined) return false
          const attempt = { ended: tombstone(session, reason, now()), actor, origin }
          const stone = sealSession(seal, attempt.ended)
          attempts.set(stone, attempt)
          if (await store.replace(recordKey(id), sealed, stone, endedRetention)) return await finish(attempt)
        }
      } catch (error) {
        if (error instanceof StoreUnreachable && attempts.size > 0) await remember(id, attempts)
        throw error
      }
      throw Object.assign(new Error('a session changed faster than it could be ended'), { code: 'session_contended' })
    },
    retryUncertain,
    async confirmEnd() {
      await recheckUncertain()
      for (const [stone, attempt] of uncertain) {
        try {
          const sealed = await store.get(recordKey(attempt.ended.id))
          uncertain.delete(stone)
          if (sealed === stone) await finish(attempt)
        } catch {
          return
        }
      }
    },
  }

  async function retryUncertain(id: string, reason: SessionEnd): Promise<void> {
    for (let tries = 0; tries < maxAttempts; tries += 1) {
      const sealed = await store.get(recordKey(id))
      const session = openSession(seal, id, sealed)
      if (sealed === undefined || session === undefined || session.ended !== undefined) return
      const stone = sealSession(seal, tombstone(session, reason, now()))
      if (!(await store.replace(recordKey(id), sealed, stone, endedRetention))) continue
      log?.warn({ session: id, reason }, 'the store had forgotten the end of a session: it is ended again')
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
          if (session !== undefined && session.ended === undefined) await retryUncertain(id, reason)
        }
      }
    } catch {
      ends.uncertain()
    }
  }

  async function finish({ ended, actor, origin }: Attempt): Promise<true> {
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
    return true
  }

  /** The session has ended; a log that cannot be written now is written later (`changes`), and is no failure of this. */
  async function announce(change: Change): Promise<void> {
    try {
      await changes.announce(change)
    } catch (error) {
      log?.warn({ err: error }, 'the end of a session will be announced when the store answers')
    }
  }

  async function removeFromLists({ id, subject, providerSession }: Session): Promise<void> {
    const lists = [allSessions, subjectIndex(subject.provider, subject.sub)]
    if (providerSession !== undefined) lists.push(providerSessionIndex(subject.provider, providerSession))
    // Tidiness only: lists are read against the records, and members leave by themselves.
    await Promise.allSettled(lists.map((list) => store.removeMember(list, id)))
  }

  async function remember(id: string, attempts: ReadonlyMap<string, Attempt>): Promise<void> {
    for (const [stone, attempt] of attempts) if (uncertain.size < maxUncertain) uncertain.set(stone, attempt)
    // If it was written, nobody may go on with what is cached.
    await announce({ kind: 'session_changed', session: id })
  }
}

/** Without tokens: nobody needs them any more. */
function tombstone(session: Session, reason: SessionEnd, at: number): SessionWithTokens {
  const tokens = { refresh: undefined, idToken: undefined }
  return { ...session, tokens, version: session.version + 1, ended: { at, reason } }
}
