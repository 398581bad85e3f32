// People as the store keeps them: `person:<hash>`, sealed, and the set `people` of all hashes; for 400 days after the last sign-in.

import type { Subject } from '../policy/subject.ts'
import { emergencyProvider, subjectKey } from '../policy/subject.ts'
import type { Seal } from '../store/seal.ts'
import type { Store } from '../store/store.ts'
import { digestOf } from './session-record.ts'

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
const batch = 500
const mostAttempts = 20
const all = 'people'

export function createPeopleRecords({
  store,
  seal,
  now,
}: {
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly now: () => number
}): PeopleRecords {
  const opened = (id: string, text: string | undefined): PersonSeen | undefined => {
    const plain = text === undefined ? undefined : seal.open('person', id, text)
    if (plain === undefined) return undefined
    const seen = JSON.parse(plain) as PersonSeen
    const { email, name, username } = seen.subject
    return { ...seen, subject: { ...seen.subject, email, name, username } }
  }

  return {
    async add(who, news) {
      const id = digestOf(subjectKey(who))
      for (let attempt = 0; attempt < mostAttempts; attempt++) {
        const text = await store.get(key(id))
        const before = opened(id, text)
        const after = merged(before, news, now())
        if (after === undefined || after === before) return
        const ttl = after.lastSignIn + remembered - now()
        if (ttl <= 0) return
        const sealed = seal.seal('person', id, JSON.stringify(after))
        // First the index: an id without a record is passed over, a record without its id would come and go unseen.
        if (before?.lastSignIn !== after.lastSignIn) await store.addMember(all, id, ttl)
        const done =
          text === undefined ? await store.add(key(id), sealed, ttl) : await store.replace(key(id), text, sealed, ttl)
        if (done || (await store.get(key(id))) === sealed) return
      }
      throw Object.assign(new Error('a person is being written all the time'), { code: 'person_contended' })
    },
    async read(who) {
      const id = digestOf(subjectKey(who))
      return opened(id, await store.get(key(id)))
    },
    async readAll() {
      const ids = await store.members(all)
      const people: PersonSeen[] = []
      for (let from = 0; from < ids.length; from += batch) {
        const some = ids.slice(from, from + batch)
        const texts = await store.getMany(some.map(key))
        some.forEach((id, index) => {
          const person = opened(id, texts[index])
          if (person !== undefined) people.push(person)
        })
      }
      return people
    },
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

function key(id: string): string {
  return `person:${id}`
}
