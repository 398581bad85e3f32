// Routes a request by Host and path prefix to an app or to the built-in pages, else 404 or 421. No wildcard, no fallback.

import { browserTarget } from '../http/browser-target.ts'
import { hostName } from '../http/host-name.ts'
import type { PublicAddress } from '../config/configuration.ts'
import type { PathMapping } from '../proxy/path-mapping.ts'
import type { ActiveConfig, AppRuntime } from './active-config.ts'
import { policyMethod } from './access-context.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'
import { builtInPrefix } from './canonical/request-target.ts'
import { findRoute } from './find-route.ts'
import type { UnsupportedMethod } from './methods.ts'
import { webDavFields, type WebDavFields } from './webdav/webdav-fields.ts'

export type Target =
  | {
      readonly kind: 'app'
      readonly app: AppRuntime
      /** The one of the app's that was requested. */
      readonly address: PublicAddress
      /** Declared `public`: no sign-in needed. */
      readonly publicPath: boolean
      /** Maps the target, which is below its prefix. Undefined: it is forwarded as it is. */
      readonly paths: PathMapping | undefined
      /** Absent without such fields. */
      readonly webDav?: WebDavFields | undefined
    }
  /** To the same page with a slash. */
  | { readonly kind: 'redirect'; readonly location: string }
  /** Built-in pages: all paths on the gateway's host, `/.einlass/` on an app's host. */
  | { readonly kind: 'built-in'; readonly app: AppRuntime | undefined }
  | Unroutable

/** `octet` and `rule`: of an ambiguous path, see `path-check.ts`. `location`: where the client is redirected to. */
export interface Unroutable {
  readonly kind: 'none'
  readonly status: 308 | 400 | 404 | 421 | 431 | 501
  readonly detail: string
  readonly app?: string
  readonly octet?: string
  readonly rule?: string
  readonly location?: string
  /** The key that accepts such a request, for the log. */
  readonly setting?: string
  readonly unsupported?: UnsupportedMethod
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
  const found = findRoute(routes, request.path)
  if (request.path.startsWith(builtInPrefix)) {
    return request.upgrade
      ? { kind: 'none', status: 400, detail: 'upgrade' }
      : { kind: 'built-in', app: (found ?? routes.at(-1)!).app }
  }
  if (found === undefined) return { kind: 'none', status: 404, detail: 'path' }
  const { app, address, paths } = found
  const tooLarge = oversized(app, request)
  if (tooLarge !== undefined) {
    return { kind: 'none', status: 431, detail: tooLarge, setting: `apps.${app.config.name}.limits.headers` }
  }
  const { method, path } = request
  const kind = app.methodKind(method)
  if (kind === undefined)
    return { kind: 'none', status: 501, detail: 'method', unsupported: { method, app: app.config } }
  const refusal = request.ambiguity && app.paths.refusal(request.ambiguity)
  if (refusal !== undefined) {
    return { kind: 'none', status: 400, detail: 'ambiguous_path', app: app.config.name, ...refusal }
  }
  if (paths !== undefined) {
    if (needsSlash(paths, request)) return { kind: 'redirect', location: withSlash(address, request) }
    if (paths.toUpstream(sentTarget(app, request)) === undefined)
      return { kind: 'none', status: 400, detail: 'path_prefix' }
  }
  if (app.webDavOrigin === undefined)
    return { kind: 'app', app, address, publicPath: app.isPublic(policyMethod(request), path), paths }
  const webDav = webDavFields(config, app, request, kind)
  if (typeof webDav === 'string') return { kind: 'none', status: 400, detail: webDav }
  const destination = webDav?.destination
  const wrong = destination?.ambiguity && app.paths.refusal(destination.ambiguity)
  if (wrong !== undefined)
    return { kind: 'none', status: 400, detail: 'ambiguous_destination', app: app.config.name, ...wrong }
  const publicPath = app.isPublic(policyMethod(request), path, destination?.path)
  return { kind: 'app', app, address, publicPath, paths, webDav }
}

/**
 * `/wiki` and `/wiki/` are both `/` at an upstream that does not see the prefix: only the gateway can say that relative
 * links begin at `/wiki/`. Other upstreams tell them apart by themselves.
 */
function needsSlash(
  { publicPrefix, upstreamPrefix }: PathMapping,
  { method, path, upgrade }: CanonicalRequest,
): boolean {
  const reading = (method === 'GET' || method === 'HEAD') && upgrade === undefined
  return reading && upstreamPrefix === '' && path === publicPrefix
}

function withSlash({ origin, path }: PublicAddress, { query }: CanonicalRequest): string {
  return `${origin}${path}/${browserTarget(query)}`
}

/** Target as it is forwarded, before a path prefix is replaced. */
export function sentTarget(
  { paths }: Pick<AppRuntime, 'paths'>,
  { target, normalTarget }: Pick<CanonicalRequest, 'target' | 'normalTarget'>,
): string {
  return paths.asSent ? target : normalTarget
}

/** `canonicalize` checked the largest size that any app accepts; the details are the same. */
function oversized({ headerBytes }: AppRuntime, request: CanonicalRequest): string | undefined {
  if (request.headerBytes > headerBytes) return 'header_size'
  return request.cookieBytes > headerBytes ? 'cookie_size' : undefined
}

/** Cookies of `app.example.com.` and `app.example.com` are kept apart, and a sign-in ends at the latter. */
function withoutDot(
  { configuration: { gateway } }: ActiveConfig,
  { scheme, host, target }: CanonicalRequest,
): Unroutable {
  const origin = host === gateway.host ? gateway.origin : `${scheme}://${host}`
  return { kind: 'none', status: 308, detail: 'host_dot', location: origin + browserTarget(target) }
}
