// Routes a request by Host to an app or to the built-in pages, else 404 or 421. Exact match: no wildcard, no fallback.

import type { ActiveConfig, AppRuntime } from './active-config.ts'
import { policyMethod } from './access-context.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'

export type Target =
  /** `publicPath`: declared `public`, no sign-in needed. */
  | { readonly kind: 'app'; readonly app: AppRuntime; readonly publicPath: boolean }
  /** Built-in pages: all paths on the gateway's host, `/.einlass/` on an app's host. */
  | { readonly kind: 'built-in'; readonly app: AppRuntime | undefined }
  | { readonly kind: 'none'; readonly status: 400 | 404 | 421; readonly detail: string }

const builtInPrefix = '/.einlass/'

export function route(config: ActiveConfig, request: CanonicalRequest): Target {
  const { gateway } = config.configuration
  const app = config.apps.get(request.host)
  if (app === undefined && request.host !== gateway.host) return { kind: 'none', status: 404, detail: 'host' }
  // RFC 9110 7.4: a browser that reused a connection for another name opens a new one with that name's SNI.
  if (request.serverName !== undefined && request.serverName !== hostName(request.host)) {
    return { kind: 'none', status: 421, detail: 'server_name' }
  }
  if ((request.scheme === 'https') !== (app?.config ?? gateway).secure)
    return { kind: 'none', status: 404, detail: 'scheme' }
  if (app === undefined) return { kind: 'built-in', app: undefined }
  if (request.path.startsWith(builtInPrefix))
    return request.upgrade ? { kind: 'none', status: 400, detail: 'upgrade' } : { kind: 'built-in', app }
  if (ambiguous(app, request)) return { kind: 'none', status: 400, detail: 'ambiguous_path' }
  return { kind: 'app', app, publicPath: app.isPublic(policyMethod(request), request.path) }
}

/** An upstream may interpret these spellings as another path than the one policy evaluated. */
function ambiguous(app: AppRuntime, request: CanonicalRequest): boolean {
  if (app.config.allowEncodedSlash) return false
  return request.ambiguous.encoded || (request.ambiguous.segments && app.pathSensitive)
}

function hostName(host: string): string {
  return host.replace(/:\d+$/, '')
}
