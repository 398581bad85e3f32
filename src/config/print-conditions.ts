// A condition set, and a list of names, in words, for `check --against`.

import type { ConditionSet } from '../policy/app.ts'
import { printDuration } from './units.ts'

export function printConditions(set: ConditionSet): string {
  const parts: string[] = []
  const add = (label: string, values: readonly string[] | undefined): void => {
    if (values !== undefined) parts.push(`${label} ${values.join(' or ')}`)
  }
  add('user', set.users)
  add('group', set.groups)
  add('role', set.roles)
  add('people of provider', set.providers)
  for (const [name, values] of Object.entries(set.claims ?? {})) add(`claim ${name}`, values)
  if (set.mfa !== undefined) parts.push(printMfa(set.mfa))
  if (set.device !== undefined) parts.push(`device ${set.device}`)
  add('network', set.networks)
  add('schedule', set.schedule)
  if (set.grant !== undefined) parts.push('a grant')
  add('action', set.actions)
  add('method', set.methods)
  add('path', set.paths)
  if (set.any !== undefined) parts.push(`(${set.any.map(printConditions).join(' | ')})`)
  if (set.not !== undefined) parts.push(`not (${printConditions(set.not)})`)
  return parts.length === 0 ? 'everyone signed in' : parts.join(' and ')
}

export function printList(values: readonly string[]): string {
  return values.length === 0 ? 'none' : values.join(', ')
}

function printMfa(mfa: NonNullable<ConditionSet['mfa']>): string {
  if (mfa === true) return 'mfa'
  const level = mfa.level === 'phishing_resistant' ? 'phishing-resistant mfa' : 'mfa'
  return mfa.maxAge === undefined ? level : `${level} within ${printDuration(mfa.maxAge)}`
}
