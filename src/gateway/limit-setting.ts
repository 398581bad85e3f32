// The setting that changes a limit which a request exceeded, with its present value: for the log, and pages of the app.

import { defaultResponseHeaderBytes, type LimitKey, type UpstreamLimits } from '../proxy/upstream-limits.ts'
import type { Exchange } from '../http/exchange.ts'
import { never } from '../policy/never.ts'
import { printDuration, printSize } from '../config/units.ts'
import type { AppRuntime } from './active-config.ts'

export interface LimitSetting {
  /** `apps.erp.timeouts.headers`. */
  readonly key: string
  /** `3m`, `2GB`. */
  readonly value: string
}

export function limitSetting(
  { config, limits }: Pick<AppRuntime, 'config' | 'limits'>,
  key: LimitKey,
  kind: Exchange['kind'],
): LimitSetting {
  return { key: `apps.${config.name}.${key}`, value: valueOf(limits, key, kind) }
}

function valueOf(limits: UpstreamLimits, key: LimitKey, kind: Exchange['kind']): string {
  switch (key) {
    case 'timeouts.connect':
      return printDuration(limits.upstreamConnectTimeout)
    case 'timeouts.headers':
      return printDuration(limits.upstreamHeaderTimeout)
    case 'timeouts.idle':
      return printDuration(kind === 'upgrade' ? limits.websocketIdleTimeout : limits.bodyIdleTimeout)
    case 'limits.upload':
      return limits.bodyBytes === undefined ? 'unlimited' : printSize(limits.bodyBytes)
    case 'limits.headers':
      return printSize(limits.responseHeaderBytes ?? defaultResponseHeaderBytes)
    default:
      return never(key)
  }
}
