// Session indexes: all, by subject, by provider session (`sid`). An index may list ended sessions, never miss a live one.

import { allSessions, openSeen, openSession, providerSessionIndex, recordKey, seenKey, subjectIndex } from './record.ts'
import type { Session } from './session.ts'
import type { Sessions, SessionsOptions } from './repository.ts'

const batch = 250

/** `within`: whether the limits still allow a session, given its last activity according to the store. */
export function createSessionLists(
  { store, seal }: Pick<SessionsOptions, 'store' | 'seal'>,
  within: (session: Session, seen: number) => boolean,
): Pick<Sessions, 'ofSubject' | 'ofProviderSession' | 'all'> {
  return {
    ofSubject: (provider, sub) =>
      live(subjectIndex(provider, sub), ({ subject }) => subject.provider === provider && subject.sub === sub),
    ofProviderSession: (provider, sid) =>
      live(
        providerSessionIndex(provider, sid),
        ({ subject, providerSession }) => subject.provider === provider && providerSession === sid,
      ),
    all: () => live(allSessions, () => true),
  }

  /** The record decides: write access to the store can add ids to a list, but not make their records match. */
  async function live(list: string, matches: (session: Session) => boolean): Promise<Session[]> {
    const ids = await store.members(list)
    const found: Session[] = []
    for (let from = 0; from < ids.length; from += batch) {
      const some = ids.slice(from, from + batch)
      const values = await store.getMany([...some.map(recordKey), ...some.map(seenKey)])
      some.forEach((id, index) => {
        const session = openSession(seal, id, values[index])
        if (session === undefined || session.ended !== undefined || !matches(session)) return
        if (within(session, openSeen(seal, id, values[some.length + index]))) found.push(session)
      })
    }
    return found
  }
}
