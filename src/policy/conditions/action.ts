// Conditions on the requested operation: `actions`, `methods`, `paths`, with path pattern matching.

import { isRead, readProbe, type MethodProbe, type PathProbe } from '../request-class.ts'
import { PolicyInvalid, type Compiled, type CompileContext } from '../compile-context.ts'
import { met, unmet } from './verdict.ts'

const askOwner = { kind: 'ask_owner' } as const

/** `read`: see `isRead`; everything else writes. */
export function actions(names: readonly ('read' | 'write')[], context: CompileContext): Compiled {
  const [read, write] = [names.includes('read'), names.includes('write')]
  const no = unmet(context.reason(read ? 'read_only' : 'method_not_allowed'), askOwner)
  return {
    name: 'actions',
    summary: names.join(', '),
    probes: [readProbe],
    evaluate: ({ method }) => ((isRead(method) ? read : write) ? met : no),
  }
}

/** Methods are case-sensitive (RFC 9110 section 9.1); the configuration may write them in any case, upper case is meant. */
export function methods(names: readonly string[], context: CompileContext): Compiled {
  const wanted = new Set(names.map((name) => name.toUpperCase()))
  const no = unmet(context.reason('method_not_allowed'), askOwner)
  const probe: MethodProbe = {
    of: 'method',
    key: [...wanted].toSorted().join(' '),
    holds: (method) => wanted.has(method),
  }
  return {
    name: 'methods',
    summary: names.join(', '),
    probes: [probe],
    evaluate: ({ method }) => (wanted.has(method) ? met : no),
  }
}

export function paths(patterns: readonly string[], context: CompileContext): Compiled {
  for (const pattern of patterns) {
    const problem = patternProblem(pattern)
    if (problem !== undefined) throw new PolicyInvalid(`${pattern}: ${problem}`)
  }
  const parts = patternParts(patterns)
  const matches = compileMatcher(parts)
  const no = unmet(context.reason('path_not_allowed'), askOwner)
  return {
    name: 'paths',
    summary: patterns.join(', '),
    probes: [{ of: 'path', key: JSON.stringify(patterns.toSorted()), ...parts }],
    evaluate: ({ path }) => (matches(path) ? met : no),
  }
}

/**
 * Whether a canonical path (without query) matches a pattern: exactly, or by prefix when the pattern ends in `*`.
 * A pattern ending in `/*` means a folder: `/admin/*` matches `/admin/x`, `/admin/` and `/admin` itself (a deny must not
 * be bypassed by omitting the slash, and a pattern means the same everywhere), but not `/administrator`; `/admin*`
 * matches that too.
 */
export function matchesPath(pattern: string, path: string): boolean {
  if (!pattern.endsWith('*')) return path === pattern
  const prefix = pattern.slice(0, -1)
  return path.startsWith(prefix) || (prefix.endsWith('/') && path === prefix.slice(0, -1))
}

/** `matchesPath` for any of several patterns. */
export function pathMatcher(patterns: readonly string[]): (path: string) => boolean {
  return compileMatcher(patternParts(patterns))
}

type Parts = Pick<PathProbe, 'exact' | 'prefixes'>

function patternParts(patterns: readonly string[]): Parts {
  const prefixes = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1))
  const folders = prefixes.filter((prefix) => prefix.endsWith('/')).map((prefix) => prefix.slice(0, -1))
  return { exact: [...patterns.filter((pattern) => !pattern.endsWith('*')), ...folders], prefixes }
}

function compileMatcher({ exact, prefixes }: Parts): (path: string) => boolean {
  const whole = new Set(exact)
  return (path) => whole.has(path) || prefixes.some((prefix) => path.startsWith(prefix))
}

/** Problem of an invalid pattern in words; undefined when it is valid. */
export function patternProblem(pattern: string): string | undefined {
  if (!pattern.startsWith('/') && pattern !== '*') return 'a path begins with /'
  if (pattern.slice(0, -1).includes('*')) return '* may only stand at the end'
  if (/[?#]/.test(pattern)) return 'a path has no query and no fragment'
  return undefined
}
