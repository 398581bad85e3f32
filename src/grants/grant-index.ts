// In-memory index of all grants: O(1) look-up by subject and app.

import type { Grant } from '../policy/grant.ts'

/** Ids of changed grants, and the apps they belong or belonged to. */
export interface Difference {
  readonly ids: readonly string[]
  readonly apps: readonly string[]
}

export interface GrantIndex {
  get(id: string): Grant | undefined
  /** Undefined removes the entry. */
  put(id: string, grant: Grant | undefined): Difference
  /** Replaces all entries. */
  replace(grants: ReadonlyMap<string, Grant>): Difference
  /** The identical list until one of its grants changes; of revoked grants it contains only the last. */
  of(who: string | undefined, mailbox: string | undefined, app: string): readonly Grant[]
  /** Whether any grant exists for the app. */
  hasFor(app: string): boolean
  all(): readonly Grant[]
}

/** `boundTo`: the `sub` a grant is bound to; part of the entry. */
export function createGrantIndex(boundTo: (id: string) => string | undefined = () => undefined): GrantIndex {
  const withBinding = (grant: Grant): Grant => {
    const sub = boundTo(grant.id)
    return sub === grant.boundTo ? grant : { ...grant, boundTo: sub }
  }
  let byId = new Map<string, Grant>()
  /** By app, then by grantee. */
  let lists = new Map<string, Map<string, readonly Grant[]>>()
  /** Lists of subjects with grants under both keys; rare, and discarded after any change. */
  let joined = new Map<string, readonly Grant[]>()

  function put(id: string, given: Grant | undefined): Difference {
    const before = byId.get(id)
    const grant = given && withBinding(given)
    if (same(before, grant)) return noDifference
    if (before !== undefined) {
      byId.delete(id)
      const people = lists.get(before.app)
      const rest = (people?.get(before.who) ?? []).filter((one) => one.id !== id)
      if (rest.length > 0) people?.set(before.who, rest)
      else if (people?.delete(before.who) === true && people.size === 0) lists.delete(before.app)
    }
    if (grant !== undefined) {
      byId.set(id, grant)
      const people = lists.getOrInsertComputed(grant.app, () => new Map<string, readonly Grant[]>())
      people.set(grant.who, withLastRevoked([...(people.get(grant.who) ?? []), grant]))
    }
    joined = new Map()
    return difference([id], [before, grant])
  }

  return {
    get: (id) => byId.get(id),
    put,
    replace(given) {
      const grants = new Map([...given].map(([id, grant]) => [id, withBinding(grant)]))
      const ids = [...new Set([...byId.keys(), ...grants.keys()])].filter((id) => !same(byId.get(id), grants.get(id)))
      const changed = difference(
        ids,
        ids.flatMap((id) => [byId.get(id), grants.get(id)]),
      )
      if (ids.length < 100) {
        for (const id of ids) put(id, grants.get(id))
        return changed
      }
      byId = grants
      const byApp = Map.groupBy(byId.values(), ({ app }) => app)
      lists = new Map([...byApp].map(([app, all]) => [app, listsOf(all)]))
      joined = new Map()
      return changed
    },
    of(who, mailbox, app) {
      const people = lists.get(app)
      const own = who === undefined ? undefined : people?.get(who)
      const mailed = mailbox === undefined ? undefined : people?.get(mailbox)
      if (own === undefined || mailed === undefined) return own ?? mailed ?? noGrants
      const at = `${who!.length} ${app}\n${who}${mailbox}`
      let both = joined.get(at)
      if (both === undefined) {
        both = [...own, ...mailed]
        joined.set(at, both)
      }
      return both
    },
    hasFor: (app) => lists.has(app),
    all: () => [...byId.values()],
  }
}

/** Shared empty list, so that identity comparison finds no change. */
export const noGrants: readonly Grant[] = []
const noDifference: Difference = { ids: [], apps: [] }

function difference(ids: readonly string[], grants: readonly (Grant | undefined)[]): Difference {
  return { ids, apps: [...new Set(grants.flatMap((grant) => grant?.app ?? []))] }
}

/**
 * Grants relevant for decisions. All revoked grants yield the same reason, so the last one suffices; otherwise 90 days of
 * daily grants would be evaluated for each request and repeated in each audit event.
 */
function withLastRevoked(list: readonly Grant[]): readonly Grant[] {
  const revoked = list.filter(({ revokedAt }) => revokedAt !== undefined)
  if (revoked.length < 2) return list
  const last = revoked.reduce((one, other) => (other.revokedAt! >= one.revokedAt! ? other : one))
  return list.filter((grant) => grant.revokedAt === undefined || grant === last)
}

/** Lists of one app by grantee. */
function listsOf(all: readonly Grant[]): Map<string, readonly Grant[]> {
  return new Map([...Map.groupBy(all, ({ who }) => who)].map(([who, list]) => [who, withLastRevoked(list)]))
}

function same(one: Grant | undefined, other: Grant | undefined): boolean {
  if (one === other) return true
  if (one === undefined || other === undefined) return false
  const names = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof Grant>
  return [...names].every(
    (name) =>
      one[name] === other[name] ||
      (typeof one[name] === 'object' && JSON.stringify(one[name]) === JSON.stringify(other[name])),
  )
}
