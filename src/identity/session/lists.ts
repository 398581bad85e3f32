// Which sessions there are: of everybody, of one person, of one session at the provider. Lists may name too many, never too few.

import { allSessions, openSeen, openSession, providerSessionIndex, recordKey, seenKey, subjectIndex } from './record.ts'
import type { Session } from './session.ts'
import type { Sessions, SessionsOptions } from './repository.ts'

const batch = 250

/** `within`: whether its limits still allow it, given when the store last knew the person active. */
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

  /** The record decides: whoever writes to the store can name sessions in a list, but not make them match. */
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
