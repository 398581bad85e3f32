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
  all(): readonly Grant[]
}

export function createGrantIndex(): GrantIndex {
  let byId = new Map<string, Grant>()
  let lists = new Map<string, readonly Grant[]>()
  /** Lists of those who have grants under both names; rare, and made again after any change. */
  let joined = new Map<string, readonly Grant[]>()

  function put(id: string, grant: Grant | undefined): Difference {
    const before = byId.get(id)
    if (same(before, grant)) return nothing
    if (before !== undefined) {
      byId.delete(id)
      const rest = (lists.get(slot(before.who, before.app)) ?? []).filter((one) => one.id !== id)
      if (rest.length === 0) lists.delete(slot(before.who, before.app))
      else lists.set(slot(before.who, before.app), rest)
    }
    if (grant !== undefined) {
      byId.set(id, grant)
      const at = slot(grant.who, grant.app)
      lists.set(at, telling([...(lists.get(at) ?? []), grant]))
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
      const grouped = new Map<string, Grant[]>()
      for (const grant of byId.values()) {
        const at = slot(grant.who, grant.app)
        const list = grouped.get(at)
        if (list === undefined) grouped.set(at, [grant])
        else list.push(grant)
      }
      lists = new Map([...grouped].map(([at, list]) => [at, telling(list)] as const))
      joined = new Map()
      return changed
    },
    of(who, mailbox, app) {
      const own = who === undefined ? undefined : lists.get(slot(who, app))
      const mailed = mailbox === undefined ? undefined : lists.get(slot(mailbox, app))
      if (own === undefined || mailed === undefined) return own ?? mailed ?? none
      const at = `${who!.length} ${slot(who!, app)}${mailbox}`
      let both = joined.get(at)
      if (both === undefined) {
        both = [...own, ...mailed]
        joined.set(at, both)
      }
      return both
    },
    all: () => [...byId.values()],
  }
}

const none: readonly Grant[] = []
const nothing: Difference = { ids: [], apps: [] }

function difference(ids: readonly string[], grants: readonly (Grant | undefined)[]): Difference {
  return { ids, apps: [...new Set(grants.flatMap((grant) => grant?.app ?? []))] }
}

/**
 * What a decision is made from. Revoked grants say one and the same, that there was one: the last of them is enough,
 * and whoever is given and taken access every day is not decided about by all of 90 days, nor is that in every audit line.
 */
function telling(list: readonly Grant[]): readonly Grant[] {
  const revoked = list.filter(({ revokedAt }) => revokedAt !== undefined)
  if (revoked.length < 2) return list
  const last = revoked.reduce((one, other) => (other.revokedAt! >= one.revokedAt! ? other : one))
  return list.filter((grant) => grant.revokedAt === undefined || grant === last)
}

/** Names of apps have no line ends. */
function slot(who: string, app: string): string {
  return `${app}\n${who}`
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
