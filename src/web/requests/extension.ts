// Computes by how much a grant may be extended, by the same limits that `grants/` enforces.

import type { App } from '../../config/configuration.ts'
import type { Grant } from '../../policy/grant.ts'

/** Maximum extension in one request, in milliseconds; undefined: no extension is possible. */
export function maxExtension(app: App | undefined, grant: Grant, now: number): number | undefined {
  const settings = app?.requests
  if (settings === undefined || grant.basis?.entitlement !== 'requests') return undefined
  if (grant.revokedAt !== undefined || grant.until <= now) return undefined
  if ((grant.extensions?.length ?? 0) >= settings.maxExtensions) return undefined
  const left = Math.min(settings.maxDuration, settings.maxTotal - (grant.until - grant.from))
  return left >= settings.minDuration ? left : undefined
}
