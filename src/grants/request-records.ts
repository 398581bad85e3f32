// Requests as the store keeps them: `request:<id>`, sealed, written by compare-and-set; for 90 days after they mattered.
//
// All requests of one person for one entitlement are a chain, numbered from 1: `<chain>-<number>`. A request is only
// made when the one before it is closed for good, and only where there is none of its number. So of two asked at the
// same moment, on whichever nodes, one is made, and no more than one of a chain is ever open.

import { createHash } from 'node:crypto'
import type { Seal } from '../store/seal.ts'
import type { Store } from '../store/store.ts'
import { kept } from './grant-records.ts'
import type { GrantRequest } from './grant-request.ts'

/** A request and the very text it was read from: only that may be replaced. */
export interface Read {
  readonly request: GrantRequest
  readonly text: string
}

export interface RequestRecords {
  /** Undefined when there is none, or what is there was not sealed by us. Rejects when the store cannot be asked. */
  read(id: string): Promise<Read | undefined>
  readAll(): Promise<GrantRequest[]>
  /** The last of a chain that was made, and the number the next one would have. */
  newest(chain: string): Promise<{ readonly request: GrantRequest | undefined; readonly next: number }>
  /** False when there is one of this id. */
  create(request: GrantRequest): Promise<boolean>
  /** False when something else is there now; nothing was written then. */
  replace(before: Read, next: GrantRequest): Promise<boolean>
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
  const { store, seal, now } = parts
  const sealed = (request: GrantRequest) => seal.seal('request', request.id, JSON.stringify(request))

  function opened(id: string, text: string | undefined): GrantRequest | undefined {
    const plain = text === undefined ? undefined : seal.open('request', id, text)
    return plain === undefined ? undefined : revived(JSON.parse(plain) as GrantRequest)
  }

  /** Milliseconds. A grant that came of it must never be able to come of it once more. */
  const remaining = ({ lapsesAt, closed, terms, reviewBy }: GrantRequest) =>
    Math.max(1, Math.max(lapsesAt, closed?.at ?? 0, terms?.until ?? 0, reviewBy ?? 0) - now()) + kept

  async function list(request: GrantRequest): Promise<void> {
    const ttl = remaining(request)
    await store.addMember('requests', request.id, ttl)
    await store.addMember(chainKey(request.id), request.id, ttl)
  }

  async function at(chain: string, number: number): Promise<GrantRequest | undefined> {
    const id = `${chain}-${number}`
    return opened(id, await store.get(key(id)))
  }

  /** Later than the record: whoever finds a number here need not ask for its record any more. It never goes back. */
  async function passBy(id: string): Promise<void> {
    const head = `request-head:${chainIn(id)}`
    const number = numberOf(id)
    for (;;) {
      const before = await store.get(head)
      if (Number(before ?? 0) >= number) return
      const text = String(number)
      if (
        before === undefined ? await store.add(head, text, forEver) : await store.replace(head, before, text, forEver)
      )
        return
    }
  }

  return {
    async read(id) {
      const text = await store.get(key(id))
      const request = opened(id, text)
      return text === undefined || request === undefined ? undefined : { request, text }
    },
    async readAll() {
      const ids = await store.members('requests')
      const found: GrantRequest[] = []
      for (let at = 0; at < ids.length; at += batch) {
        const some = ids.slice(at, at + batch)
        const texts = await store.getMany(some.map(key))
        some.forEach((id, index) => {
          const request = opened(id, texts[index])
          if (request !== undefined) found.push(request)
        })
      }
      return found
    },
    async newest(chain) {
      const head = Number((await store.get(`request-head:${chain}`)) ?? 0)
      const listed = (await store.members(`requests:${chain}`)).map(numberOf)
      const last = Math.max(head, ...listed)
      if (last === 0) return { request: undefined, next: 1 }
      const request = await at(chain, last)
      if (request !== undefined || last <= head) return { request, next: last + 1 }
      // Listed but not there, nor passed by: somebody is about to make it, or died over it. The number is still to be
      // had, once, and follows the one before: what came of that may count.
      return { request: await at(chain, last - 1), next: last }
    },
    async create(request) {
      // First the lists: what is listed and not there is passed over, what is there unlisted would be missed.
      await list(request)
      const text = sealed(request)
      // A client that repeats a command may hear "no" to the second: the first was ours all the same.
      const made =
        (await store.add(key(request.id), text, remaining(request))) || (await store.get(key(request.id))) === text
      if (made) await passBy(request.id)
      return made
    },
    async replace(before, next) {
      await list(next)
      // Whoever made it may have died over this. Without it the number would be had again when all of it is forgotten.
      await passBy(next.id)
      const text = sealed(next)
      return (
        (await store.replace(key(next.id), before.text, text, remaining(next))) ||
        (await store.get(key(next.id))) === text
      )
    },
  }
}

const batch = 500
const forEver = 10 * 365 * 86_400_000

function key(id: string): string {
  return `request:${id}`
}

function chainKey(id: string): string {
  return `requests:${chainIn(id)}`
}

function chainIn(id: string): string {
  return id.slice(0, id.lastIndexOf('-'))
}

function numberOf(id: string): number {
  return Number(id.slice(id.lastIndexOf('-') + 1))
}

/** JSON has no `undefined`: every key is there again. */
function revived(request: GrantRequest): GrantRequest {
  const {
    from,
    reason,
    ticket,
    device,
    address,
    extends: prolonged,
    closed,
    terms,
    grant,
    reviewBy,
    reviewed,
  } = request
  return {
    ...request,
    from,
    reason,
    ticket,
    device,
    address,
    extends: prolonged,
    closed: closed && { at: closed.at, by: closed.by, comment: closed.comment },
    terms,
    grant,
    reviewBy,
    reviewed: reviewed && { at: reviewed.at, by: reviewed.by, comment: reviewed.comment },
  }
}
