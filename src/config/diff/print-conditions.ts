// Prints a condition set, and a list of names, in words: for `check --against` and access reviews.

import { claimRequirement, type ClaimRequirement, type ConditionSet } from '../../policy/declaration.ts'
import { printDuration } from '../units.ts'

/** All conditions must hold, so the parts are joined by "and"; an empty set is everyone signed in. */
export function printConditions(set: ConditionSet): string {
  const keys = (Object.keys(printers) as (keyof ConditionSet)[]).filter((key) => set[key] !== undefined)
  const unknown = Object.keys(set).find((key) => !Object.hasOwn(printers, key))
  // An omitted condition would be missing from what an administrator signs or compares.
  if (unknown !== undefined) throw new TypeError(`unknown condition ${unknown}`)
  return keys.length === 0 ? 'everyone signed in' : keys.flatMap((key) => printOne(key, set)).join(' and ')
}

export function printList(values: readonly string[]): string {
  return values.length === 0 ? 'none' : values.join(', ')
}

type Printer<Value> = (value: Value) => readonly string[]

/** In the order printed. A key of `ConditionSet` without a row does not compile. */
const printers: { readonly [Key in keyof Required<ConditionSet>]: Printer<NonNullable<ConditionSet[Key]>> } = {
  users: anyOf('user'),
  groups: anyOf('group'),
  roles: anyOf('role'),
  providers: anyOf('users of provider'),
  domains: anyOf('addresses of'),
  claims: (claims) => Object.entries(claims).map(([name, requirement]) => printClaim(name, requirement)),
  mfa: (mfa) => [printMfa(mfa)],
  device: (device) => [`device ${device}`],
  networks: anyOf('network'),
  schedule: anyOf('schedule'),
  grant: () => ['a grant'],
  actions: anyOf('action'),
  methods: anyOf('method'),
  paths: anyOf('path'),
  any: (sets) => [`(${sets.map(printConditions).join(' | ')})`],
  not: (set) => [`not (${printConditions(set)})`],
  riskAtMost: (level) => [`risk at most ${level}`],
}

function printOne<Key extends keyof ConditionSet>(key: Key, set: ConditionSet): readonly string[] {
  return printers[key](set[key]!)
}

function anyOf(label: string): Printer<readonly string[]> {
  return (values) => [`${label} ${values.join(' or ')}`]
}

function printClaim(name: string, requirement: readonly string[] | ClaimRequirement): string {
  const { values, absent } = claimRequirement(requirement)
  return `claim ${name} ${values.join(' or ')}${absent === 'unknown' ? '' : ` (absent: ${absent})`}`
}

function printMfa(mfa: NonNullable<ConditionSet['mfa']>): string {
  if (mfa === true) return 'mfa'
  const level = mfa.level === 'phishing_resistant' ? 'phishing-resistant mfa' : 'mfa'
  return mfa.maxAge === undefined ? level : `${level} within ${printDuration(mfa.maxAge)}`
}
