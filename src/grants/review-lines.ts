// Who can reach an app, and by what: its policy resolved against everybody seen, and in words what cannot be known.

import { createHash } from 'node:crypto'
import type { App, Configuration } from '../config/configuration.ts'
import type { AccessRequest } from '../policy/access-request.ts'
import { compilePolicy } from '../policy/compile.ts'
import { explain, type RuleReport } from '../policy/explain.ts'
import type { Grant } from '../policy/grant.ts'
import type { Policy } from '../policy/policy.ts'
import { emergencyProvider, subjectKey, type Subject } from '../policy/subject.ts'
import { byName, type Seen } from './external-register.ts'
import { suppose, type Supposed } from './review-supposed.ts'

/** One person, one way in. */
export interface ReviewLine {
  /** The same for the same person and way, so that a decision finds its line again. */
  readonly id: string
  readonly who: string
  readonly name: string | undefined
  readonly email: string | undefined
  readonly external: boolean
  readonly way: 'rule' | 'grant'
  readonly rule: string | undefined
  /** `group finance`, `role owners`, `listed by name`; for a grant its level. */
  readonly by: readonly string[]
  readonly grant: string | undefined
  /** Epoch milliseconds at which it ends by itself. */
  readonly until: number | undefined
  /** `file:line`: it ends by taking it out there. Undefined: it was given at run time, and can be ended here. */
  readonly declaredAt: string | undefined
  /** What has to hold besides, as it is written. */
  readonly besides: readonly string[]
  /** Epoch milliseconds of the hour; undefined: not since anybody remembers. Of the app, whichever way. */
  readonly lastUsed: number | undefined
}

/** What the lines cannot tell, or should be read with. */
export type ReviewNote =
  /** Nobody knows the members of a group who never signed in here; `seen`: how many did. */
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

export interface Resolved {
  readonly lines: readonly ReviewLine[]
  readonly notes: readonly ReviewNote[]
}

export interface ReviewParts {
  readonly configuration: Pick<Configuration, 'apps' | 'roles' | 'schedules' | 'devices' | 'external' | 'places'>
  /** Everybody's, for all apps. */
  readonly grants: readonly Grant[]
  readonly people: readonly Seen[]
  readonly now: number
}

/** Milliseconds. */
export const quarter = 90 * 24 * 3_600_000

export function resolveReview(app: App, { configuration, grants, people, now }: ReviewParts): Resolved {
  const { roles, schedules, devices, external, places } = configuration
  const supposed = suppose(app.declaration)
  const policy = compilePolicy(supposed.declaration, { roles, schedules, postures: devices.postures, external })
  const running = grants.filter((one) => one.app === app.name && one.revokedAt === undefined && one.until > now)
  const known = byName(people)
  const lines = people.flatMap((seen) => {
    const { subject } = seen
    const own = running.filter(({ who }) => known.get(who) === seen)
    return linesOf(seen, own, policy, supposed, { app, configuration, now, subject })
  })
  for (const grant of running) {
    if (known.has(grant.who) || grant.who.startsWith(`${emergencyProvider}|`)) continue
    lines.push(grantLine(grant, undefined, { places, supposed, rule: undefined }))
  }
  const sorted = lines.toSorted((one, other) => order(one).localeCompare(order(other)))
  return { lines: sorted, notes: notesOf(app, supposed, sorted, { configuration, people, known, now }) }
}

interface Around {
  readonly app: App
  readonly configuration: ReviewParts['configuration']
  readonly subject: Subject
  readonly now: number
}

function linesOf(
  seen: Seen,
  own: readonly Grant[],
  policy: Policy,
  supposed: Supposed,
  { app, configuration, subject, now }: Around,
): ReviewLine[] {
  const { places, roles } = configuration
  const judged = (grants: readonly Grant[]) => reach(policy, subject, grants, now)
  const lines: ReviewLine[] = []
  for (const { rule } of judged([])) {
    const declared = app.declaration.rules.find(({ name }) => name === rule)
    lines.push({
      ...personal(seen, app.name),
      id: idOf(subjectKey(subject), 'rule', rule),
      way: 'rule',
      rule,
      by: waysOf(declared?.when ?? {}, subject, roles),
      grant: undefined,
      until: undefined,
      declaredAt: places?.get(`rule ${app.name} ${rule}`) ?? '',
      besides: supposed.besides.get(rule) ?? [],
    })
  }
  for (const grant of own) {
    // Whatever its times and its schedule say: that it counts at some moment is what has to be answered for.
    const report = judged([{ ...grant, from: Math.min(grant.from, now), schedule: undefined }]).find(
      ({ verdict }) => verdict.grant === grant.id,
    )
    const alone =
      lines.length > 0 ? undefined : judged([{ ...grant, from: Math.min(grant.from, now), schedule: undefined }])[0]
    const rule = (report ?? alone)?.rule
    if (rule !== undefined) lines.push(grantLine(grant, seen, { places, supposed, rule }))
  }
  return lines
}

