// All grants in memory, found by person and app in one step, however many there are.

import type { Grant } from '../policy/grant.ts'

/** What is different now: grants, and the apps they are or were for. */
export interface Difference {
  readonly ids: readonly string[]
  readonly apps: readonly string[]
}

export interface GrantIndex {
  get(id: string): Grant | undefined
  /** Undefined takes it out. */
  put(id: string, grant: Grant | undefined): Difference
  /** Everything anew. */
  replace(grants: ReadonlyMap<string, Grant>): Difference
  /** The very same list until one of its grants changes. Of revoked ones only the last. */
  of(who: string | undefined, mailbox: string | undefined, app: string): readonly Grant[]
  /** False: nobody has any there. */
  hasFor(app: string): boolean
  all(): readonly Grant[]
}

export function createGrantIndex(): GrantIndex {
  let byId = new Map<string, Grant>()
  /** By app, then by person. */
  let lists = new Map<string, Map<string, readonly Grant[]>>()
  /** Lists of those who have grants under both names; rare, and made again after any change. */
  let joined = new Map<string, readonly Grant[]>()

  function put(id: string, grant: Grant | undefined): Difference {
    const before = byId.get(id)
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
      people.set(grant.who, latestEvent([...(people.get(grant.who) ?? []), grant]))
    }
    joined = new Map()
    return difference([id], [before, grant])
  }

  return {
    get: (id) => byId.get(id),
    put,
    replace(grants) {
      const ids = [...new Set([...byId.keys(), ...grants.keys()])].filter((id) => !same(byId.get(id), grants.get(id)))
      const changed = difference(
        ids,
        ids.flatMap((id) => [byId.get(id), grants.get(id)]),
      )
      if (ids.length < 100) {
        for (const id of ids) put(id, grants.get(id))
        return changed
      }
      byId = new Map(grants)
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

/** Of everybody who has none: one list, so that it is the same as before. */
export const noGrants: readonly Grant[] = []
const noDifference: Difference = { ids: [], apps: [] }

function difference(ids: readonly string[], grants: readonly (Grant | undefined)[]): Difference {
  return { ids, apps: [...new Set(grants.flatMap((grant) => grant?.app ?? []))] }
}

/**
 * What a decision is made from. Revoked grants say one and the same, that there was one: the last of them is enough,
 * and whoever is given and taken access every day is not decided about by all of 90 days, nor is that in every audit line.
 */
function latestEvent(list: readonly Grant[]): readonly Grant[] {
  const revoked = list.filter(({ revokedAt }) => revokedAt !== undefined)
  if (revoked.length < 2) return list
  const last = revoked.reduce((one, other) => (other.revokedAt! >= one.revokedAt! ? other : one))
  return list.filter((grant) => grant.revokedAt === undefined || grant === last)
}

/** Of one app, by person. */
function listsOf(all: readonly Grant[]): Map<string, readonly Grant[]> {
  return new Map([...Map.groupBy(all, ({ who }) => who)].map(([who, list]) => [who, latestEvent(list)]))
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
