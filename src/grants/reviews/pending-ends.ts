// Pending revocations of a signed access review: written with the signature, so that a crash loses none of them.
//
// The order is: signed file, this record (the point of no return), revocations, audit event. A crash before the record
// leaves every access as it was, and a file that no audit event names; after it, any node completes the rest.

import type { Actor, AuditEvent, Recorder } from '../../audit/event.ts'
import type { Seal } from '../../store/seal.ts'
import type { Store } from '../../store/store.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Grants } from '../grants.ts'

type ReviewEvent = Extract<AuditEvent, { kind: 'review' }>

export interface PendingEnds {
  /** Ids of the grants to revoke. */
  readonly grants: readonly string[]
  readonly actor: Actor
  readonly event: ReviewEvent
}

export interface PendingReviews {
  /** Rejects when the store is unreachable: then nothing is pending. */
  add(pending: PendingEnds): Promise<string>
  /** Revokes the grants and records the review; idempotent. Rejects when the store is unreachable; `resume` repeats it. */
  complete(id: string, pending: PendingEnds): Promise<void>
  /** Completes what a failed node left behind. Never rejects. */
  resume(): Promise<void>
}

const idsKey = 'review-pending'
/** Milliseconds: far longer than any outage of a store that keeps its data. */
const retention = 90 * 24 * 3_600_000
/** Milliseconds a node that is at it is left alone. */
const patience = 30_000

export function createPendingReviews({
  store,
  seal,
  grants,
  saveLast,
  record,
  now,
  log,
}: {
  readonly store: Pick<Store, 'get' | 'set' | 'remove' | 'addMember' | 'removeMember' | 'members'>
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly grants: Pick<Grants, 'revoke'>
  /** Stores the review as the last one of its app. */
  readonly saveLast: (event: ReviewEvent) => Promise<void>
  readonly record: Recorder
  readonly now: () => number
  readonly log?: Logger | undefined
}): PendingReviews {
  const keyOf = (id: string): string => `${idsKey}:${id}`

  async function complete(id: string, pending: PendingEnds): Promise<void> {
    for (const grant of pending.grants) await grants.revoke(grant, pending.actor)
    await saveLast(pending.event)
    // Of several nodes one removes the record and so records the review.
    if (await store.remove(keyOf(id))) record(pending.event)
    await store.removeMember(idsKey, id)
  }

  return {
    async add(pending) {
      const id = `${pending.event.review.app}-${pending.event.review.sha256}`
      await store.addMember(idsKey, id, retention)
      await store.set(keyOf(id), seal.seal('review-pending', id, JSON.stringify(pending)), retention)
      return id
    },
    complete,
    async resume() {
      try {
        for (const id of await store.members(idsKey)) {
          const text = await store.get(keyOf(id))
          const plain = text === undefined ? undefined : seal.open('review-pending', id, text)
          const pending = plain === undefined ? undefined : (JSON.parse(plain) as PendingEnds)
          if (pending !== undefined && now() > pending.event.at + patience) await complete(id, pending)
        }
      } catch (error) {
        log?.warn({ err: error }, 'revocations of a signed access review are not complete yet; will retry')
      }
    },
  }
}
