// Path check of an app: which spellings that servers read differently it refuses, compiled at reload.

import { settingRules } from '../config/build/verbatim-paths.ts'
import type { App } from '../config/configuration.ts'
import { pathBoundaries, pathRules, type PathRule } from '../policy/path-rules.ts'
import type { Ambiguity } from '../policy/path-spelling.ts'

export interface PathCheck {
  /** Whether the path is forwarded as received; otherwise with its percent-encoding normalised. */
  readonly asSent: boolean
  /** Undefined: the spelling passes. */
  refusal(ambiguity: Ambiguity): PathRefusal | undefined
}

type PathSettings = Pick<App, 'declaration' | 'public' | 'crossSitePosts' | 'paths' | 'addresses'>

export interface PathRefusal {
  /** Name of the octet, see `Ambiguity`. */
  readonly octet: string
  /** For the log: which rule could be missed or met by another reading. */
  readonly rule: string
}

/**
 * Besides rules, `public` and `cross_site_posts`, the path prefixes of all apps on a host count: they decide which app's rules apply. `verbatim`
 * holds for rules that no spelling can lead out of, which `config/build/verbatim-paths.ts` ensures; dot segments could.
 */
export function createPathCheck(
  app: PathSettings,
  { apps }: { readonly apps: ReadonlyMap<string, PathSettings> },
): PathCheck {
  const rules = pathRules(app.declaration, settingRules(app))
  const prefixes = prefixRules(app, [...apps.values()])
  const verbatim = app.paths === 'verbatim'
  const asSent = (verbatim || rules.length === 0) && app.addresses.every(({ path }) => path === '')
  const [first] = [...rules, ...prefixes]
  if (first === undefined) return { asSent, refusal: () => undefined }
  const boundary = pathBoundaries([...(verbatim ? [] : rules), ...prefixes])
  return {
    asSent,
    refusal({ stable, octet, dots }) {
      const rule = dots ? first : boundary(stable)
      return rule && { octet: dots ? '..' : octet, rule: `${rule.source}: ${rule.pattern}` }
    },
  }
}

function prefixRules(app: PathSettings, all: readonly PathSettings[]): PathRule[] {
  const hosts = new Set(app.addresses.map(({ host }) => host))
  const prefixes = all.flatMap(({ addresses }) => addresses.filter(({ host, path }) => path !== '' && hosts.has(host)))
  return prefixes.map(({ path }) => ({ pattern: `${path}/*`, source: '`from`', guards: 'both' }))
}
