// Builds the active configuration (apps, policies, upstreams) for an atomic swap, and retires upstreams no longer used.

import { isDeepStrictEqual } from 'node:util'
import type { App, Configuration } from '../config/configuration.ts'
import { pathsOf } from '../proxy/app-paths.ts'
import { createUpstream, type UpstreamOptions } from '../proxy/upstream-pool.ts'
import { appHeaderSettings } from '../proxy/headers/app-header-settings.ts'
import { createHeaderRules } from '../proxy/headers/request-headers.ts'
import { upstreamLimits, type UpstreamLimits } from '../proxy/upstream-limits.ts'
import { withoutOwnCookies } from '../identity/session/cookies.ts'
import { upstreamRefusal } from '../config/upstream-addresses.ts'
import { compilePolicy } from '../policy/compile.ts'
import { vouchersOf } from '../policy/vouching.ts'
import { createFace } from '../web/kit/face.ts'
import type { Logger } from '../telemetry/logger.ts'
import { methodKinds } from '../gateway/methods.ts'
import { isPublicPath } from '../gateway/public-paths.ts'
import { webDavOrigin } from '../gateway/webdav/webdav-origin.ts'
import type { ActiveConfig, AppRoute, AppRuntime } from '../gateway/active-config.ts'
import { canonicalRules } from '../gateway/canonical/canonical-request.ts'
import { createPathCheck } from '../gateway/path-check.ts'
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
      headerBytes: Math.max(configuration.limits.headerBytes, ...[...apps.values()].map((app) => app.headerBytes)),
      proxies: cidrMatcher(configuration.gateway.trustedProxies),
      hsts: configuration.gateway.hsts,
      face: createFace(configuration),
    }),
    networksOf: createNetworkLookup(configuration.networks),
  }
}

function routesByHost(apps: ReadonlyMap<string, AppRuntime>): ReadonlyMap<string, readonly AppRoute[]> {
  const routes = [...apps.values()].flatMap((app) =>
    app.config.addresses.map((address): AppRoute => ({ address, app, paths: pathsOf(app.config, address) })),
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
  applying: ApplyOptions,
): AppRuntime {
  const vocabulary = {
    roles: configuration.roles,
    schedules: configuration.schedules,
    postures: configuration.devices.postures,
    external: configuration.external,
    vouchers: vouchersOf(configuration.providers.values()),
  }
  const limits = upstreamLimits(config.limits, configuration.limits)
  const kept = before !== undefined && isSameUpstream(before.config, config) && isDeepStrictEqual(before.limits, limits)
  const options = upstreamOptions(config, limits, configuration, applying)
  const headers = appHeaderSettings(config)
  return {
    config: before === undefined ? config : withIdentityOf(before.config, config),
    limits,
    headerBytes: config.limits?.headerBytes ?? configuration.limits.headerBytes,
    policy: compilePolicy(config.declaration, vocabulary),
    upstream: kept ? before.upstream : createUpstream(config, options),
    headers: headers && createHeaderRules(applying.postureHeaders, withoutOwnCookies, headers),
    paths: createPathCheck(config, configuration),
    isPublic: (method, path, destination) => isPublicPath(config, method, path, destination),
    methodKind: methodKinds(config),
    webDavOrigin: webDavOrigin(config),
  }
}

function upstreamOptions(
  { allowSpecialAddresses }: App,
  limits: UpstreamLimits,
  { gateway }: Configuration,
  { log, now }: ApplyOptions,
): UpstreamOptions {
  const refusal = allowSpecialAddresses === true ? undefined : upstreamRefusal(gateway)
  return { log, now, limits, http1Client: gateway.http1 === 'einlass', refusal }
}

/** The assertion cache compares these by identity: a reload that does not change them signs nothing anew. */
function withIdentityOf(before: App, config: App): App {
  const same = <Key extends keyof App>(key: Key): App[Key] =>
    isDeepStrictEqual(before[key], config[key]) ? before[key] : config[key]
  return {
    ...config,
    headerGroups: same('headerGroups'),
    identityHeaders: same('identityHeaders'),
    authorization: same('authorization'),
  }
}

/** Certificates on disk may change while the configuration stays the same: an app that names any gets a new upstream. */
function isSameUpstream(a: App, b: App): boolean {
  const { ca, cert, key } = b.upstreamTls
  if (ca !== undefined || cert !== undefined || key !== undefined) return false
  return (
    a.name === b.name &&
    isDeepStrictEqual(a.addresses, b.addresses) &&
    isDeepStrictEqual(a.upstreams, b.upstreams) &&
    a.upstreamPath === b.upstreamPath &&
    a.cookiePath === b.cookiePath &&
    a.hsts === b.hsts &&
    a.allowSpecialAddresses === b.allowSpecialAddresses &&
    isDeepStrictEqual(a.upstreamTls, b.upstreamTls) &&
    isDeepStrictEqual(a.healthCheck, b.healthCheck) &&
    isDeepStrictEqual(a.upstreamHost, b.upstreamHost) &&
    isDeepStrictEqual(a.responseFields, b.responseFields) &&
    isDeepStrictEqual(a.authorization, b.authorization) &&
    // Of health checks; those of requests are rules, which are made anew.
    (b.healthCheck === undefined || isDeepStrictEqual(a.requestFields, b.requestFields)) &&
    a.connectionAuth === b.connectionAuth
  )
}
