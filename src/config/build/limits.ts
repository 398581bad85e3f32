// Builds the resource limits with their defaults: sizes, timeouts, connections, rate limits.

import type { LimitSettings } from '../configuration.ts'
import type { MainInput } from '../schema/schema.ts'
import type { Diagnostics, Place } from './diagnostics.ts'
import { childPlace } from './diagnostics.ts'

export function buildLimits(check: Diagnostics, place: Place, input: MainInput['limits']): LimitSettings {
  for (const key of [
    'header_timeout',
    'body_idle_timeout',
    'keep_alive_timeout',
    'upstream_connect_timeout',
    'upstream_header_timeout',
    'websocket_idle_timeout',
  ] as const) {
    if (input?.[key] !== undefined && input[key] < 1000) check.problem(childPlace(place, key), 'must be at least 1s')
  }
  if (input?.header_bytes !== undefined && (input.header_bytes < 1024 || input.header_bytes > 1024 ** 2)) {
    check.problem(childPlace(place, 'header_bytes'), 'must be from 1KB to 1MB')
  }
  return {
    headerCount: input?.header_count ?? 100,
    headerBytes: input?.header_bytes ?? 32 * 1024,
    bodyBytes: input?.body_bytes === 'unlimited' ? undefined : input?.body_bytes,
    headerTimeout: input?.header_timeout ?? 10_000,
    bodyIdleTimeout: input?.body_idle_timeout ?? 60_000,
    keepAliveTimeout: input?.keep_alive_timeout ?? 65_000,
    upstreamConnectTimeout: input?.upstream_connect_timeout ?? 5000,
    upstreamHeaderTimeout: input?.upstream_header_timeout ?? 60_000,
    connections: input?.connections ?? 20_000,
    connectionsPerAddress: input?.connections_per_address ?? 256,
    signInsPerMinute: input?.sign_ins_per_minute ?? 120,
    requestsPerPerson: input?.requests_per_person ?? 200,
    websocketsPerPerson: input?.websockets_per_person ?? 100,
    websocketIdleTimeout: input?.websocket_idle_timeout ?? 3_600_000,
    http2Streams: input?.http2_streams ?? 100,
    http2ResetsPerSecond: input?.http2_resets_per_second ?? 33,
  }
}
