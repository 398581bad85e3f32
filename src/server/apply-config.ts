// Builds the active configuration (apps, policies, upstreams) for an atomic swap, and retires upstreams no longer used.

import { isDeepStrictEqual } from 'node:util'
import type { App, Configuration } from '../config/configuration.ts'
import { createUpstream, type UpstreamOptions } from '../proxy/upstream-pool.ts'
import { createHeaderRules } from '../proxy/headers/request-headers.ts'
import { withoutOwnCookies } from '../identity/session/cookies.ts'
import { upstreamRefusal } from '../config/upstream-addresses.ts'
import { compilePolicy } from '../policy/compile.ts'
import { vouchersOf } from '../policy/vouching.ts'
import type { Logger } from '../telemetry/logger.ts'
import { methodKinds } from '../gateway/methods.ts'
import { isPublicPath } from '../gateway/public-paths.ts'
import { webDavScheme } from '../gateway/webdav/webdav-scheme.ts'
import type { ActiveConfig, AppRoute, AppRuntime } from '../gateway/active-config.ts'
import { canonicalRules } from '../gateway/canonical/canonical-request.ts'
import { cidrMatcher, createNetworkLookup } from '../gateway/ip-networks.ts'

export interface ApplyOptions {
  readonly log: Logger
  readonly now: () => number
  /** Header fields of posture sources, which no app can keep. */
  readonly postureHeaders: readonly string[]
}

/** Builds everything or throws; the active configuration stays untouched. An app whose upstream settings are unchanged keeps its upstream. */
export function buildActiveConfig(
  configuration: Configuration,
  previous: ActiveConfig | undefined,
  options: ApplyOptions,
): ActiveConfig {
  const apps = new Map<string, AppRuntime>()
  for (const app of configuration.apps.values()) {
    apps.set(app.name, buildAppRuntime(app, configuration, previous?.apps.get(app.name), options))
  }
  return {
    configuration,
    apps,
    hosts: routesByHost(apps),
    secureOrigins: secureOriginsOf(configuration),
    rules: canonicalRules({
      headerCount: configuration.limits.headerCount,
      headerBytes: configuration.limits.headerBytes,
      proxies: cidrMatcher(configuration.gateway.trustedProxies),
      hsts: configuration.gateway.hsts,
    }),
    networksOf: createNetworkLookup(configuration.networks),
  }
}

function routesByHost(apps: ReadonlyMap<string, AppRuntime>): ReadonlyMap<string, readonly AppRoute[]> {
  const routes = [...apps.values()].flatMap((app) =>
    app.config.addresses.map((address): AppRoute => ({ address, app })),
  )
  const byHost = Map.groupBy(routes, ({ address }) => address.host)
  for (const list of byHost.values()) list.sort((a, b) => b.address.path.length - a.address.path.length)
  return byHost
}

function secureOriginsOf({ gateway, apps }: Configuration): ReadonlyMap<string, string> {
  const all = [gateway, ...[...apps.values()].flatMap(({ addresses }) => addresses)]
  return new Map(all.filter(({ secure }) => secure).map(({ origin }) => [new URL(origin).hostname, origin]))
}

/** After the swap: upstreams that no app uses any more drain and close. */
export function retireUpstreams(previous: ActiveConfig, current: ActiveConfig, log: Logger): void {
  const inUse = new Set([...current.apps.values()].map((app) => app.upstream))
  for (const { config, upstream } of previous.apps.values()) {
    if (inUse.has(upstream)) continue
    upstream
      .retire()
      .catch((error: unknown) => log.error({ err: error, app: config.name }, 'retiring an upstream failed'))
  }
}

function buildAppRuntime(
  config: App,
  configuration: Configuration,
  before: AppRuntime | undefined,
  options: ApplyOptions,
): AppRuntime {
  const vocabulary = {
    roles: configuration.roles,
    schedules: configuration.schedules,
    postures: configuration.devices.postures,
    external: configuration.external,
    vouchers: vouchersOf(configuration.providers.values()),
  }
  const kept = before !== undefined && isSameUpstream(before.config, config)
  return {
    config: before === undefined ? config : withHeaderGroupsOf(before.config, config),
    policy: compilePolicy(config.declaration, vocabulary),
    upstream: kept ? before.upstream : createUpstream(config, upstreamOptions(config, configuration, options)),
    headers: config.headerNames && createHeaderRules(options.postureHeaders, withoutOwnCookies, config.headerNames),
    pathSensitive: config.public.length > 0 || JSON.stringify(config.declaration).includes('"paths":'),
    isPublic: (method, path, destination) => isPublicPath(config, method, path, destination),
    methodKind: methodKinds(config),
    webDavScheme: webDavScheme(config),
  }
}

function upstreamOptions(
  { allowSpecialAddresses }: App,
  { limits, gateway }: Configuration,
  { log, now }: ApplyOptions,
): UpstreamOptions {
  const refusal = allowSpecialAddresses === true ? undefined : upstreamRefusal(gateway)
  return { log, now, limits, http1Client: gateway.http1 === 'einlass', refusal }
}

/** The assertion cache compares the set by identity: a reload that does not change it signs nothing anew. */
function withHeaderGroupsOf(before: App, config: App): App {
  return isDeepStrictEqual(before.headerGroups, config.headerGroups)
    ? { ...config, headerGroups: before.headerGroups }
    : config
}

/** Certificates on disk may change while the configuration stays the same: an app that names any gets a new upstream. */
function isSameUpstream(a: App, b: App): boolean {
  const { ca, cert, key } = b.upstreamTls
  if (ca !== undefined || cert !== undefined || key !== undefined) return false
  return (
    a.name === b.name &&
    isDeepStrictEqual(a.addresses, b.addresses) &&
    isDeepStrictEqual(a.upstreams, b.upstreams) &&
    a.hsts === b.hsts &&
    a.allowSpecialAddresses === b.allowSpecialAddresses &&
    isDeepStrictEqual(a.upstreamTls, b.upstreamTls) &&
    isDeepStrictEqual(a.healthCheck, b.healthCheck) &&
    a.connectionAuth === b.connectionAuth
  )
}
