// The OpenID providers of the configuration: opened, replaced at reload, and asked whether they are reachable.

import { isDeepStrictEqual } from 'node:util'
import type { LookupFunction } from 'node:net'
import { openIdProviders } from '../../config/guest-settings.ts'
import type { ProviderSettings } from '../../config/provider-settings.ts'
import type { LastFailure } from './failure-log.ts'
import { createProvider, type Provider, type ProviderLog } from './provider-availability.ts'
import type { ScopeReport } from './provider-scopes.ts'
import { proxyFromEnvironment, unusableProxyVariable } from '../../net/outbound-proxy.ts'
import { createProviderTransports } from './provider-transports.ts'
import { providerTiming, type ProviderTiming } from './provider-timing.ts'

export type { Provider } from './provider-availability.ts'
export type { Connection } from './provider-connection.ts'

export interface Providers {
  get(name: string): Provider | undefined
  readonly names: readonly string[]
  all(): readonly Provider[]
  /** At reload: providers whose settings did not change keep their cached metadata and keys. */
  update(settings: ReadonlyMap<string, ProviderSettings>): void
  stop(): Promise<void>
}

export interface ProvidersOptions {
  readonly settings: ReadonlyMap<string, ProviderSettings>
  readonly now: () => number
  readonly log: ProviderLog
  readonly lookup?: LookupFunction
  /** Of the process: `HTTPS_PROXY`, `NO_PROXY`. Absent: no proxy but those of the settings. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly timing?: ProviderTiming | undefined
}

export function createProviders({
  settings,
  now,
  log,
  lookup,
  env = {},
  timing = providerTiming,
}: ProvidersOptions): Providers {
  const transports = createProviderTransports({ lookup, proxy: proxyFromEnvironment(env), timeout: timing.request })
  const unusable = unusableProxyVariable(env)
  let providers = new Map<string, Provider>()
  const open = (name: string, one: ProviderSettings): Provider => {
    if (unusable !== undefined && one.proxy === undefined) {
      log('the proxy of the environment is no URL such as http://proxy.example.com:3128: connections are direct', {
        provider: name,
        variable: unusable,
      })
    }
    return createProvider({ settings: one, fetch: transports.open(one), now, log, timing })
  }
  const update = (wanted: ReadonlyMap<string, ProviderSettings>): void => {
    providers = new Map(
      [...openIdProviders(wanted)].map(([name, one]) => {
        const known = providers.get(name)
        const same = known && isDeepStrictEqual(known.settings, one)
        return [name, same ? known : open(name, one)]
      }),
    )
    transports.retain([...providers.values()].map((provider) => provider.settings))
  }
  update(settings)
  return {
    get: (name) => providers.get(name),
    get names() {
      return [...providers.keys()]
    },
    all: () => [...providers.values()],
    update,
    stop: () => transports.close(),
  }
}

/** By name; undefined for a provider without a failure since its last success. */
export function lastFailures(providers: Providers): ReadonlyMap<string, LastFailure | undefined> {
  return new Map(providers.all().map(({ settings, failures }) => [settings.name, failures.last()]))
}

export interface ProviderHealth {
  readonly name: string
  readonly reachable: boolean
  /** Requested scopes that were refused or left out; undefined: none as far as is known. */
  readonly scopes?: ScopeReport | undefined
}

/**
 * Reachability of all providers, for health checks: cached metadata counts as reachable unless the provider stopped answering;
 * `timeout` in milliseconds.
 */
export function reachability(providers: Providers, timeout: number): Promise<readonly ProviderHealth[]> {
  const checks = providers.all().map(async (provider) => {
    const connected = provider.connect().then(
      () => provider.available(),
      () => false,
    )
    const late = new Promise<boolean>((resolve) => setTimeout(resolve, timeout, false).unref())
    const reachable = await Promise.race([connected, late])
    return { name: provider.settings.name, reachable, scopes: provider.scopes.report() }
  })
  return Promise.all(checks)
}
