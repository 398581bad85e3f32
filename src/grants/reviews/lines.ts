// The ways in of one person to one app: the rules that mean them, and their grants.

import { createHash } from 'node:crypto'
import type { App, Configuration } from '../../config/configuration.ts'
import type { AccessRequest } from '../../policy/access-request.ts'
import { explain, type RuleReport } from '../../policy/explain.ts'
import type { Grant } from '../../policy/grant.ts'
import type { Policy } from '../../policy/policy.ts'
import { subjectKey, type Subject } from '../../policy/subject.ts'
import type { SeenUser } from '../external/register.ts'
import type { AssumedPolicy } from './assumptions.ts'

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

type Written = Pick<Configuration, 'roles' | 'places'>

interface LineContext {
  readonly app: App
  readonly configuration: Written
  readonly subject: Subject
  readonly now: number
}

export function linesOf(
  seen: SeenUser,
  own: readonly Grant[],
  policy: Policy,
  supposed: AssumedPolicy,
  { app, configuration, subject, now }: LineContext,
): ReviewLine[] {
  const { places, roles } = configuration
  const judged = (grants: readonly Grant[]) => accessOf(policy, subject, grants, now)
  const lines: ReviewLine[] = []
  for (const { rule } of judged([])) {
    const declared = app.declaration.rules.find(({ name }) => name === rule)
    lines.push({
      ...personalRule(seen, app.name),
      id: idOf(subjectKey(subject), 'rule', rule),
      way: 'rule',
      rule,
      by: matchedBy(declared?.when ?? {}, subject, roles),
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
function accessOf(policy: Policy, subject: Subject, grants: readonly Grant[], now: number): readonly RuleReport[] {
  const access: AccessRequest = {
    identity: { subject, authentication: provenAuthentication(now) },
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

function provenAuthentication(now: number) {
  return { acr: undefined, amr: [], authTime: now, mfa: true, phishingResistant: true }
}

export function grantLine(
  grant: Grant,
  seen: SeenUser | undefined,
  around: {
    readonly places: Written['places']
    readonly supposed: AssumedPolicy
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
    ...(seen === undefined ? {} : personalRule(seen, app)),
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

function personalRule({ subject, used }: SeenUser, app: string) {
  const { name, email, external } = subject
  return { who: subjectKey(subject), name, email, external, lastUsed: used[app] }
}

/** Which of the names in a rule mean this person. */
function matchedBy(when: App['declaration']['require'], subject: Subject, roles: Configuration['roles']): string[] {
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
  for (const inner of when.any ?? []) found.push(...matchedBy(inner, subject, roles))
  if (when.providers?.includes(subject.provider)) found.push(`provider ${subject.provider}`)
  return [...new Set(found)]
}

function idOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 10)
}
