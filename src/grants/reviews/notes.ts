// Notes of an access review: limits of what the lines show, such as group members who have never signed in.

import type { App, Configuration } from '../../config/configuration.ts'
import { subjectKey } from '../../policy/subject.ts'
import type { SeenUser } from '../external/register.ts'
import type { ReviewLine } from './lines.ts'
import type { AssumedPolicy } from './assumptions.ts'

export type ReviewNote =
  /** Group members who never signed in are unknown; `seen`: number of those who did. */
  | { readonly kind: 'group'; readonly group: string; readonly seen: number }
  | { readonly kind: 'never_seen'; readonly user: string }
  | { readonly kind: 'groups_withheld'; readonly who: string }
  | { readonly kind: 'everybody'; readonly rule: string }
  | { readonly kind: 'required'; readonly conditions: readonly string[] }
  | { readonly kind: 'set_aside'; readonly rule: string }
  | { readonly kind: 'monitor' }
  | { readonly kind: 'public'; readonly paths: readonly string[] }
  | { readonly kind: 'codes' }
  | { readonly kind: 'nobody_uses'; readonly rule: string; readonly declaredAt: string | undefined }
  | { readonly kind: 'known_since'; readonly at: number }

/** Milliseconds. */
export const quarter = 90 * 24 * 3_600_000

export function notesOf(
  app: App,
  supposed: AssumedPolicy,
  lines: readonly ReviewLine[],
  context: {
    readonly configuration: Pick<Configuration, 'roles' | 'places'>
    readonly people: readonly SeenUser[]
    /** The same users by every key a grant may use. */
    readonly known: ReadonlyMap<string, SeenUser>
    readonly now: number
  },
): ReviewNote[] {
  const { configuration, people, now } = context
  const notes: ReviewNote[] = []
  const allows = supposed.declaration.rules.filter(({ effect }) => effect === 'allow')
  const { groups, users } = namedIn(
    allows.map(({ when }) => when),
    configuration.roles,
  )
  for (const group of groups) {
    notes.push({ kind: 'group', group, seen: people.filter(({ subject }) => subject.groups.includes(group)).length })
  }
  const addresses = new Set(people.flatMap(({ subject }) => [subject.email ?? '', subjectKey(subject)]))
  for (const user of users)
    if (!addresses.has(user) && !context.known.has(user)) notes.push({ kind: 'never_seen', user })
  for (const { subject } of people) {
    if (!subject.groupsComplete && groups.size > 0) notes.push({ kind: 'groups_withheld', who: subjectKey(subject) })
  }
  for (const { name, when } of allows) if (Object.keys(when).length === 0) notes.push({ kind: 'everybody', rule: name })
  if (supposed.required.length > 0) notes.push({ kind: 'required', conditions: supposed.required })
  for (const rule of supposed.setAside) notes.push({ kind: 'set_aside', rule })
  if (app.declaration.mode === 'monitor') notes.push({ kind: 'monitor' })
  if (app.public.length > 0) notes.push({ kind: 'public', paths: app.public.flatMap(({ paths }) => paths) })
  if (app.emergency?.codes === true) notes.push({ kind: 'codes' })
  for (const { name } of allows) {
    const used = lines.some(({ rule, lastUsed }) => rule === name && lastUsed !== undefined && lastUsed > now - quarter)
    const declaredAt = configuration.places?.get(`rule ${app.name} ${name}`)
    if (!used && declaredAt !== undefined) notes.push({ kind: 'nobody_uses', rule: name, declaredAt })
  }
  const since = Math.min(...people.map(({ firstSignIn }) => firstSignIn))
  if (since > now - quarter) notes.push({ kind: 'known_since', at: Number.isFinite(since) ? since : now })
  return notes
}

function namedIn(sets: readonly App['declaration']['require'][], roles: Configuration['roles']) {
  const groups = new Set<string>()
  const users = new Set<string>()
  const visit = (set: App['declaration']['require']): void => {
    const meant = (set.roles ?? []).flatMap((name) => roles.get(name) ?? [])
    for (const group of [...(set.groups ?? []), ...meant.flatMap((role) => role.groups)]) groups.add(group)
    for (const user of [...(set.users ?? []), ...meant.flatMap((role) => role.users)]) users.add(user)
    set.any?.forEach(visit)
  }
  sets.forEach(visit)
  return { groups, users }
}
