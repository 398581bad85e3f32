// HTTP clients of the providers: one shared by all that need nothing special, one each for a private CA, proxy or client certificate.

import type { LookupFunction } from 'node:net'
import type { ProviderSettings } from '../../config/provider-settings.ts'
import type { OutboundProxy } from '../../net/outbound-proxy.ts'
import { createProviderHttp, type ProviderFetch, type ProviderHttp } from './provider-http.ts'

export interface ProviderTransports {
  /** For one provider, until `retain` no longer names its settings. */
  open(settings: ProviderSettings): ProviderFetch
  /** Closes the clients of all other settings, once what they are doing is over. */
  retain(settings: Iterable<ProviderSettings>): void
  close(): Promise<void>
}

/** Milliseconds: longer than all requests of a sign-in or refresh that began before a reload. */
const retirement = 60_000

/** `proxy`: of the environment, for providers that name none. */
export function createProviderTransports(options: {
  readonly proxy: OutboundProxy | undefined
  readonly lookup: LookupFunction | undefined
  /** Milliseconds of one request. */
  readonly timeout: number
}): ProviderTransports {
  const shared = createProviderHttp(options)
  const own = new Map<ProviderSettings, ProviderHttp>()
  const retired = new Set<ProviderHttp>()
  return {
    open(settings) {
      if (!needsOwn(settings)) return shared.fetch
      const { ca, clientCertificate, proxy } = settings
      const http = createProviderHttp({
        lookup: options.lookup,
        timeout: options.timeout,
        furtherCa: ca,
        clientCertificate,
        plainOrigins: plainOrigins(settings),
        proxy: proxy === undefined ? options.proxy : proxy === 'none' ? undefined : { url: proxy, except: '' },
      })
      own.set(settings, http)
      return http.fetch
    },
    retain(settings) {
      const kept = new Set(settings)
      for (const [one, http] of own) {
        if (kept.has(one)) continue
        own.delete(one)
        retired.add(http)
        setTimeout(() => retired.delete(http) && void http.close(), retirement).unref()
      }
    },
    async close() {
      await Promise.all([shared, ...own.values(), ...retired].map((one) => one.close()))
    },
  }
}

function needsOwn(settings: ProviderSettings): boolean {
  const { ca, clientCertificate, proxy } = settings
  return [ca, clientCertificate, proxy].some((one) => one !== undefined) || plainOrigins(settings).length > 0
}

/** Only what the configuration names: the metadata could name any. */
function plainOrigins({ endpoints }: ProviderSettings): string[] {
  return Object.values(endpoints ?? {})
    .flatMap((url: string | undefined) => (url === undefined ? [] : new URL(url).origin))
    .filter((origin) => origin.startsWith('http:'))
}
