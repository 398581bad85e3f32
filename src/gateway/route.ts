// Routes a request by Host and path prefix to an app or to the built-in pages, else 404 or 421. No wildcard, no fallback.

import type { PublicAddress } from '../config/configuration.ts'
import type { ActiveConfig, AppRoute, AppRuntime } from './active-config.ts'
import { policyMethod } from './access-context.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'

export type Target =
  /** `address`: the one of the app's that was requested. `publicPath`: declared `public`, no sign-in needed. */
  | { readonly kind: 'app'; readonly app: AppRuntime; readonly address: PublicAddress; readonly publicPath: boolean }
  /** Built-in pages: all paths on the gateway's host, `/.einlass/` on an app's host. */
  | { readonly kind: 'built-in'; readonly app: AppRuntime | undefined }
  | { readonly kind: 'none'; readonly status: 400 | 404 | 421; readonly detail: string }

const builtInPrefix = '/.einlass/'

export function route(config: ActiveConfig, request: CanonicalRequest): Target {
  const { gateway } = config.configuration
  const routes = config.hosts.get(request.host)
  if (routes === undefined && request.host !== gateway.host) return { kind: 'none', status: 404, detail: 'host' }
  // RFC 9110 7.4: a browser that reused a connection for another name opens a new one with that name's SNI.
  if (request.serverName !== undefined && request.serverName !== hostName(request.host)) {
    return { kind: 'none', status: 421, detail: 'server_name' }
  }
  if ((request.scheme === 'https') !== (routes?.[0]?.address ?? gateway).secure)
    return { kind: 'none', status: 404, detail: 'scheme' }
  if (routes === undefined) return { kind: 'built-in', app: undefined }
  const found = routes.length === 1 && routes[0]!.address.path === '' ? routes[0]! : longestPrefix(routes, request.path)
  if (request.path.startsWith(builtInPrefix)) {
    return request.upgrade
      ? { kind: 'none', status: 400, detail: 'upgrade' }
      : { kind: 'built-in', app: (found ?? routes.at(-1)!).app }
  }
  if (found === undefined) return { kind: 'none', status: 404, detail: 'path' }
  const { app, address } = found
  if (ambiguous(app, request)) return { kind: 'none', status: 400, detail: 'ambiguous_path' }
  return { kind: 'app', app, address, publicPath: app.isPublic(policyMethod(request), request.path) }
}

/** `routes`: longest path first. A prefix ends where a segment ends: `/wiki` has not `/wikipedia`. */
function longestPrefix(routes: readonly AppRoute[], path: string): AppRoute | undefined {
  return routes.find(({ address: { path: prefix } }) => {
    return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/')
  })
}

/** An upstream may interpret these spellings as another path than the one policy evaluated. */
function ambiguous(app: AppRuntime, request: CanonicalRequest): boolean {
  if (app.config.allowEncodedSlash) return false
  return request.ambiguous.encoded || (request.ambiguous.segments && app.pathSensitive)
}

function hostName(host: string): string {
  return host.replace(/:\d+$/, '')
}
