// Routes a request by Host and path prefix to an app or to the built-in pages, else 404 or 421. No wildcard, no fallback.

import type { PublicAddress } from '../config/configuration.ts'
import type { ActiveConfig, AppRuntime } from './active-config.ts'
import { policyMethod } from './access-context.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'
import { findRoute } from './find-route.ts'
import type { UnsupportedMethod } from './methods.ts'
import { webDavFields, type WebDavFields } from './webdav/webdav-fields.ts'

export type Target =
  /** `address`: the one of the app's that was requested. `publicPath`: declared `public`, no sign-in needed. `webDav`: absent without such fields. */
  | {
      readonly kind: 'app'
      readonly app: AppRuntime
      readonly address: PublicAddress
      readonly publicPath: boolean
      readonly webDav?: WebDavFields | undefined
    }
  /** Built-in pages: all paths on the gateway's host, `/.einlass/` on an app's host. */
  | { readonly kind: 'built-in'; readonly app: AppRuntime | undefined }
  | {
      readonly kind: 'none'
      readonly status: 400 | 404 | 421 | 501
      readonly detail: string
      readonly unsupported?: UnsupportedMethod
    }

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
  const found = findRoute(routes, request.path)
  if (request.path.startsWith(builtInPrefix)) {
    return request.upgrade
      ? { kind: 'none', status: 400, detail: 'upgrade' }
      : { kind: 'built-in', app: (found ?? routes.at(-1)!).app }
  }
  if (found === undefined) return { kind: 'none', status: 404, detail: 'path' }
  const { app, address } = found
  const { method, path } = request
  const kind = app.methodKind(method)
  if (kind === undefined)
    return { kind: 'none', status: 501, detail: 'method', unsupported: { method, app: app.config } }
  if (ambiguous(app, request.ambiguous)) return { kind: 'none', status: 400, detail: 'ambiguous_path' }
  if (app.webDavScheme === undefined)
    return { kind: 'app', app, address, publicPath: app.isPublic(policyMethod(request), path) }
  const webDav = webDavFields(config, app, request, kind)
  if (typeof webDav === 'string') return { kind: 'none', status: 400, detail: webDav }
  const destination = webDav?.destination
  if (destination !== undefined && ambiguous(app, destination))
    return { kind: 'none', status: 400, detail: 'ambiguous_destination' }
  const publicPath = app.isPublic(policyMethod(request), path, destination?.path)
  return { kind: 'app', app, address, publicPath, webDav }
}

/** An upstream may interpret these spellings as another path than the one policy evaluated. */
function ambiguous(app: AppRuntime, { encoded, segments }: CanonicalRequest['ambiguous']): boolean {
  if (app.config.allowEncodedSlash) return false
  return encoded || (segments && app.pathSensitive)
}

function hostName(host: string): string {
  return host.replace(/:\d+$/, '')
}
