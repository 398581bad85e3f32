// People as the store keeps them: `person:<hash>`, sealed, and the set `people` of all hashes; for 400 days after the last sign-in.

import type { Subject } from '../../policy/subject.ts'
import { emergencyProvider, subjectKey } from '../../policy/subject.ts'
import type { Seal } from '../../store/seal.ts'
import { createSealedCollection } from '../../store/sealed-collection.ts'
import type { Store } from '../../store/store.ts'
import { digestOf } from '../session/record.ts'

/** Somebody who signed in here. */
export interface KnownUser {
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
export interface Claims {
  readonly subject: Subject
  readonly at: number
  readonly signedIn: number
}

/** What one node has to add to what is known of somebody. */
export interface Update {
  readonly claims: Claims | undefined
  /** What the session says they used it with: counts where nobody has told anything yet, on whichever node. */
  readonly fallbackClaims?: Claims | undefined
  readonly used: ReadonlyMap<string, number>
}

export interface UserRecords {
  /** Worked into what stands there, whoever else writes meanwhile. */
  add(who: Pick<Subject, 'provider' | 'sub'>, update: Update): Promise<void>
  /** Undefined for somebody who never signed in. Rejects when the store cannot be asked. */
  read(who: Pick<Subject, 'provider' | 'sub'>): Promise<KnownUser | undefined>
  /** In no order. Rejects when the store cannot be asked. */
  readAll(): Promise<KnownUser[]>
}

/** Milliseconds somebody is remembered after they last signed in: a year, and time to review it. */
export const retention = 400 * 24 * 3_600_000

export function createUserRecords(parts: {
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly now: () => number
}): UserRecords {
  const { now } = parts
  const records = createSealedCollection<KnownUser>({
    ...parts,
    kind: 'person',
    all: 'people',
    until: ({ lastSignIn }) => lastSignIn + retention,
    kept: 0,
    revive(seen) {
      const { email, name, username } = seen.subject
      return { ...seen, subject: { ...seen.subject, email, name, username } }
    },
  })
  const idOf = (who: Pick<Subject, 'provider' | 'sub'>): string => digestOf(subjectKey(who))

  return {
    async add(who, update) {
      await records.change(idOf(who), (before) => {
        const after = applyUpdate(before, update, now())
        return after === undefined || after === before || after.lastSignIn + retention <= now() ? undefined : after
      })
    },
    read: (who) => records.read(idOf(who)),
    readAll: records.readAll,
  }
}

/** Undefined: nobody to add it to. The very same: nothing new. */
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

/** A sealed code is nobody in particular. */
export function isProviderUser({ provider }: Pick<Subject, 'provider'>): boolean {
  return provider !== emergencyProvider
}
