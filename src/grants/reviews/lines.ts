// Lines of an access review: for one user and one app, the rules and grants that give access.

import { createHash } from 'node:crypto'
import type { App, Configuration } from '../../config/configuration.ts'
import type { AccessRequest } from '../../policy/access-request.ts'
import { explain, type RuleReport } from '../../policy/explain.ts'
import type { Grant } from '../../policy/grant.ts'
import type { Policy } from '../../policy/policy.ts'
import { subjectKey, type Subject } from '../../policy/subject.ts'
import type { SeenUser } from '../external/register.ts'
import type { AssumedPolicy } from './assumptions.ts'

/** One user and one rule or grant that gives access. */
export interface ReviewLine {
  /** Stable for the same user and rule or grant, so that a decision can refer to it. */
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
  /** Epoch milliseconds of the end; undefined for a rule. */
  readonly until: number | undefined
  /** As `Grant.timeZone`. */
  readonly timeZone?: string | undefined
  /** `file:line` of the declaration, where it must be removed. Undefined: given at run time, and revocable. */
  readonly declaredAt: string | undefined
  /** Conditions assumed to be met, as configured. */
  readonly besides: readonly string[]
  /** Last use of the app by any rule or grant, in epoch milliseconds rounded to hours; undefined: none recorded. */
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
  const rulesWith = (grants: readonly Grant[]) => accessOf(policy, subject, grants, now)
  const lines: ReviewLine[] = []
  for (const { rule } of rulesWith([])) {
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
      besides: supposed.assumedByRule.get(rule) ?? [],
    })
  }
  for (const grant of own) {
    // Ignore beginning and schedule: the review covers every grant that is valid at some time.
    const report = rulesWith([{ ...grant, from: Math.min(grant.from, now), schedule: undefined }]).find(
      ({ verdict }) => verdict.grant === grant.id,
    )
    const alone =
      lines.length > 0 ? undefined : rulesWith([{ ...grant, from: Math.min(grant.from, now), schedule: undefined }])[0]
    const rule = (report ?? alone)?.rule
    if (rule !== undefined) lines.push(grantLine(grant, seen, { places, supposed, rule }))
  }
  return lines
}

/** Allow rules met by this subject with these grants in the best case. */
function accessOf(policy: Policy, subject: Subject, grants: readonly Grant[], now: number): readonly RuleReport[] {
  const access: AccessRequest = {
    identity: { subject, authentication: provenAuthentication(now) },
    absence: 'no_session',
    device: { state: 'absent' },
    grants,
    network: { address: undefined, names: new Set() },
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
  context: {
    readonly places: Written['places']
    readonly supposed: AssumedPolicy
    readonly rule: string | undefined
  },
): ReviewLine {
  const { id, who, app, level, until, timeZone, origin, schedule, boundTo } = grant
  const mailed = who.indexOf('|mailto:')
  const email = mailed < 0 ? grant.basis?.email : who.slice(mailed + '|mailto:'.length)
  const { places, supposed, rule } = context
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
    by: boundTo === undefined ? [level] : [level, `bound to ${boundTo}`],
    grant: id,
    until,
    ...(timeZone === undefined ? {} : { timeZone }),
    declaredAt: origin === 'configuration' ? (places?.get(`grant ${id}`) ?? '') : undefined,
    besides: [
      ...(schedule === undefined ? [] : [`schedule: ${schedule}`]),
      ...((rule === undefined ? undefined : supposed.assumedByRule.get(rule)) ?? []),
    ],
  }
}

function personalRule({ subject, used }: SeenUser, app: string) {
  const { name, email, external } = subject
  return { who: subjectKey(subject), name, email, external, lastUsed: used[app] }
}

/** Names in a rule that match this subject. */
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
  const domain = subject.email?.slice(subject.email.lastIndexOf('@') + 1)
  if (domain !== undefined && when.domains?.includes(domain)) found.push(`address of ${domain}`)
  if (when.providers?.includes(subject.provider)) found.push(`provider ${subject.provider}`)
  return [...new Set(found)]
}

function idOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 10)
}
