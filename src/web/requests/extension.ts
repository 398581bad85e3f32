// Whether an own grant may be prolonged, and by how much: offered only where the house would take it.

import type { App } from '../../config/configuration.ts'
import type { Grant } from '../../policy/grant.ts'

/** Milliseconds it may last longer at most, in one request; undefined: it cannot be prolonged. */
export function maxExtension(app: App | undefined, grant: Grant, now: number): number | undefined {
  const settings = app?.requests
  if (settings === undefined || grant.basis?.entitlement !== 'requests') return undefined
  if (grant.revokedAt !== undefined || grant.until <= now) return undefined
  if ((grant.extensions?.length ?? 0) >= settings.maxExtensions) return undefined
  const left = Math.min(settings.maxDuration, settings.maxTotal - (grant.until - grant.from))
  return left >= settings.minDuration ? left : undefined
}
