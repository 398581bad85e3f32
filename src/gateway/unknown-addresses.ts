// Unknown client addresses: tells in the log which trusted proxies do not state them, at once and then once a minute.

import type { Logger } from '../telemetry/logger.ts'
import type { AddressGap } from './canonical/client-address.ts'

export interface UnknownAddresses {
  /** Counts one request. `proxy`: address of the trusted proxy. */
  add(proxy: string, gap: AddressGap): void
}

interface Count {
  readonly proxy: string
  readonly detail: AddressGap
  /** Since the last line. */
  requests: number
}

/** Milliseconds between two lines. */
const interval = 60_000
/** Trusted proxies are few; a range of them may be large. */
const maxEntries = 100

/** `log` receives the first request, then one line a minute for each proxy with the number of requests since the last. */
export function createUnknownAddresses(log: Pick<Logger, 'warn'>): UnknownAddresses {
  const counts = new Map<string, Count>()

  const tell = (entry: Count): void => {
    log.warn({ ...entry }, 'a trusted proxy does not state the address of its client: it meets no rule with networks')
    entry.requests = 0
  }
  const tellAll = (): void => {
    for (const [key, entry] of counts) {
      if (entry.requests > 0) tell(entry)
      else counts.delete(key)
    }
    if (counts.size > 0) setTimeout(tellAll, interval).unref()
  }

  return {
    add(proxy, detail) {
      const key = `${detail} ${proxy}`
      const found = counts.get(key)
      if (found !== undefined) return void found.requests++
      if (counts.size >= maxEntries) return
      const entry = { proxy, detail, requests: 1 }
      if (counts.size === 0) setTimeout(tellAll, interval).unref()
      counts.set(key, entry)
      tell(entry)
    },
  }
}
