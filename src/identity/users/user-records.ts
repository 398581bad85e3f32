// User records in the store: `person:<hash>`, sealed, and the set `people` of all hashes; kept 400 days after the last sign-in.

import type { Subject } from '../../policy/subject.ts'
import { emergencyProvider, subjectKey } from '../../policy/subject.ts'
import type { Seal } from '../../store/seal.ts'
import { createSealedCollection } from '../../store/sealed-collection.ts'
import type { Store } from '../../store/store.ts'
import { digestOf } from '../session/record.ts'

/** A user who has signed in here. */
export interface KnownUser {
  /** As the provider stated it last. */
  readonly subject: Subject
  /** When the provider stated it; epoch milliseconds. */
  readonly toldAt: number
  readonly firstSignIn: number
  readonly lastSignIn: number
  /** By app: epoch milliseconds of the hour of the last use. */
  readonly used: Readonly<Record<string, number>>
}

/** Claims of a subject, when the provider stated them, and when the user signed in; epoch milliseconds. */
export interface Claims {
  readonly subject: Subject
  readonly at: number
  readonly signedIn: number
}

/** Changes one node has not written yet. */
export interface Update {
  readonly claims: Claims | undefined
  /** Taken from the session in use: written only when no node has a record of the user yet. */
  readonly fallbackClaims?: Claims | undefined
  readonly used: ReadonlyMap<string, number>
}

export interface UserRecords {
  /** Merges into the record, also with concurrent writers. Rejects when the store is unreachable. */
  add(user: Pick<Subject, 'provider' | 'sub'>, update: Update): Promise<void>
  /** Undefined for a user who never signed in. Rejects when the store is unreachable. */
  read(user: Pick<Subject, 'provider' | 'sub'>): Promise<KnownUser | undefined>
  /** Unordered. Rejects when the store is unreachable. */
  readAll(): Promise<KnownUser[]>
}

/** Milliseconds a user is kept after the last sign-in: a year, and time for a review. */
export const retention = 400 * 24 * 3_600_000

export function createUserRecords(options: {
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly now: () => number
}): UserRecords {
  const { now } = options
  const records = createSealedCollection<KnownUser>({
    ...options,
    kind: 'person',
    idsKey: 'people',
    until: ({ lastSignIn }) => lastSignIn + retention,
    retention: 0,
    revive(seen) {
      const { email, name, username } = seen.subject
      return { ...seen, subject: { ...seen.subject, email, name, username } }
    },
  })
  const idOf = (user: Pick<Subject, 'provider' | 'sub'>): string => digestOf(subjectKey(user))

  return {
    async add(user, update) {
      await records.change(idOf(user), (before) => {
        const after = applyUpdate(before, update, now())
        return after === undefined || after === before || after.lastSignIn + retention <= now() ? undefined : after
      })
    },
    read: (user) => records.read(idOf(user)),
    readAll: records.readAll,
  }
}

/** Returns undefined when there is no record to update, the same object when nothing changed. */
function applyUpdate(before: KnownUser | undefined, update: Update, now: number): KnownUser | undefined {
  const { used } = update
  const claims = update.claims ?? (before === undefined ? update.fallbackClaims : undefined)
  if (before === undefined && claims === undefined) return undefined
  const newer = claims !== undefined && (before === undefined || claims.at > before.toldAt)
  const later = [...used].filter(([app, at]) => at > (before?.used[app] ?? -Infinity))
  const first = Math.min(before?.firstSignIn ?? Infinity, claims?.signedIn ?? Infinity)
  const last = Math.max(before?.lastSignIn ?? -Infinity, claims?.signedIn ?? -Infinity)
  if (before !== undefined && !newer && later.length === 0) {
    if (first === before.firstSignIn && last === before.lastSignIn) return before
  }
  const old = Object.entries(before?.used ?? {}).filter(([, at]) => at > now - retention)
  return {
    subject: newer ? claims.subject : before!.subject,
    toldAt: newer ? claims.at : before!.toldAt,
    firstSignIn: first,
    lastSignIn: last,
    used: Object.fromEntries([...old, ...later]),
  }
}

/** Sessions opened by an emergency code have no user. */
export function isProviderUser({ provider }: Pick<Subject, 'provider'>): boolean {
  return provider !== emergencyProvider
}
