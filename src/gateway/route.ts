// Host -> app, our own pages, or nothing. Exact: no wildcard, no fallback.

import type { Applied, Site } from './active-config.ts'
import { actionOf } from './access-context.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'

export type Target =
  /** `publicPath`: declared `public`, no sign-in needed. */
  | { readonly kind: 'app'; readonly site: Site; readonly publicPath: boolean }
  /** Our pages: on the gateway's host all of them, on an app's host below `/.einlass/`. */
  | { readonly kind: 'own'; readonly site: Site | undefined }
  | { readonly kind: 'nothing'; readonly status: 400 | 404 | 421; readonly detail: string }

const ours = '/.einlass/'

export function route(applied: Applied, request: CanonicalRequest): Target {
  const { gateway } = applied.configuration
  const site = applied.sites.get(request.host)
  if (site === undefined && request.host !== gateway.host) return { kind: 'nothing', status: 404, detail: 'host' }
  // RFC 9110 7.4: a browser that reuses a connection for another name gets a fresh one, with that name's TLS.
  if (request.serverName !== undefined && request.serverName !== hostName(request.host)) {
    return { kind: 'nothing', status: 421, detail: 'server_name' }
  }
  if ((request.scheme === 'https') !== (site?.app ?? gateway).secure)
    return { kind: 'nothing', status: 404, detail: 'scheme' }
  if (site === undefined) return { kind: 'own', site: undefined }
  if (request.path.startsWith(ours))
    return request.upgrade ? { kind: 'nothing', status: 400, detail: 'upgrade' } : { kind: 'own', site }
  if (ambiguous(site, request)) return { kind: 'nothing', status: 400, detail: 'ambiguous_path' }
  return { kind: 'app', site, publicPath: site.isPublic(actionOf(request), request.path) }
}

/** An upstream may read these spellings as another path than the one the rules saw. */
function ambiguous(site: Site, request: CanonicalRequest): boolean {
  if (site.app.allowEncodedSlash) return false
  return request.ambiguous.encoded || (request.ambiguous.segments && site.pathSensitive)
}

function hostName(host: string): string {
  return host.replace(/:\d+$/, '')
}
