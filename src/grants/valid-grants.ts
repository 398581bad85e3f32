// Leaves out grants that rest on what the configuration no longer offers this person: read at each decision, so that
// nobody has to clean up first.

import type { Grant } from '../policy/grant.ts'
import type { Subject } from '../policy/subject.ts'
import type { Entitlements } from './entitlements.ts'

/** Decisions hand in the whole person; a page about somebody else knows only who they are. */
type Asked = Subject | Pick<Subject, 'provider' | 'sub' | 'email'>

interface Looked {
  readonly entitlements: Entitlements
  readonly subject: Asked
  readonly standing: readonly Grant[]
}

/** The same list for the same list, person and configuration: decisions are reused by that. */
export function createStanding(
  entitlements: (() => Entitlements) | undefined,
): (grants: readonly Grant[], subject: Asked) => readonly Grant[] {
  if (entitlements === undefined) return (grants) => grants
  const looked = new WeakMap<readonly Grant[], Looked>()
  return (grants, subject) => {
    if (grants.length === 0) return grants
    const current = entitlements()
    const before = looked.get(grants)
    if (before?.entitlements === current && before.subject === subject) return before.standing
    const fallen = (grant: Grant) => ('groups' in subject ? current.fallenFor(grant, subject) : current.fallen(grant))
    const left = grants.filter((grant) => fallen(grant) === undefined)
    const standing = left.length === grants.length ? grants : left
    looked.set(grants, { entitlements: current, subject, standing })
    return standing
  }
}
