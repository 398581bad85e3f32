// CORS headers of our own answers to requests for an app: only pages of its other hosts and `trusted_origins` may read them.

import type { App } from '../config/configuration.ts'
import type { Reply } from '../web/kit/reply.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'
import { pageOrigins } from './origin-check.ts'

/** Fetch 3.3: the origin itself, because `*` is not valid for requests with credentials. */
export function withCorsHeaders(
  app: Pick<App, 'addresses' | 'trustedOrigins'>,
  request: Pick<CanonicalRequest, 'header'>,
  reply: Reply,
): Reply {
  const pages = pageOrigins(app)
  if (pages.length === 0) return reply
  // Also for other origins: a cache must not give one origin the answer for another (RFC 9110 12.5.5).
  const headers = variedByOrigin(reply.headers)
  const origin = request.header('origin')
  if (origin !== undefined && pages.includes(origin))
    headers.push('Access-Control-Allow-Origin', origin, 'Access-Control-Allow-Credentials', 'true')
  return { ...reply, headers }
}

/** `headers`: name, value, ... One Vary field, as caches that read only the first would miss a second. */
function variedByOrigin(headers: readonly string[]): string[] {
  const at = headers.findIndex((name, index) => index % 2 === 0 && name === 'Vary')
  if (at === -1) return [...headers, 'Vary', 'Origin']
  return headers.map((value, index) => (index === at + 1 ? `${value}, Origin` : value))
}