/** Rules that would let somebody in, with these grants, in the best of circumstances. */
function reach(policy: Policy, subject: Subject, grants: readonly Grant[], now: number): readonly RuleReport[] {
  const access: AccessRequest = {
    identity: { subject, authentication: proven(now) },
    absence: 'no_session',
    device: { state: 'absent' },
    grants,
    network: { address: '', names: new Set() },
    method: 'GET',
    path: '/',
    now,
  }
  const { decision, required, rules } = explain(policy, access)
  if (decision.effect !== 'allow' || required.some(({ verdict }) => verdict.state !== 'met')) return []
  return rules.filter(({ effect, verdict }) => effect === 'allow' && verdict.state === 'met')
}

function proven(now: number) {
  return { acr: undefined, amr: [], authTime: now, mfa: true, phishingResistant: true }
}

function grantLine(
  grant: Grant,
  seen: Seen | undefined,
  around: {
    readonly places: ReviewParts['configuration']['places']
    readonly supposed: Supposed
    readonly rule: string | undefined
  },
): ReviewLine {
  const { id, who, app, level, until, origin, schedule } = grant
  const mailed = who.indexOf('|mailto:')
  const email = mailed < 0 ? grant.basis?.email : who.slice(mailed + '|mailto:'.length)
  const { places, supposed, rule } = around
  return {
    who,
    name: undefined,
    email,
    external: grant.basis?.external ?? false,
    lastUsed: undefined,
    ...(seen === undefined ? {} : personal(seen, app)),
    id: idOf(who, 'grant', id),
    way: 'grant',
    rule,
    by: [level],
    grant: id,
    until,
    declaredAt: origin === 'configuration' ? (places?.get(`grant ${id}`) ?? '') : undefined,
    besides: [
      ...(schedule === undefined ? [] : [`schedule: ${schedule}`]),
      ...((rule === undefined ? undefined : supposed.besides.get(rule)) ?? []),
    ],
  }
}

function personal({ subject, used }: Seen, app: string) {
  const { name, email, external } = subject
  return { who: subjectKey(subject), name, email, external, lastUsed: used[app] }
}

/** Which of the names in a rule mean this person. */
function waysOf(when: App['declaration']['require'], subject: Subject, roles: Configuration['roles']): string[] {
  const found: string[] = []
  const keys = [subjectKey(subject), subject.email, `${subject.provider}|mailto:${subject.email}`]
  const listed = (users: readonly string[]) =>
    users.some((user) => keys.includes(user.toLowerCase()) || keys.includes(user))
  for (const group of when.groups ?? []) if (subject.groups.includes(group)) found.push(`group ${group}`)
  for (const name of when.roles ?? []) {
    const role = roles.get(name)
    if (role === undefined) continue
    const group = role.groups.find((one) => subject.groups.includes(one))
    if (group !== undefined) found.push(`role ${name} (group ${group})`)
    else if (listed(role.users)) found.push(`role ${name}`)
  }
  if (listed(when.users ?? [])) found.push('listed by name')
  for (const inner of when.any ?? []) found.push(...waysOf(inner, subject, roles))
  if (when.providers?.includes(subject.provider)) found.push(`provider ${subject.provider}`)
  return [...new Set(found)]
}

function notesOf(
  app: App,
  supposed: Supposed,
  lines: readonly ReviewLine[],
  around: Pick<ReviewParts, 'configuration' | 'people' | 'now'> & { readonly known: ReadonlyMap<string, Seen> },
): ReviewNote[] {
  const { configuration, people, now } = around
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
    if (!addresses.has(user) && !around.known.has(user)) notes.push({ kind: 'never_seen', user })
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

function idOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 10)
}

function order({ name, email, who, way, rule, grant }: ReviewLine): string {
  return [name ?? email ?? who, who, way, rule ?? '', grant ?? ''].join('\u0001')
}
