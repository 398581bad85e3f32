// Who would gain or lose access to one app because its rules changed.

import { isDeepStrictEqual } from 'node:util'
import type { App } from './configuration.ts'
import type { ConditionSet, RuleDeclaration } from '../policy/app.ts'
import { printConditions } from './print-conditions.ts'
import { printSize } from './units.ts'

export function compareRules(was: App, is: App): string[] {
  const lines: string[] = []
  const app = is.name
  const before = new Map(was.declaration.rules.map((rule) => [rule.name, rule]))
  const after = new Map(is.declaration.rules.map((rule) => [rule.name, rule]))
  // A rule that only got another name or place is not a change of access by itself.
  const same = (rule: RuleDeclaration, others: Iterable<RuleDeclaration>): boolean =>
    [...others].some((other) => isDeepStrictEqual({ ...other, name: '' }, { ...rule, name: '' }))
  for (const [name, rule] of before) {
    const now = after.get(name)
    if (now === undefined) {
      if (!same(rule, after.values())) lines.push(`${app}: ${whoChanges(rule, 'removed')}`)
    } else if (!isDeepStrictEqual(rule, now)) {
      if (!same(rule, after.values()) || !same(now, before.values())) lines.push(...changedRule(app, rule, now))
    }
  }
  for (const [name, rule] of after) {
    if (!before.has(name) && !same(rule, before.values())) lines.push(`${app}: ${whoChanges(rule, 'added')}`)
  }
  return lines
}

function changedRule(app: string, was: RuleDeclaration, is: RuleDeclaration): string[] {
  if (was.effect !== is.effect) return [`${app}: ${whoChanges(was, 'removed')}`, `${app}: ${whoChanges(is, 'added')}`]
  const lines: string[] = []
  const gains = is.effect === 'allow'
  for (const key of ['users', 'groups', 'roles', 'providers'] as const) {
    const earlier = was.when[key] ?? []
    const later = is.when[key] ?? []
    if (was.when[key] === undefined || is.when[key] === undefined) continue
    for (const value of later.filter((one) => !earlier.includes(one)))
      lines.push(
        `${app}: ${noun[key]} ${value} ${gains ? 'gains' : 'loses'} access (rule "${is.name}"${otherConditions(is.when, key)})`,
      )
    for (const value of earlier.filter((one) => !later.includes(one)))
      lines.push(
        `${app}: ${noun[key]} ${value} ${gains ? 'loses' : 'gains'} access (rule "${is.name}"${otherConditions(is.when, key)})`,
      )
  }
  const rest = (set: ConditionSet): unknown => ({
    ...set,
    users: !!set.users,
    groups: !!set.groups,
    roles: !!set.roles,
    providers: !!set.providers,
  })
  if (!isDeepStrictEqual(rest(was.when), rest(is.when))) {
    lines.push(
      `${app}: rule "${is.name}" ${gains ? 'allows' : 'denies'} ${printConditions(is.when)} (before: ${printConditions(was.when)})`,
    )
  }
  if (was.mode !== is.mode)
    lines.push(
      `${app}: rule "${is.name}" is ${is.mode === 'monitor' ? 'only monitored' : 'enforced'} (before: ${was.mode})`,
    )
  for (const key of ['download', 'upload'] as const) {
    if (was.limits[key] !== is.limits[key])
      lines.push(
        `${app}: rule "${is.name}" limits ${key} to ${printLimit(is.limits[key])} (before: ${printLimit(was.limits[key])})`,
      )
  }
  return lines
}

function whoChanges(rule: RuleDeclaration, change: 'added' | 'removed'): string {
  const effect = rule.mode === 'monitor' ? ', only monitored' : ''
  const gains = (rule.effect === 'allow') === (change === 'added')
  return `${printConditions(rule.when)} ${gains ? 'gain' : 'lose'} access (${rule.effect} rule "${rule.name}" ${change}${effect})`
}

const noun = { users: 'user', groups: 'group', roles: 'role', providers: 'people of provider' }

function otherConditions(when: ConditionSet, key: keyof ConditionSet): string {
  const { [key]: _, ...rest } = when
  return Object.keys(rest).length === 0 ? '' : `, with ${printConditions(rest)}`
}

function printLimit(value: number | undefined): string {
  return value === undefined ? 'nothing' : printSize(value)
}
