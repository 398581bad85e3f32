// Limits high enough that a test never reaches them by accident.

import type { LimitSettings } from '../../src/config/configuration.ts'

export const defaultLimits: LimitSettings = {
  headerCount: 100,
  headerBytes: 32_768,
  bodyBytes: undefined,
  headerTimeout: 10_000,
  bodyIdleTimeout: 60_000,
  keepAliveTimeout: 65_000,
  upstreamConnectTimeout: 5_000,
  upstreamHeaderTimeout: 60_000,
  connections: 20_000,
  connectionsPerAddress: 256,
  signInsPerMinute: 120,
  requestsPerPerson: 200,
  websocketsPerPerson: 100,
  websocketIdleTimeout: 3_600_000,
  http2Streams: 100,
  http2ResetsPerSecond: 33,
}
