// Session writes by compare-and-set (sign-in, step-up, refresh): none revives an ended session or overwrites a newer one.

import type { Origin } from '../../audit/event.ts'
import { subjectKey } from '../../policy/subject.ts'
import type { Change } from '../../store/change.ts'
import { StoreUnreachable } from '../../store/store.ts'
import { newSessionId } from './opaque-token.ts'
import type { EndedSessions } from './ended-sessions.ts'
import type { End } from './end.ts'
import { allSessions, ttlOf, openSession, providerSessionIndex, recordKey, sealSeen, sealSession } from './record.ts'
import { seenKey, subjectIndex } from './record.ts'
import type { Session, SessionWithTokens } from './session.ts'
import type { Sessions, SessionsOptions, NewSession } from './repository.ts'

const maxAttempts = 100

export function createSessionWriting(
  { store, changes, seal, now, settings, log }: SessionsOptions,
  end: End,
  ends: Pick<EndedSessions, 'reasonOf'>,
): Pick<Sessions, 'begin' | 'update'> {
  return {
    async begin(signedIn, previous, origin) {
      if (previous !== undefined) {
        const steppedUp = await replacePrevious(signedIn, previous, origin)
        if (steppedUp !== undefined) return steppedUp
      }
      return create(signedIn)
    },
    async update(session, facts) {
      if (facts.subject !== undefined && subjectKey(facts.subject) !== subjectKey(session.subject)) {
        throw Object.assign(new Error('the subject of a session cannot change'), { code: 'subject_changed' })
      }
      const sealed = await store.get(recordKey(session.id))
      const current = openSession(seal, session.id, sealed)
      if (sealed === undefined || current === undefined || !isLive(current)) return undefined
      if (current.version !== session.version || current.generation !== session.generation) return undefined
      const next: SessionWithTokens = { ...current, ...facts, version: current.version + 1 }
      return (await put(sealed, next)) ? next : undefined
    },
  }

  /** A sign-in of the same subject in the same browser steps up the session; for another subject the old session ends. */
  async function replacePrevious(
    signedIn: NewSession,
    previous: Session,
    origin: Origin,
  ): Promise<Session | undefined> {
    if (subjectKey(previous.subject) === subjectKey(signedIn.subject)) return stepUp(previous.id, signedIn)
    await end(previous.id, 'session_revoked', { kind: 'system' }, origin)
    return undefined
  }

  async function create(signedIn: NewSession): Promise<Session> {
    const session: SessionWithTokens = {
      id: newSessionId(),
      createdAt: now(),
      generation: 1,
      version: 1,
      device: undefined,
      ended: undefined,
      ...freshlyAuthenticated(signedIn),
    }
    await addToLists(session)
    if (!(await store.add(recordKey(session.id), sealSession(seal, session), ttlOf(session, now())))) {
      throw Object.assign(new Error('the id of a new session already exists'), { code: 'session_exists' })
    }
    return session
  }

  async function stepUp(id: string, signedIn: NewSession): Promise<Session | undefined> {
    for (let attempts = 0; attempts < maxAttempts; attempts += 1) {
      const sealed = await store.get(recordKey(id))
      const current = openSession(seal, id, sealed)
      if (sealed === undefined || current === undefined || !isLive(current)) return undefined
      if (subjectKey(current.subject) !== subjectKey(signedIn.subject)) return undefined
      const steppedUp: SessionWithTokens = {
        ...current,
        ...freshlyAuthenticated(signedIn),
        // Google issues a refresh token at the consent only: the one there is stays the person's.
        tokens: { ...signedIn.tokens, refresh: signedIn.tokens.refresh ?? current.tokens.refresh },
        generation: current.generation + 1,
        version: current.version + 1,
      }
      await addToLists(steppedUp)
      if (!(await put(sealed, steppedUp))) continue
      const { provider } = current.subject
      if (current.providerSession !== undefined && current.providerSession !== steppedUp.providerSession) {
        await store.removeMember(providerSessionIndex(provider, current.providerSession), id).catch(() => {})
      }
      return steppedUp
    }
    throw Object.assign(new Error('a session changed during every attempt of a step-up'), { code: 'session_contended' })
  }

  /** Facts a sign-in proves, and the limits that start with it. */
  function freshlyAuthenticated({
    subject,
    authentication,
    providerSession,
    tokens,
    userAgent,
    address,
    until = Infinity,
  }: NewSession) {
    const { idle, lifetime, revalidate } = settings()
    const at = now()
    const limits = { endsAt: Math.min(at + lifetime, until), idle, validatedAt: at, revalidateAt: at + revalidate }
    return { subject, authentication, providerSession, tokens, userAgent, address, unconfirmed: undefined, ...limits }
  }

  /** Before the record is written: ending all sessions of a subject must not miss one being created. */
  async function addToLists(session: Session): Promise<void> {
    const { id, subject, providerSession } = session
    const ttl = ttlOf(session, now())
    const lists = [allSessions, subjectIndex(subject.provider, subject.sub)]
    if (providerSession !== undefined) lists.push(providerSessionIndex(subject.provider, providerSession))
    await Promise.all([
      ...lists.map((each) => store.addMember(each, id, ttl)),
      store.set(seenKey(id), sealSeen(seal, id, now()), ttl),
    ])
  }

  /** True when `next` replaced `sealed`; the change is announced to all nodes. */
  async function put(sealed: string, next: SessionWithTokens): Promise<boolean> {
    const change: Change = { kind: 'session_changed', session: next.id }
    const written = sealSession(seal, next)
    try {
      if (!(await store.replace(recordKey(next.id), sealed, written, ttlOf(next, now())))) {
        // After a retried command the store may report a conflict with our own first write.
        if ((await store.get(recordKey(next.id))) !== written) return false
      }
    } catch (error) {
      // It may have been written, so all nodes must drop their cached copy.
      if (error instanceof StoreUnreachable) await announce(change)
      throw error
    }
    await announce(change)
    return true
  }

  async function announce(change: Change): Promise<void> {
    try {
      await changes.announce(change)
    } catch (error) {
      log?.warn({ err: error }, 'a change of a session will be announced when the store is reachable')
    }
  }

  function isLive(session: Session): boolean {
    return session.ended === undefined && ends.reasonOf(session.id) === undefined && now() < session.endsAt
  }
}
