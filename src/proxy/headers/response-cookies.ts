// Cookies of responses: drops those of the gateway, and confines the others to the host of the app.

export interface CookieRules {
  /** Name of the host requested, lower-cased, without port. */
  readonly hostname: string
  /** Whether a Set-Cookie value sets a cookie of the gateway, in any parser's reading. */
  readonly setsGatewayCookie: (setCookie: string) => boolean
}

/**
 * Drops cookies of the gateway and confines others to the app's host. A cookie for a parent domain would be sent to
 * every other app and the gateway, so its Domain is removed: a host-only cookie (RFC 6265bis 5.6.3).
 */
export function sanitizeSetCookie(value: string, options: CookieRules): string | undefined {
  if (options.setsGatewayCookie(value)) return undefined
  const parts = value.split(';')
  let wide = false
  for (let i = 1; i < parts.length; i++) {
    const match = /^\s*domain\s*(?:=(.*))?$/is.exec(parts[i]!)
    if (match === null) continue
    const domain = (match[1] ?? '').trim().replace(/^\./, '').toLowerCase()
    if (domain === options.hostname || domain === '') continue
    if (!options.hostname.endsWith(`.${domain}`)) return undefined
    wide = true
  }
  if (!wide) return value
  return parts.filter((part, i) => i === 0 || !/^\s*domain\s*(=|$)/i.test(part)).join(';')
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
