// `paths: verbatim`: rejected where a spelling could lead into or out of the paths of a rule.

import type { AppDeclaration } from '../../policy/declaration.ts'
import { never } from '../../policy/never.ts'
import { isClosedUnderDecoding, pathRules, type PathRule } from '../../policy/path-rules.ts'
import type { App } from '../configuration.ts'
import type { Diagnostics, Place } from './diagnostics.ts'

export function checkVerbatimPaths(
  check: Diagnostics,
  place: Place,
  declaration: AppDeclaration,
  settings: PathSettings,
): void {
  const open = pathRules(declaration, settingRules(settings)).filter((rule) => !isClosedUnderDecoding(rule))
  for (const rule of open) check.problem(place, `verbatim: ${objection(rule)}`)
}

type PathSettings = Pick<App, 'public' | 'crossSitePosts'>

/** Settings of an app besides its rules that grant something to paths. */
export function settingRules({ public: open, crossSitePosts }: PathSettings): {
  source: string
  paths: readonly string[]
}[] {
  const opened = open.map(({ paths }) => ({ source: '`public`', paths }))
  return crossSitePosts === undefined ? opened : [...opened, { source: '`cross_site_posts`', paths: crossSitePosts }]
}

function objection({ source, pattern, guards }: PathRule): string {
  switch (guards) {
    case 'outside':
      return `${source} ends or contains what servers read differently: ${pattern}; name it without, or a folder of it`
    case 'inside':
      return `${source} withholds ${pattern}, and servers read further spellings as paths in it; list what is allowed instead`
    case 'both':
      return `${source} limits ${pattern}, and servers read further spellings as paths in it; move the limit to a rule for all paths`
    default:
      return never(guards)
  }
}
