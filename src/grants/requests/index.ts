// In-memory index of access requests; a version never replaces a newer one.

import { retention } from '../grant-records.ts'
import type { GrantRequest } from './request.ts'

export interface RequestIndex {
  get(id: string): GrantRequest | undefined
  put(request: GrantRequest): void
  /** Removes requests that are not in `found`, except those in `keep`. */
  replace(found: readonly GrantRequest[], keep: ReadonlySet<string>): void
  /** Newest first, with states as of now. */
  all(): readonly GrantRequest[]
}

export function createRequestIndex(now: () => number): RequestIndex {
  const requests = new Map<string, GrantRequest>()
  let sorted: readonly GrantRequest[] | undefined

  function put(request: GrantRequest): void {
    if ((requests.get(request.id)?.version ?? 0) >= request.version) return
    requests.set(request.id, request)
    sorted = undefined
  }

  return {
    get(id) {
      const request = requests.get(id)
      return request && stateAt(request, now())
    },
    put,
    replace(found, keep) {
      const foundIds = new Set(found.map(({ id }) => id))
      for (const id of requests.keys())
        if (!foundIds.has(id) && !keep.has(id) && requests.delete(id)) sorted = undefined
      found.forEach(put)
    },
    all() {
      const at = now()
      for (const { id, lapsesAt, closed, terms } of requests.values()) {
        if (Math.max(lapsesAt, closed?.at ?? 0, terms?.until ?? 0) < at - retention && requests.delete(id))
          sorted = undefined
      }
      sorted ??= [...requests.values()].sort(
        (one, other) => other.askedAt - one.askedAt || (one.id < other.id ? 1 : -1),
      )
      return sorted.map((request) => stateAt(request, at))
    },
  }
}

/** State at a time in epoch milliseconds: an open request past `lapsesAt` is lapsed even before that is written. */
export function stateAt(request: GrantRequest, at: number): GrantRequest {
  if (request.state !== 'open' || at < request.lapsesAt) return request
  return { ...request, state: 'lapsed', closed: { at: request.lapsesAt, by: undefined, comment: undefined } }
}
