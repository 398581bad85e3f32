// Builds `host`, `timeouts` and `limits` of an app, and what they are in effect over the `limits` of the gateway.

import type { AppLimits, UpstreamHost } from '../forwarding-settings.ts'
import type { AppLimitsInput, TimeoutsInput } from '../schema/app-limits.ts'
import { childPlace, type Diagnostics, type Place } from './diagnostics.ts'

export function buildHost(written: string | undefined): UpstreamHost {
  if (written === undefined || written === 'public' || written === 'upstream') return written ?? 'public'
  return { name: written.toLowerCase() }
}

/** `place`: of the app. Undefined when it sets none of its own. */
export function buildAppLimits(
  check: Diagnostics,
  place: Place,
  timeouts: TimeoutsInput | undefined,
  limits: AppLimitsInput | undefined,
): AppLimits | undefined {
  if (timeouts === undefined && limits === undefined) return undefined
  for (const key of ['connect', 'headers', 'idle'] as const) {
    if ((timeouts?.[key] ?? 1000) < 1000) check.problem(childPlace(place, 'timeouts', key), 'must be at least 1s')
  }
  const size = limits?.headers
  // As of `limits.header_bytes`.
  if (size !== undefined && (size < 1024 || size > 1024 ** 2)) {
    check.problem(childPlace(place, 'limits', 'headers'), 'must be from 1KB to 1MB')
  }
  return {
    connect: timeouts?.connect,
    headers: timeouts?.headers,
    idle: timeouts?.idle,
    upload: limits?.upload,
    headerBytes: size,
  }
}
