// Host -> app, our own pages, or nothing. Exact: no wildcard, no fallback.

import type { ActiveConfig, AppRuntime } from './active-config.ts'
import { policyMethod } from './access-context.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'

export type Target =
  /** `publicPath`: declared `public`, no sign-in needed. */
  | { readonly kind: 'app'; readonly app: AppRuntime; readonly publicPath: boolean }
  /** Our pages: on the gateway's host all of them, on an app's host below `/.einlass/`. */
  | { readonly kind: 'own'; readonly app: AppRuntime | undefined }
  | { readonly kind: 'nothing'; readonly status: 400 | 404 | 421; readonly detail: string }

const builtInPrefix = '/.einlass/'

export function route(config: ActiveConfig, request: CanonicalRequest): Target {
  const { gateway } = config.configuration
  const app = config.apps.get(request.host)
  if (app === undefined && request.host !== gateway.host) return { kind: 'nothing', status: 404, detail: 'host' }
  // RFC 9110 7.4: a browser that reuses a connection for another name gets a fresh one, with that name's TLS.
  if (request.serverName !== undefined && request.serverName !== hostName(request.host)) {
    return { kind: 'nothing', status: 421, detail: 'server_name' }
  }
  if ((request.scheme === 'https') !== (app?.config ?? gateway).secure)
    return { kind: 'nothing', status: 404, detail: 'scheme' }
  if (app === undefined) return { kind: 'own', app: undefined }
  if (request.path.startsWith(builtInPrefix))
    return request.upgrade ? { kind: 'nothing', status: 400, detail: 'upgrade' } : { kind: 'own', app }
  if (ambiguous(app, request)) return { kind: 'nothing', status: 400, detail: 'ambiguous_path' }
  return { kind: 'app', app, publicPath: app.isPublic(policyMethod(request), request.path) }
}

/** An upstream may read these spellings as another path than the one the rules saw. */
function ambiguous(app: AppRuntime, request: CanonicalRequest): boolean {
  if (app.config.allowEncodedSlash) return false
  return request.ambiguous.encoded || (request.ambiguous.segments && app.pathSensitive)
}

function hostName(host: string): string {
  return host.replace(/:\d+$/, '')
}
