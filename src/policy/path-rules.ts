// Paths that the rules of an app look at: which of them an ambiguous spelling might lead into or out of.

import type { AppDeclaration, ConditionSet } from './declaration.ts'
import { ambiguityOf } from './path-spelling.ts'

export interface PathRule {
  /** Exact, or a prefix with a trailing `*`. */
  readonly pattern: string
  /** For messages: `rule "no admins"`, `require`, `public`. */
  readonly source: string
  /**
   * What is lost when the upstream reads another path than the one decided. `outside`: the pattern grants, so only a path
   * that leaves it gains anything; `inside`: it withholds, so only one that gets into it does; `both`: it has limits.
   */
  readonly guards: 'outside' | 'inside' | 'both'
}

/** `others`: patterns of settings other than rules that grant something to the paths they name. */
export function pathRules(
  declaration: AppDeclaration,
  others: readonly { readonly source: string; readonly paths: readonly string[] }[],
): readonly PathRule[] {
  const found: PathRule[] = []
  const collect = (set: ConditionSet, source: string, guards: PathRule['guards']): void => {
    for (const pattern of set.paths ?? []) found.push({ pattern, source, guards })
    for (const inner of set.any ?? []) collect(inner, source, guards)
    if (set.not !== undefined) collect(set.not, source, opposite[guards])
  }
  collect(declaration.require, 'require', 'outside')
  for (const rule of declaration.rules) {
    const limited = rule.limits.download !== undefined || rule.limits.upload !== undefined
    const guards = rule.effect === 'deny' ? 'inside' : limited ? 'both' : 'outside'
    collect(rule.when, `rule "${rule.name}"`, guards)
  }
  for (const { source, paths } of others)
    for (const pattern of paths) found.push({ pattern, source, guards: 'outside' })
  return found
}

const opposite = { outside: 'inside', inside: 'outside', both: 'both' } as const

/** Returns the rule whose paths a reading might enter or leave, given what all readings begin with. */
export type PathBoundaries = (stable: string) => PathRule | undefined

/** Compiled at reload; a request asks only when its path is ambiguous. */
export function pathBoundaries(rules: readonly PathRule[]): PathBoundaries {
  const boundaries = rules.flatMap((rule) => textsOf(rule.pattern).map((one) => ({ ...one, rule })))
  return (stable) =>
    boundaries.find(({ text, exact }) => text.startsWith(stable) && (exact || text.length > stable.length))?.rule
}

/**
 * True when no spelling can lead out of (`outside`) or into (`inside`) the paths of the rule, dot segments apart. A pattern
 * that all paths match is closed both ways. Others are never closed against spellings that lead into them: `/x;/admin`.
 */
export function isClosedUnderDecoding({ pattern, guards }: PathRule): boolean {
  if (pattern === '*' || pattern === '/*') return true
  if (guards !== 'outside') return false
  // A last dot, blank or colon is trimmed by some, depending on what follows.
  return textsOf(pattern).every(({ text }) => ambiguityOf(text) === undefined && !/(?:[.:]|%20)$/.test(text))
}

/** As `conditions/action.ts` matches it: a folder is also the path without its slash. */
function textsOf(pattern: string): { text: string; exact: boolean }[] {
  if (!pattern.endsWith('*')) return [{ text: pattern, exact: true }]
  const prefix = pattern.slice(0, -1)
  const folder = prefix.endsWith('/') ? [{ text: prefix.slice(0, -1), exact: true }] : []
  return [{ text: prefix, exact: false }, ...folder]
}
