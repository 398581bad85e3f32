// People as the store keeps them: `person:<hash>`, sealed, and the set `people` of all hashes; for 400 days after the last sign-in.

import type { Subject } from '../../policy/subject.ts'
import { emergencyProvider, subjectKey } from '../../policy/subject.ts'
import type { Seal } from '../../store/seal.ts'
import { createSealedCollection } from '../../store/sealed-collection.ts'
import type { Store } from '../../store/store.ts'
import { digestOf } from '../session/record.ts'

/** Somebody who signed in here. */
export interface PersonSeen {
  /** As their provider told it last. */
  readonly subject: Subject
  /** Epoch milliseconds. */
  readonly toldAt: number
  readonly firstSignIn: number
  readonly lastSignIn: number
  /** By app: epoch milliseconds of the hour in which they were last let in. */
  readonly used: Readonly<Record<string, number>>
}

/** What the provider said of somebody, when, and when they signed in. */
export interface Told {
  readonly subject: Subject
  readonly at: number
  readonly signedIn: number
}

/** What one node has to add to what is known of somebody. */
export interface News {
  readonly told: Told | undefined
  /** What the session says they used it with: counts where nobody has told anything yet, on whichever node. */
  readonly otherwise?: Told | undefined
  readonly used: ReadonlyMap<string, number>
}

export interface PeopleRecords {
  /** Worked into what stands there, whoever else writes meanwhile. */
  add(who: Pick<Subject, 'provider' | 'sub'>, news: News): Promise<void>
  /** Undefined for somebody who never signed in. Rejects when the store cannot be asked. */
  read(who: Pick<Subject, 'provider' | 'sub'>): Promise<PersonSeen | undefined>
  /** In no order. Rejects when the store cannot be asked. */
  readAll(): Promise<PersonSeen[]>
}

/** Milliseconds somebody is remembered after they last signed in: a year, and time to review it. */
export const remembered = 400 * 24 * 3_600_000

export function createPeopleRecords(parts: {
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly now: () => number
}): PeopleRecords {
  const { now } = parts
  const records = createSealedCollection<PersonSeen>({
    ...parts,
    kind: 'person',
    all: 'people',
    until: ({ lastSignIn }) => lastSignIn + remembered,
    kept: 0,
    revive(seen) {
      const { email, name, username } = seen.subject
      return { ...seen, subject: { ...seen.subject, email, name, username } }
    },
  })
  const idOf = (who: Pick<Subject, 'provider' | 'sub'>): string => digestOf(subjectKey(who))

  return {
    async add(who, news) {
      await records.change(idOf(who), (before) => {
        const after = merged(before, news, now())
        return after === undefined || after === before || after.lastSignIn + remembered <= now() ? undefined : after
      })
    },
    read: (who) => records.read(idOf(who)),
    readAll: records.readAll,
  }
}

/** Undefined: nobody to add it to. The very same: nothing new. */
function merged(before: PersonSeen | undefined, news: News, now: number): PersonSeen | undefined {
  const { used } = news
  const told = news.told ?? (before === undefined ? news.otherwise : undefined)
  if (before === undefined && told === undefined) return undefined
  const newer = told !== undefined && (before === undefined || told.at > before.toldAt)
  const later = [...used].filter(([app, at]) => at > (before?.used[app] ?? -Infinity))
  const first = Math.min(before?.firstSignIn ?? Infinity, told?.signedIn ?? Infinity)
  const last = Math.max(before?.lastSignIn ?? -Infinity, told?.signedIn ?? -Infinity)
  if (before !== undefined && !newer && later.length === 0) {
    if (first === before.firstSignIn && last === before.lastSignIn) return before
  }
  const old = Object.entries(before?.used ?? {}).filter(([, at]) => at > now - remembered)
  return {
    subject: newer ? told.subject : before!.subject,
    toldAt: newer ? told.at : before!.toldAt,
    firstSignIn: first,
    lastSignIn: last,
    used: Object.fromEntries([...old, ...later]),
  }
}

/** A sealed code is nobody in particular. */
export function isSomebody({ provider }: Pick<Subject, 'provider'>): boolean {
  return provider !== emergencyProvider
}
