// All requests in memory, as last read; a newer state never gives way to an older one.

import { retention } from '../grant-records.ts'
import type { GrantRequest } from './request.ts'

export interface RequestIndex {
  get(id: string): GrantRequest | undefined
  put(request: GrantRequest): void
  /** What was not found is gone, but for those in `keep`. */
  replace(found: readonly GrantRequest[], keep: ReadonlySet<string>): void
  /** Newest first, as they are at this moment. */
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
      const there = new Set(found.map(({ id }) => id))
      for (const id of requests.keys()) if (!there.has(id) && !keep.has(id) && requests.delete(id)) sorted = undefined
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

/** A request whose time is over is lapsed, whether or not anybody has written so. */
export function stateAt(request: GrantRequest, at: number): GrantRequest {
  if (request.state !== 'open' || at < request.lapsesAt) return request
  return { ...request, state: 'lapsed', closed: { at: request.lapsesAt, by: undefined, comment: undefined } }
}
