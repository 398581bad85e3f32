// Resolves an access review: evaluates an app's policy and grants for every known user.

import type { App, Configuration } from '../../config/configuration.ts'
import { compilePolicy } from '../../policy/compile.ts'
import { vouchersOf } from '../../policy/vouching.ts'
import type { Grant } from '../../policy/grant.ts'
import { emergencyProvider } from '../../policy/subject.ts'
import { byName, holderOf, type SeenUser } from '../external/register.ts'
import { grantLine, linesOf, type ReviewLine } from './lines.ts'
import { notesOf, type ReviewNote } from './notes.ts'
import { assumeCircumstancesMet } from './assumptions.ts'

export interface ResolvedReview {
  readonly lines: readonly ReviewLine[]
  readonly notes: readonly ReviewNote[]
}

export interface ReviewDependencies {
  readonly configuration: Pick<
    Configuration,
    'apps' | 'roles' | 'schedules' | 'devices' | 'external' | 'places' | 'providers'
  >
  /** Of all users and apps. */
  readonly grants: readonly Grant[]
  readonly people: readonly SeenUser[]
  readonly now: number
}

export function resolveReview(app: App, { configuration, grants, people, now }: ReviewDependencies): ResolvedReview {
  const { roles, schedules, devices, external, places, providers } = configuration
  const vouchers = vouchersOf(providers.values())
  const supposed = assumeCircumstancesMet(app.declaration)
  const policy = compilePolicy(supposed.declaration, {
    roles,
    schedules,
    postures: devices.postures,
    external,
    vouchers,
  })
  const active = grants.filter((one) => one.app === app.name && one.revokedAt === undefined && one.until > now)
  const known = byName(people, vouchers)
  const lines = people.flatMap((seen) => {
    const { subject } = seen
    const own = active.filter((grant) => known.get(holderOf(grant)) === seen)
    return linesOf(seen, own, policy, supposed, { app, configuration, now, subject })
  })
  for (const grant of active) {
    if (known.has(holderOf(grant)) || grant.who.startsWith(`${emergencyProvider}|`)) continue
    lines.push(grantLine(grant, undefined, { places, supposed, rule: undefined }))
  }
  const sorted = lines.toSorted((one, other) => order(one).localeCompare(order(other)))
  return { lines: sorted, notes: notesOf(app, supposed, sorted, { configuration, people, known, now }) }
}

function order({ name, email, who, way, rule, grant }: ReviewLine): string {
  return [name ?? email ?? who, who, way, rule ?? '', grant ?? ''].join('\u0001')
}
