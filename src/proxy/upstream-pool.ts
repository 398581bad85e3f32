// One app's upstreams: where its requests go, and what becomes of servers that do not answer.

import type { LookupFunction } from 'node:net'
import type { App, LimitSettings } from '../config/configuration.ts'
import type { Logger } from '../telemetry/logger.ts'
import { createResponseHeaderRules } from './headers/response-headers.ts'
import { createLoadBalancer } from './load-balancer.ts'
import type { ForwardRequest, ForwardResult, Upstream } from './upstream.ts'
import { startHealthChecks } from './health-check.ts'
import { forwardRequest, type UpstreamContext } from './forward-request.ts'
import { createUpstreamServer } from './upstream-server.ts'
import { describeError } from './upstream-error.ts'
import { openTunnel, watchClientClose, type OnUpgrade } from './websocket.ts'

export interface UpstreamOptions {
  readonly limits: Pick<
    LimitSettings,
    'upstreamConnectTimeout' | 'upstreamHeaderTimeout' | 'bodyBytes' | 'bodyIdleTimeout' | 'websocketIdleTimeout'
  >
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly log: Pick<Logger, 'info' | 'warn'>
  /** Told a Set-Cookie value: may an upstream not set it? Default: no name that begins like ours, however written. */
  readonly setsOurCookie?: (setCookie: string) => boolean
  /** Resolves upstream names; for names the system does not know. */
  readonly lookup?: LookupFunction
  /** Speak to upstreams ourselves instead of through undici. */
  readonly http1Client?: boolean
}

/** Milliseconds a server that could not be connected to is passed over while others work. */
const failureBackoff = 10_000

/** Throws when a TLS file cannot be read: the configuration is then not applied. */
export function createUpstream(app: App, options: UpstreamOptions): Upstream {
  const { limits, now, log, lookup, http1Client } = options
  const targets = app.upstreams.map(({ origin }) =>
    createUpstreamServer(origin, { tls: app.upstreamTls, limits, now, lookup, http1Client }),
  )
  const context: UpstreamContext = {
    pickServer: createLoadBalancer(targets, now),
    onFailure(target, error) {
      if (target.healthy) {
        log.warn(
          { app: app.name, upstream: target.origin, detail: describeError(error) },
          'an upstream cannot be connected to',
        )
      }
      target.markFailed(now() + failureBackoff)
    },
    answerRules: createResponseHeaderRules({
      hostname: app.host.replace(/:\d+$/, ''),
      mapLocation: { to: app.origin, from: app.upstreams.map(({ origin }) => origin) },
      setsOurCookie: options.setsOurCookie ?? ((value) => /^[\s="]*__host-einlass/i.test(value)),
    }),
    upload: { bytes: limits.bodyBytes, idle: limits.bodyIdleTimeout },
  }
  const stopChecks =
    app.healthCheck === undefined
      ? undefined
      : startHealthChecks({
          check: app.healthCheck,
          host: app.host,
          targets,
          now,
          changed: (target, detail) =>
            log.warn(
              { app: app.name, upstream: target.origin, healthy: target.healthy, detail },
              'the health of an upstream changed',
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
    forward: (request, answer, opened) => counted(forwardRequest(context, request, answer, opened)),
    forwardWebSocket(request, socket, head, answer, opened) {
      const stopWatching = watchClientClose(socket)
      const switchTo: OnUpgrade = (headers, upstream) => {
        stopWatching()
        return openTunnel(socket, head, headers, upstream, {
          idle: limits.websocketIdleTimeout,
          limits: request.limits,
        })
      }
      return counted(forwardRequest(context, mayHaveNoBody(request), answer, opened, switchTo))
    },
    health: () => targets.map((target) => ({ origin: target.origin, healthy: target.healthy, since: target.since })),
    async retire() {
      stopChecks?.()
      // A request whose decision was made a moment before the reload still gets through, on a connection of its own.
      for (const target of targets) target.retire()
      if (open === 0) return
      await new Promise<void>((resolve) => (retired ??= []).push(resolve))
    },
  }
}

/** An upgrade with content was refused before; its socket is not read as a body whatever the request says. */
function mayHaveNoBody(request: ForwardRequest): ForwardRequest {
  return { ...request, hasBody: false, contentLength: undefined }
}
