// Maps URI references of responses from an upstream's address, or a mistaken one of the app's own, to the public address.

import type { PathMapping } from '../path-mapping.ts'

/** One public address of an app. */
export interface ReferencedAddress {
  /** `https://wiki.example.com`, with port unless it is the scheme's default. */
  readonly origin: string
  /** Undefined: paths are the same on both sides. */
  readonly paths: PathMapping | undefined
}

/** Maps one URI reference; others are returned unchanged. */
export type MapReference = (reference: string) => string

/**
 * `address`: where the request arrived. `own`: all addresses of the app on that host and its others. `upstreams`: origins.
 *
 * References to an upstream, or to the app's own host by another scheme or port, become public: an application that does
 * not believe `X-Forwarded-Proto` writes them. Nothing else is changed, so that no reference to elsewhere is of our making:
 * an authority counts only when all of it is one of these, and a path that could be read as `//host` gets the origin.
 */
export function createReferenceMapping(
  address: ReferencedAddress,
  own: readonly ReferencedAddress[],
  upstreams: readonly string[],
): MapReference {
  const hosts = new Map(own.map((one) => [new URL(one.origin).hostname, one]))
  hosts.set(new URL(address.origin).hostname, address)
  const servers = new Set(upstreams.flatMap(authoritiesOf))
  const { paths } = address

  return (reference) => {
    if (reference[0] === '/' && reference[1] !== '/' && reference[1] !== '\\') {
      return paths === undefined ? reference : mapPath(reference, address)
    }
    const parts = absolute.exec(reference)
    if (parts === null) return reference
    const [, scheme, authority, rest] = parts
    const host = parseAuthority(authority!, scheme)
    if (host === undefined) return reference
    const found = servers.has(host.authority) ? address : hosts.get(host.hostname)
    return found === undefined ? reference : found.origin + publicPath(rest!, found)
  }
}

/** RFC 3986 4.2; nothing with user information, and no backslash, which browsers take for a slash. */
const absolute = /^(?:(https?):)?\/\/([^/?#\\@\s]+)(?=[/?#]|$)([^]*)$/i

function parseAuthority(
  text: string,
  scheme: string | undefined,
): { readonly hostname: string; readonly authority: string } | undefined {
  const parts = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d{0,5}))?$/i.exec(text)
  if (parts === null) return undefined
  const hostname = parts[1]!.toLowerCase()
  const port = parts[2] || defaultPort(scheme)
  return { hostname, authority: `${hostname}:${port}` }
}

/** `//host` has the scheme of the page, which the upstream may take for its own. */
function defaultPort(scheme: string | undefined): string {
  return scheme === undefined ? 'any' : scheme.toLowerCase() === 'https' ? '443' : '80'
}

function authoritiesOf(origin: string): string[] {
  const url = URL.parse(origin)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return []
  const standard = url.port === ''
  const port = standard ? (url.protocol === 'https:' ? '443' : '80') : url.port
  return [`${url.hostname}:${port}`, ...(standard ? [`${url.hostname}:any`] : [])]
}

function publicPath(rest: string, { paths }: ReferencedAddress): string {
  if (paths === undefined) return rest
  return paths.toPublic(rest[0] === '/' ? rest : `/${rest}`) ?? rest
}

function mapPath(path: string, { origin, paths }: ReferencedAddress): string {
  const mapped = paths?.toPublic(path) ?? path
  // Browsers ignore tabs in a URL and take `\` for `/` (WHATWG URL 4.4): `//host` is a reference to that host.
  return mapped === path || /^\/(?![/\\\t])/.test(mapped) ? mapped : origin + mapped
}
