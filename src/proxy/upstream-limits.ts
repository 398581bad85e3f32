// Limits of one app's upstream: its own `timeouts` and `limits` over those of the gateway, and the key of each.

import type { LimitSettings } from '../config/configuration.ts'
import type { AppLimits } from '../config/forwarding-settings.ts'

/** Those of all apps without their own. */
type GatewayLimits = Pick<
  LimitSettings,
  'upstreamConnectTimeout' | 'upstreamHeaderTimeout' | 'bodyBytes' | 'bodyIdleTimeout' | 'websocketIdleTimeout'
>

/** Timeouts in milliseconds, sizes in bytes. */
export interface UpstreamLimits extends GatewayLimits {
  /** Longest silence of the upstream within a response; absent: no limit. */
  readonly responseIdleTimeout?: number | undefined
  /** Header section of a response; absent: `defaultResponseHeaderBytes`. */
  readonly responseHeaderBytes?: number | undefined
}

/** Bytes of a response's header section, where no app or gateway says otherwise. */
export const defaultResponseHeaderBytes = 64 * 1024

/** A key under `apps.NAME` that sets a limit. */
export type LimitKey = 'timeouts.connect' | 'timeouts.headers' | 'timeouts.idle' | 'limits.upload' | 'limits.headers'

export function upstreamLimits(own: AppLimits = {}, limits: GatewayLimits): UpstreamLimits {
  return {
    upstreamConnectTimeout: own.connect ?? limits.upstreamConnectTimeout,
    upstreamHeaderTimeout: own.headers ?? limits.upstreamHeaderTimeout,
    bodyBytes: own.upload === 'unlimited' ? undefined : (own.upload ?? limits.bodyBytes),
    bodyIdleTimeout: own.idle ?? limits.bodyIdleTimeout,
    websocketIdleTimeout: own.idle ?? limits.websocketIdleTimeout,
    responseIdleTimeout: own.idle,
    responseHeaderBytes: own.headerBytes,
  }
}
