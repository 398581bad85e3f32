// Compares the rules of one app in two configurations: who would gain or lose access.

import { isDeepStrictEqual } from 'node:util'
import type { App } from '../configuration.ts'
import type { ConditionSet, RuleDeclaration } from '../../policy/declaration.ts'
import { printConditions } from './print-conditions.ts'
import { implies } from '../build/unreachable-rules.ts'
import { printSize } from '../units.ts'

export function compareRules(was: App, is: App): string[] {
  const app = is.name
  const later = is.declaration.rules
  // A rule with the same content under another name or position changes no access.
  const gone = was.declaration.rules.filter((rule) => !later.some((other) => sameContent(rule, other)))
  const come = later.filter((rule) => !was.declaration.rules.some((other) => sameContent(rule, other)))
  const paired = new Map<RuleDeclaration, RuleDeclaration>()
  for (const rule of come) {
    const earlier = gone.find((other) => other.name === rule.name && other.effect === rule.effect)
    if (earlier !== undefined) paired.set(earlier, rule)
  }
  const lines: string[] = []
  for (const rule of gone) {
    const now = paired.get(rule)
    lines.push(
      ...(now === undefined ? [addedOrRemovedRule(rule, 'removed', was, is)] : changedRule(rule, now, was, is)),
    )
  }
  for (const rule of come) {
    if (![...paired.values()].includes(rule)) lines.push(addedOrRemovedRule(rule, 'added', was, is))
  }
  return lines.map((line) => `${app}: ${line}`)
}

function addedOrRemovedRule(rule: RuleDeclaration, change: 'added' | 'removed', was: App, is: App): string {
  const addsAccess = (rule.effect === 'allow') === (change === 'added')
  const about = `${rule.effect} rule "${rule.name}" ${change}`
  const who = printConditions(rule.when)
  if (rule.mode === 'monitor') return `no change: ${about}, it is only monitored (${who})`
  if (rule.effect === 'allow') {
    const cover = allows(addsAccess ? was : is).find((other) => implies(rule.when, other.when))
    if (cover !== undefined)
      return `no change for ${who}: ${about}, but "${cover.name}" allows them ${addsAccess ? 'already' : 'still'}`
  }
  return `${addsAccess ? 'gains' : 'loses'} access: ${who} (${about}${caveat(addsAccess, rule, is)})`
}

function changedRule(was: RuleDeclaration, is: RuleDeclaration, before: App, after: App): string[] {
  const lines: string[] = []
  const allow = is.effect === 'allow'
  for (const key of ['users', 'groups', 'roles', 'providers', 'domains'] as const) {
    const earlier = was.when[key]
    const later = is.when[key]
    if (earlier === undefined || later === undefined) continue
    const say = (value: string, gains: boolean): void => {
      const { [key]: _, ...others } = gains === allow ? is.when : was.when
      const rest = Object.keys(others).length === 0 ? '' : `, with ${printConditions(others)}`
      const single = { ...is, when: { ...(gains === allow ? is.when : was.when), [key]: [value] } }
      const cover = allow ? allows(gains ? before : after).find((other) => implies(single.when, other.when)) : undefined
      if (cover !== undefined)
        lines.push(`no change for ${nouns[key]} ${value}: "${cover.name}" allows them ${gains ? 'already' : 'still'}`)
      else
        lines.push(
          `${gains ? 'gains' : 'loses'} access: ${nouns[key]} ${value} (rule "${is.name}"${rest}${caveat(gains, is, after)})`,
        )
    }
    for (const value of later) if (!earlier.includes(value)) say(value, allow)
    for (const value of earlier) if (!later.includes(value)) say(value, !allow)
  }
  if (!isDeepStrictEqual(outline(was.when), outline(is.when))) {
    const verb = allow ? 'allows' : 'denies'
    lines.push(`rule "${is.name}" ${verb} ${printConditions(is.when)} (before: ${printConditions(was.when)})`)
  }
  if (was.mode !== is.mode)
    lines.push(`rule "${is.name}" is ${is.mode === 'monitor' ? 'only monitored' : 'enforced'} now`)
  for (const key of ['download', 'upload'] as const) {
    if (was.limits[key] === is.limits[key]) continue
    lines.push(`rule "${is.name}" limits ${key} to ${limit(is.limits[key])} (before: ${limit(was.limits[key])})`)
  }
  return lines
}

/** Rules may overlap depending on a user's groups: the caveat states what the change depends on. */
function caveat(addsAccess: boolean, rule: RuleDeclaration, after: App): string {
  const others = after.declaration.rules.filter((other) => other.name !== rule.name && other.mode === 'enforce')
  if (addsAccess && rule.effect === 'deny')
    return others.some((other) => other.effect === 'allow') ? '; where an allow rule is met' : ''
  if (addsAccess) return others.some((other) => other.effect === 'deny') ? '; unless a deny rule matches' : ''
  if (rule.effect === 'deny') return ''
  return others.some((other) => other.effect === 'allow') ? '; unless another rule allows them' : ''
}

function allows(app: App): RuleDeclaration[] {
  return app.declaration.rules.filter((rule) => rule.effect === 'allow' && rule.mode === 'enforce')
}

function sameContent(a: RuleDeclaration, b: RuleDeclaration): boolean {
  return isDeepStrictEqual({ ...a, name: '' }, { ...b, name: '' })
}

/** The set without the lists that are compared member by member. */
function outline(set: ConditionSet): unknown {
  return {
    ...set,
    users: !!set.users,
    groups: !!set.groups,
    roles: !!set.roles,
    providers: !!set.providers,
    domains: !!set.domains,
  }
}

const nouns = { users: 'user', groups: 'group', roles: 'role', providers: 'users of provider', domains: 'addresses of' }

function limit(value: number | undefined): string {
  return value === undefined ? 'nothing' : printSize(value)
}
