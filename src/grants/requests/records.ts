// Store records of access requests: `request:<id>`, sealed, written by compare-and-set, kept for 90 days after their end.
//
// All requests of one user for one entitlement form a chain, numbered from 1: `<chain>-<number>`. A request is created
// only when its predecessor is closed and its number is unused. So of two concurrent requests, on any nodes, one is
// created, and at most one of a chain is open.

import { createHash } from 'node:crypto'
import type { Seal } from '../../store/seal.ts'
import { createSealedCollection } from '../../store/sealed-collection.ts'
import type { Store } from '../../store/store.ts'
import { retention } from '../grant-records.ts'
import type { FollowUp, GrantRequest } from './request.ts'

export interface RequestRecords {
  /** Undefined when there is none or its seal is invalid. Rejects when the store is unreachable. */
  read(id: string): Promise<GrantRequest | undefined>
  readAll(): Promise<GrantRequest[]>
  /** The last request of a chain, and the number of the next one. */
  newest(chain: string): Promise<{ readonly request: GrantRequest | undefined; readonly next: number }>
  /** False when the id exists. */
  create(request: GrantRequest): Promise<boolean>
  /**
   * Compare-and-set: writes and returns the result of `next` on the current request; undefined when there is none or
   * `next` returns undefined. Rejects with what `next` throws.
   */
  change(
    id: string,
    next: (request: GrantRequest) => GrantRequest | undefined | Promise<GrantRequest | undefined>,
  ): Promise<GrantRequest | undefined>
}

/** `who`: common key of all linked accounts of a user. `sponsor:ID`: follow-ups of that grant, of which there is one. */
export function chainOf(who: string, app: string, entitlement: 'requests' | 'emergency' | `sponsor:${string}`): string {
  return createHash('sha256')
    .update(JSON.stringify([who, app, entitlement]))
    .digest('hex')
    .slice(0, 20)
}

export function createRequestRecords(parts: {
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly now: () => number
}): RequestRecords {
  const { store } = parts
  const records = createSealedCollection<GrantRequest>({
    ...parts,
    kind: 'request',
    idsKey: 'requests',
    extraIdsKey: (id) => `requests:${chainIn(id)}`,
    // The record must outlive its grant, so that the grant cannot be created from it a second time.
    until: ({ lapsesAt, closed, terms, reviewBy }) =>
      Math.max(lapsesAt, closed?.at ?? 0, terms?.until ?? 0, reviewBy ?? 0),
    retention,
    revive: fromStored,
  })

  /** Advances the head of a chain after the record was written: numbers up to the head are used. It never decreases. */
  async function advanceHead(id: string): Promise<void> {
    const head = `request-head:${chainIn(id)}`
    const number = numberOf(id)
    for (;;) {
      const before = await store.get(head)
      if (Number(before ?? 0) >= number) return
      const text = String(number)
      if (
        before === undefined ? await store.add(head, text, noExpiry) : await store.replace(head, before, text, noExpiry)
      )
        return
    }
  }

  return {
    read: records.read,
    readAll: records.readAll,
    async newest(chain) {
      const head = Number((await store.get(`request-head:${chain}`)) ?? 0)
      const listed = (await store.members(`requests:${chain}`)).map(numberOf)
      const last = Math.max(head, ...listed)
      if (last === 0) return { request: undefined, next: 1 }
      const request = await records.read(`${chain}-${last}`)
      if (request !== undefined || last <= head) return { request, next: last + 1 }
      // Listed without a record and beyond the head: another node is creating it or failed while doing so. The number is
      // still available once; its predecessor is the last request.
      return { request: await records.read(`${chain}-${last - 1}`), next: last }
    },
    async create(request) {
      const made = await records.create(request.id, request)
      if (made) await advanceHead(request.id)
      return made
    },
    change: (id, next) =>
      records.change(id, async (request) => {
        const changed = request && (await next(request))
        // The creating node may have failed before this. Otherwise the number would be reused once the record has expired.
        if (changed !== undefined) await advanceHead(id)
        return changed
      }),
  }
}

const noExpiry = 10 * 365 * 86_400_000

function chainIn(id: string): string {
  return id.slice(0, id.lastIndexOf('-'))
}

function numberOf(id: string): number {
  return Number(id.slice(id.lastIndexOf('-') + 1))
}

function revivedFollowUp({ sponsor, schedule, contract }: FollowUp): FollowUp {
  return { sponsor, schedule, contract }
}

/** JSON omits `undefined`: restores absent keys. */
function fromStored(request: GrantRequest): GrantRequest {
  const { from, reason, ticket, device, address, extends: extended, closed, terms, grant, reviewBy, reviewed } = request
  return {
    ...request,
    from,
    reason,
    ticket,
    device,
    address,
    extends: extended,
    ...(request.followUp && { followUp: revivedFollowUp(request.followUp) }),
    closed: closed && { at: closed.at, by: closed.by, comment: closed.comment },
    terms,
    grant,
    reviewBy,
    reviewed: reviewed && { at: reviewed.at, by: reviewed.by, comment: reviewed.comment },
  }
}
