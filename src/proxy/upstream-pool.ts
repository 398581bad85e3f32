// Upstream pool of one app: load balancing, passive and active health checks, graceful retirement at reload.

import type { LookupFunction } from 'node:net'
import type { App, PublicAddress } from '../config/configuration.ts'
import type { UpstreamRefusal } from '../config/upstream-addresses.ts'
import { locationOrigin, upstreamEndpoint } from '../config/upstream-origin.ts'
import { hostName } from '../http/host-name.ts'
import type { Logger } from '../telemetry/logger.ts'
import { createResponseHeaderRules, type ResponseHeaderRules } from './headers/response-headers.ts'
import { createReferenceMapping, type MapReference } from './headers/public-references.ts'
import { pathsOf } from './app-paths.ts'
import { createChangedCookies, type ChangedCookies } from './changed-cookies.ts'
import { createLoadBalancer } from './load-balancer.ts'
import type { ForwardRequest, ForwardResult, Upstream } from './upstream.ts'
import { startHealthChecks } from './health-check.ts'
import { forwardRequest } from './forward-request.ts'
import type { UpstreamContext } from './upstream-context.ts'
import { createPins } from './pins.ts'
import { createUpstreamServer, type UpstreamServer } from './upstream-server.ts'
import { describeError } from './upstream-error.ts'
import { constantRequestFields } from './headers/app-header-settings.ts'
import { createResponseFields, type ResponseFields } from './headers/response-fields.ts'
import { headerLine } from './headers/serialized-headers.ts'
import type { UpstreamLimits } from './upstream-limits.ts'
import { openTunnel, watchClientClose, type OnUpgrade } from './websocket.ts'

export interface UpstreamOptions {
  readonly limits: UpstreamLimits
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly log: Pick<Logger, 'info' | 'warn'>
  /** Whether a Set-Cookie value is reserved for the gateway. Default: any name with the gateway's prefix. */
  readonly setsGatewayCookie?: (setCookie: string) => boolean
  /** Resolves upstream names in place of the system's resolver. */
  readonly lookup?: LookupFunction
  /** Addresses a name of an upstream must not resolve to. */
  readonly refusal?: UpstreamRefusal | undefined
  /** Use the native HTTP/1 client instead of undici. */
  readonly http1Client?: boolean
  /** As `UpstreamServerOptions.resolveInterval`. */
  readonly resolveInterval?: number
  /** As `PinOptions.roomTimeout`. */
  readonly roomTimeout?: number
}

/** Milliseconds an unreachable server is skipped while others are available. */
const failureBackoff = 10_000

