// Puts a configuration in force: prepare everything, swap in one step, retire what is no longer used.

import { isDeepStrictEqual } from 'node:util'
import type { App, Configuration } from '../config/configuration.ts'
import { createUpstream, type UpstreamOptions } from '../proxy/upstream-pool.ts'
import { compilePolicy } from '../policy/compile.ts'
import type { Logger } from '../telemetry/logger.ts'
import { isPublicPath } from '../gateway/public-paths.ts'
import type { Applied, Site } from '../gateway/active-config.ts'
import { canonicalRules } from '../gateway/canonical/canonical-request.ts'
import { addressMatcher, networkFinder } from '../gateway/ip-networks.ts'

export interface ApplyOptions {
  readonly log: Logger
  readonly now: () => number
}

/** Builds everything or throws; nothing that is in force changes. An app's upstream goes on when it stayed the same. */
export function prepare(configuration: Configuration, previous: Applied | undefined, options: ApplyOptions): Applied {
  const before = new Map([...(previous?.sites.values() ?? [])].map((site) => [site.app.name, site]))
  const sites = new Map<string, Site>()
  for (const app of configuration.apps.values()) {
    sites.set(app.host, siteOf(app, configuration, before.get(app.name), options))
  }
  return {
    configuration,
    sites,
    rules: canonicalRules({
      headerCount: configuration.limits.headerCount,
      headerBytes: configuration.limits.headerBytes,
      proxies: addressMatcher(configuration.gateway.trustedProxies),
    }),
    networksOf: networkFinder(configuration.networks),
  }
}

/** After the swap: upstreams nobody refers to any more finish what is open and close. */
export function retire(previous: Applied, current: Applied, log: Logger): void {
  const inUse = new Set([...current.sites.values()].map((site) => site.upstream))
  for (const { app, upstream } of previous.sites.values()) {
    if (inUse.has(upstream)) continue
    upstream.retire().catch((error: unknown) => log.error({ err: error, app: app.name }, 'an upstream did not retire'))
  }
}

function siteOf(app: App, configuration: Configuration, before: Site | undefined, options: ApplyOptions): Site {
  const vocabulary = {
    roles: configuration.roles,
    schedules: configuration.schedules,
    postures: configuration.devices.postures,
    external: configuration.external,
  }
  const kept = before !== undefined && sameUpstream(before.app, app)
  return {
    app,
    policy: compilePolicy(app.declaration, vocabulary),
    upstream: kept ? before.upstream : createUpstream(app, upstreamOptions(configuration, options)),
    pathSensitive: app.public.length > 0 || JSON.stringify(app.declaration).includes('"paths":'),
    isPublic: (method, path) => isPublicPath(app, method, path),
  }
}

function upstreamOptions({ limits, gateway }: Configuration, options: ApplyOptions): UpstreamOptions {
  return { ...options, limits, direct: gateway.http1 === 'einlass' }
}

/** Certificates on disk may have changed without a word in the configuration: then the upstream is made anew. */
function sameUpstream(a: App, b: App): boolean {
  const { ca, cert, key } = b.upstreamTls
  if (ca !== undefined || cert !== undefined || key !== undefined) return false
  return (
    a.name === b.name &&
    a.host === b.host &&
    isDeepStrictEqual(a.upstreams, b.upstreams) &&
    isDeepStrictEqual(a.upstreamTls, b.upstreamTls) &&
    isDeepStrictEqual(a.healthCheck, b.healthCheck)
  )
}
