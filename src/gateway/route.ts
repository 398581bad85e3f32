// Routes a request by Host and path prefix to an app or to the built-in pages, else 404 or 421. No wildcard, no fallback.

import { browserTarget } from '../http/browser-target.ts'
import type { PublicAddress } from '../config/configuration.ts'
import type { ActiveConfig, AppRoute, AppRuntime } from './active-config.ts'
import { policyMethod } from './access-context.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'
import { builtInPrefix } from './canonical/request-target.ts'

export type Target =
  /** `address`: the one of the app's that was requested. `publicPath`: declared `public`, no sign-in needed. */
  | { readonly kind: 'app'; readonly app: AppRuntime; readonly address: PublicAddress; readonly publicPath: boolean }
  /** Built-in pages: all paths on the gateway's host, `/.einlass/` on an app's host. */
  | { readonly kind: 'built-in'; readonly app: AppRuntime | undefined }
  | Unroutable

/** `octet` and `rule`: of an ambiguous path, see `path-check.ts`. `location`: where the client is redirected to. */
export interface Unroutable {
  readonly kind: 'none'
  readonly status: 308 | 400 | 404 | 421
  readonly detail: string
  readonly app?: string
  readonly octet?: string
  readonly rule?: string
  readonly location?: string
}

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
  if (request.fullyQualified && request.navigation && request.method === 'GET') return withoutDot(config, request)
  if (routes === undefined) return { kind: 'built-in', app: undefined }
  const found = routes.length === 1 && routes[0]!.address.path === '' ? routes[0]! : longestPrefix(routes, request.path)
  if (request.path.startsWith(builtInPrefix)) {
    return request.upgrade
      ? { kind: 'none', status: 400, detail: 'upgrade' }
      : { kind: 'built-in', app: (found ?? routes.at(-1)!).app }
  }
  if (found === undefined) return { kind: 'none', status: 404, detail: 'path' }
  const { app, address } = found
  const refusal = request.ambiguity && app.paths.refusal(request.ambiguity)
  if (refusal !== undefined) {
    return { kind: 'none', status: 400, detail: 'ambiguous_path', app: app.config.name, ...refusal }
  }
  return { kind: 'app', app, address, publicPath: app.isPublic(policyMethod(request), request.path) }
}

/** `routes`: longest path first. A prefix ends where a segment ends: `/wiki` has not `/wikipedia`. */
function longestPrefix(routes: readonly AppRoute[], path: string): AppRoute | undefined {
  return routes.find(({ address: { path: prefix } }) => {
    return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/')
  })
}

/** Cookies of `app.example.com.` and `app.example.com` are kept apart, and a sign-in ends at the latter. */
function withoutDot(
  { configuration: { gateway } }: ActiveConfig,
  { scheme, host, target }: CanonicalRequest,
): Unroutable {
  const origin = host === gateway.host ? gateway.origin : `${scheme}://${host}`
  return { kind: 'none', status: 308, detail: 'host_dot', location: origin + browserTarget(target) }
}

function hostName(host: string): string {
  return host.replace(/:\d+$/, '')
}
