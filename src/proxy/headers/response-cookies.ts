// Cookies of responses: drops those of the gateway, and confines the others to the host and path of the app.

import type { PathMapping } from '../path-mapping.ts'

/** What became of a cookie that an application set for more than its own host and path. */
export type CookieChange =
  /** Its Domain was another name: removed, so that it is a cookie of the app's host alone. */
  | 'domain_removed'
  /** Dropped: its Path is outside the app's. */
  | 'path_refused'
  /** Dropped: `__Host-` requires `Path=/`, which an app under a path may not set (`cookie_path`). */
  | 'host_prefix_refused'

export interface CookieRules {
  /** Name of the host requested, lower-cased, without port. */
  readonly hostname: string
  /** Whether a Set-Cookie value sets a cookie of the gateway, in any parser's reading. */
  readonly setsGatewayCookie: (setCookie: string) => boolean
  /** Undefined: paths are the same on both sides, and the host is the app's. */
  readonly paths?: PathMapping | undefined
  /** Cookies stay below the public path. */
  readonly confined?: boolean
  /** `detail`: the attribute's value. Called for each such cookie. */
  readonly onChange?: (change: CookieChange, name: string, detail: string) => void
}

/**
 * `target`: the request target as the upstream got it. Undefined: the cookie is dropped. A cookie for a parent domain
 * would be sent to every other app and the gateway; one for an internal name no browser accepts. Their Domain is removed:
 * a host-only cookie (RFC 6265bis 5.6.3), with which an honest application works.
 */
export function sanitizeSetCookie(value: string, rules: CookieRules, target?: string): string | undefined {
  if (rules.setsGatewayCookie(value)) return undefined
  const withoutForeign = hasForeignDomain(value, rules) ? without(value, 'domain') : value
  return rules.paths === undefined ? withoutForeign : mapCookiePath(withoutForeign, rules.paths, rules, target)
}

function hasForeignDomain(value: string, rules: CookieRules): boolean {
  for (const domain of attributes(value, 'domain')) {
    const name = domain.replace(/^\./, '').toLowerCase()
    if (name === rules.hostname || name === '') continue
    rules.onChange?.('domain_removed', nameOf(value), name)
    return true
  }
  return false
}

function mapCookiePath(
  value: string,
  paths: PathMapping,
  rules: CookieRules,
  target: string | undefined,
): string | undefined {
  const { publicPrefix } = paths
  const confined = rules.confined === true && publicPrefix !== ''
  // Browsers compare the prefix without regard to case (RFC 6265bis 5.7, step 21).
  if (confined && /^__host-/i.test(nameOf(value))) return refuse(rules, 'host_prefix_refused', value, 'Path=/')
  // RFC 6265 5.2.4: of several the last counts, and what is no path is none.
  const written = attributes(value, 'path').at(-1)
  if (written?.[0] !== '/') {
    // RFC 6265 5.1.4: the default is the folder of the request, which for `/wiki` is the whole host.
    return confined && isAt(paths.upstreamPrefix, target) ? withPath(value, publicPrefix) : value
  }
  if (written === '/' || isAbove(written, paths.upstreamPrefix)) {
    const everything = written === '/' && !confined ? '/' : publicPrefix || '/'
    return everything === written ? value : withPath(value, everything)
  }
  const mapped = paths.toPublic(written) ?? written
  if (confined && !isAbove(publicPrefix, mapped)) {
    if (isAbove(mapped, publicPrefix)) return withPath(value, publicPrefix)
    return refuse(rules, 'path_refused', value, written)
  }
  return mapped === written ? value : withPath(value, mapped)
}

function refuse(rules: CookieRules, change: CookieChange, value: string, detail: string): undefined {
  rules.onChange?.(change, nameOf(value), detail)
  return undefined
}

/** RFC 6265 5.1.4: a cookie of `path` is sent to `other`. */
function isAbove(path: string, other: string): boolean {
  return other === path || other.startsWith(path.endsWith('/') ? path : `${path}/`)
}

/** Undefined counts: the request is not known. */
function isAt(prefix: string, target: string | undefined): boolean {
  const path = target?.replace(/\?.*$/, '')
  return path === undefined || path === prefix || (prefix === '' && path === '/')
}

function withPath(value: string, path: string): string {
  return `${without(value, 'path')}; Path=${path}`
}

type Attribute = 'domain' | 'path'

/** Values of the attribute, trimmed. */
function attributes(value: string, name: Attribute): string[] {
  const found: string[] = []
  for (const part of value.split(';').slice(1)) {
    const equals = part.indexOf('=')
    const key = equals === -1 ? part : part.slice(0, equals)
    if (key.trim().toLowerCase() === name) found.push(equals === -1 ? '' : part.slice(equals + 1).trim())
  }
  return found
}

function without(value: string, name: Attribute): string {
  const parts = value.split(';')
  return parts.filter((part, i) => i === 0 || part.split('=', 1)[0]!.trim().toLowerCase() !== name).join(';')
}

function nameOf(value: string): string {
  return /^[^=;]*/.exec(value)![0].trim()
}

/**
 * "cookies" clears the whole registrable domain (Clear Site Data 4.2.4), including the gateway's sessions on every host.
 * Other directives affect the app only.
 */
export function withoutCookieDirectives(value: string): string | undefined {
  const directives = value.split(',').flatMap((directive) => directive.trim() || [])
  const kept = directives.flatMap((directive) => {
    if (directive === '"*"') return ['"cache"', '"storage"', '"executionContexts"']
    return directive.toLowerCase() === '"cookies"' ? [] : [directive]
  })
  return kept.length === 0 ? undefined : [...new Set(kept)].join(', ')
}
