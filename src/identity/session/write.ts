// Beginning, raising and updating sessions: each write replaces exactly the state it was made from, so none revives or undoes.

import { randomBytes } from 'node:crypto'
import type { Origin } from '../../audit/event.ts'
import { subjectKey } from '../../policy/subject.ts'
import type { Change } from '../../store/change.ts'
import { StoreUnreachable } from '../../store/store.ts'
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
        const raised = await takeOver(signedIn, previous, origin)
        if (raised !== undefined) return raised
      }
      return create(signedIn)
    },
    async update(session, facts) {
      if (facts.subject !== undefined && subjectKey(facts.subject) !== subjectKey(session.subject)) {
        throw Object.assign(new Error('a session belongs to one person'), { code: 'subject_changed' })
      }
      const sealed = await store.get(recordKey(session.id))
      const current = openSession(seal, session.id, sealed)
      if (sealed === undefined || current === undefined || !isLive(current)) return undefined
      if (current.version !== session.version || current.generation !== session.generation) return undefined
      const next: SessionWithTokens = { ...current, ...facts, version: current.version + 1 }
      return (await put(sealed, next)) ? next : undefined
    },
  }

  /** The same person in the same browser keeps the session, raised; of anybody else it ends. */
  async function takeOver(signedIn: NewSession, previous: Session, origin: Origin): Promise<Session | undefined> {
    if (subjectKey(previous.subject) === subjectKey(signedIn.subject)) return raise(previous.id, signedIn)
    await end(previous.id, 'session_revoked', { kind: 'system' }, origin)
    return undefined
  }

  async function create(signedIn: NewSession): Promise<Session> {
    const session: SessionWithTokens = {
      id: randomBytes(16).toString('base64url'),
      createdAt: now(),
      generation: 1,
      version: 1,
      device: undefined,
      ended: undefined,
      ...freshlyAuthenticated(signedIn),
    }
    await list(session)
    if (!(await store.add(recordKey(session.id), sealSession(seal, session), ttlOf(session, now())))) {
      throw Object.assign(new Error('a new session met one of its name'), { code: 'session_exists' })
    }
    return session
  }

  async function raise(id: string, signedIn: NewSession): Promise<Session | undefined> {
    for (let attempts = 0; attempts < maxAttempts; attempts += 1) {
      const sealed = await store.get(recordKey(id))
      const current = openSession(seal, id, sealed)
      if (sealed === undefined || current === undefined || !isLive(current)) return undefined
      if (subjectKey(current.subject) !== subjectKey(signedIn.subject)) return undefined
      const raised: SessionWithTokens = {
        ...current,
        ...freshlyAuthenticated(signedIn),
        generation: current.generation + 1,
        version: current.version + 1,
      }
      await list(raised)
      if (!(await put(sealed, raised))) continue
      const { provider } = current.subject
      if (current.providerSession !== undefined && current.providerSession !== raised.providerSession) {
        await store.removeMember(providerSessionIndex(provider, current.providerSession), id).catch(() => {})
      }
      return raised
    }
    throw Object.assign(new Error('a session changed faster than it could be raised'), { code: 'session_contended' })
  }

  /** What a sign-in proves, and the limits that start with it. */
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
    return { subject, authentication, providerSession, tokens, userAgent, address, ...limits }
  }

  /** Before the record is there: whoever ends all sessions of a person must not miss one that is about to be. */
  async function list(session: Session): Promise<void> {
    const { id, subject, providerSession } = session
    const ttl = ttlOf(session, now())
    const lists = [allSessions, subjectIndex(subject.provider, subject.sub)]
    if (providerSession !== undefined) lists.push(providerSessionIndex(subject.provider, providerSession))
    await Promise.all([
      ...lists.map((each) => store.addMember(each, id, ttl)),
      store.set(seenKey(id), sealSeen(seal, id, now()), ttl),
    ])
  }

  /** True when `next` stands now where `sealed` stood; every node has been told to read it again. */
  async function put(sealed: string, next: SessionWithTokens): Promise<boolean> {
    const change: Change = { kind: 'session_changed', session: next.id }
    const written = sealSession(seal, next)
    try {
      if (!(await store.replace(recordKey(next.id), sealed, written, ttlOf(next, now())))) {
        // A client that repeats a command may hear "no" to the second: the first was ours all the same.
        if ((await store.get(recordKey(next.id))) !== written) return false
      }
    } catch (error) {
      // Perhaps written: nobody may go on with what is cached.
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
      log?.warn({ err: error }, 'a change of a session will be announced when the store answers')
    }
  }

  function isLive(session: Session): boolean {
    return session.ended === undefined && ends.reasonOf(session.id) === undefined && now() < session.endsAt
  }
}