/** Throws when a TLS file cannot be read: the configuration is then not applied. */
export function createUpstream(app: App, options: UpstreamOptions): Upstream {
  const { limits, now, log, lookup, http1Client, refusal, resolveInterval } = options
  const servers = app.upstreams.map(({ origin }) =>
    createUpstreamServer(origin, { tls: app.upstreamTls, limits, now, lookup, refusal, http1Client, resolveInterval }),
  )
  const pins = createPins({ now, turnTimeout: limits.upstreamHeaderTimeout, roomTimeout: options.roomTimeout })
  const fields = app.responseFields && createResponseFields(app.responseFields)
  const changedCookies = createChangedCookies(app.name, log)
  const rulesOf = responseRulesOf(app, options, changedCookies.note, fields)
  const context: UpstreamContext = {
    pins,
    pickServer: createLoadBalancer(servers, now),
    onFailure(target, error) {
      if (target.healthy) {
        log.warn({ app: app.name, upstream: target.origin, detail: describeError(error) }, 'upstream unreachable')
      }
      target.markFailed(now() + failureBackoff, describeError(error))
    },
    responseHeaderRules: (request) => rulesOf(request).headers,
    mapReference: (request) => rulesOf(request).mapReference,
    fields,
    upload: { bytes: limits.bodyBytes, idle: limits.bodyIdleTimeout },
    responseIdle: limits.responseIdleTimeout,
    ownHost: app.upstreamHost === 'upstream',
  }
  const stopChecks =
    app.healthCheck === undefined
      ? undefined
      : startHealthChecks({
          check: app.healthCheck,
          hostLine: hostLineOf(app),
          constants: constantRequestFields(app),
          servers,
          now,
          changed: (target, detail) =>
            log.warn(
              { app: app.name, upstream: target.origin, healthy: target.healthy, detail },
              'upstream health changed',
            ),
        })
  let open = 0
  let retired: (() => void)[] | undefined

  const checkRetired = (): void => {
    open--
    if (open === 0) for (const resolve of retired?.splice(0) ?? []) resolve()
  }
  const counted = (exchange: Promise<ForwardResult>): Promise<ForwardResult> => {
    open++
    exchange.then(checkRetired, checkRetired)
    return exchange
  }

  return {
    takesTrailers: app.upstreams.some(({ origin }) => upstreamEndpoint(origin).http2 === 'always'),
    forward: (request, response, onOpen) => counted(forwardRequest(context, request, response, onOpen)),
    forwardWebSocket(request, socket, head, response, onOpen) {
      const stopWatching = watchClientClose(socket)
      const onUpgrade: OnUpgrade = (headers, upstream) => {
        stopWatching()
        return openTunnel(socket, head, headers, upstream, {
          idle: limits.websocketIdleTimeout,
          limits: request.limits,
        })
      }
      return counted(forwardRequest(context, mayHaveNoBody(request), response, onOpen, onUpgrade))
    },
    changedCookies: changedCookies.all,
    health: () => servers.map(({ origin, healthy, state, since, cause }) => ({ origin, healthy, state, since, cause })),
    async retire() {
      stopChecks?.()
      // A request authorized just before the reload is still forwarded, on a new connection.
      pins.closeAll()
      for (const target of servers) target.retire()
      if (open === 0) return
      await new Promise<void>((resolve) => (retired ??= []).push(resolve))
    },
  }
}

/** As in forwarded requests. */
function hostLineOf({ upstreamHost = 'public', host }: App): (server: UpstreamServer) => string {
  if (upstreamHost === 'upstream') return (server) => server.hostLine
  const line = headerLine('Host: ', upstreamHost === 'public' ? host : upstreamHost.name)
  return () => line
}

interface AddressRules {
  readonly headers: ResponseHeaderRules
  readonly mapReference: MapReference
}

/** The rules for responses of each public address. */
function responseRulesOf(
  app: App,
  options: UpstreamOptions,
  onChange: ChangedCookies['note'],
  fields: ResponseFields | undefined,
): (request: Pick<ForwardRequest, 'address'>) => AddressRules {
  const own = app.addresses.map((address) => ({ origin: address.origin, paths: pathsOf(app, address) }))
  const { upstreamHost = 'public' } = app
  // An app makes its redirects of the Host that it was asked for.
  const ownHosts = typeof upstreamHost === 'string' ? [] : originsOf(upstreamHost.name)
  const upstreams = [...app.upstreams.flatMap(({ origin }) => locationOrigin(origin) ?? []), ...ownHosts]
  const rulesOf = (address: PublicAddress): AddressRules => {
    const paths = pathsOf(app, address)
    const mapReference = createReferenceMapping({ origin: address.origin, paths }, own, upstreams)
    const headers = createResponseHeaderRules({
      hostname: hostName(address.host),
      hsts: app.hsts,
      mapReference,
      paths,
      confined: app.cookiePath !== 'host',
      onChange,
      fields,
      answersChallenges: app.authorization !== undefined,
      connectionAuth: app.connectionAuth,
      setsGatewayCookie: options.setsGatewayCookie ?? ((value) => /^[\s="]*__host-einlass/i.test(value)),
    })
    return { headers, mapReference }
  }
  const [main, ...more] = app.addresses
  const first = rulesOf(main)
  if (more.length === 0) return () => first
  const byAddress = new Map(more.map((address) => [address.host + address.path, rulesOf(address)]))
  return ({ address }) => (address && byAddress.get(address.host + address.path)) ?? first
}

function originsOf(host: string): string[] {
  return [`http://${host}`, `https://${host}`]
}

/** An upgrade with content was rejected earlier; its socket is never read as a body. */
function mayHaveNoBody(request: ForwardRequest): ForwardRequest {
  return { ...request, hasBody: false, contentLength: undefined }
}
