// Requests as the store keeps them: `request:<id>`, sealed, written by compare-and-set; for 90 days after they mattered.
//
// All requests of one person for one entitlement are a chain, numbered from 1: `<chain>-<number>`. A request is only
// made when the one before it is closed for good, and only where there is none of its number. So of two asked at the
// same moment, on whichever nodes, one is made, and no more than one of a chain is ever open.

import { createHash } from 'node:crypto'
import type { Seal } from '../../store/seal.ts'
import { createSealedCollection } from '../../store/sealed-collection.ts'
import type { Store } from '../../store/store.ts'
import { retention } from '../grant-records.ts'
import type { GrantRequest } from './request.ts'

export interface RequestRecords {
  /** Undefined when there is none, or what is there was not sealed by us. Rejects when the store cannot be asked. */
  read(id: string): Promise<GrantRequest | undefined>
  readAll(): Promise<GrantRequest[]>
  /** The last of a chain that was made, and the number the next one would have. */
  newest(chain: string): Promise<{ readonly request: GrantRequest | undefined; readonly next: number }>
  /** False when there is one of this id. */
  create(request: GrantRequest): Promise<boolean>
  /**
   * Writes what `next` makes of the request as it is, and returns it; undefined when there is none, or `next` leaves it.
   * Rejects with what `next` throws.
   */
  change(
    id: string,
    next: (request: GrantRequest) => GrantRequest | undefined | Promise<GrantRequest | undefined>,
  ): Promise<GrantRequest | undefined>
}

/** `who`: one name for all accounts of a person. */
export function chainOf(who: string, app: string, entitlement: 'requests' | 'emergency'): string {
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
    all: 'requests',
    also: (id) => `requests:${chainIn(id)}`,
    // A grant that came of it must never be able to come of it once more.
    until: ({ lapsesAt, closed, terms, reviewBy }) =>
      Math.max(lapsesAt, closed?.at ?? 0, terms?.until ?? 0, reviewBy ?? 0),
    kept: retention,
    revive: fromStored,
  })

  /** Later than the record: whoever finds a number here need not ask for its record any more. It never goes back. */
  async function skipMissing(id: string): Promise<void> {
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
      // Listed but not there, nor passed by: somebody is about to make it, or died over it. The number is still to be
      // had, once, and follows the one before: what came of that may count.
      return { request: await records.read(`${chain}-${last - 1}`), next: last }
    },
    async create(request) {
      const made = await records.create(request.id, request)
      if (made) await skipMissing(request.id)
      return made
    },
    change: (id, next) =>
      records.change(id, async (request) => {
        const changed = request && (await next(request))
        // Whoever made it may have died over this. Without it the number would be had again when all of it is forgotten.
        if (changed !== undefined) await skipMissing(id)
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

/** JSON has no `undefined`: every key is there again. */
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
    closed: closed && { at: closed.at, by: closed.by, comment: closed.comment },
    terms,
    grant,
    reviewBy,
    reviewed: reviewed && { at: reviewed.at, by: reviewed.by, comment: reviewed.comment },
  }
}
