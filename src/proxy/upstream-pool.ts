// One app's upstreams: where its requests go, and what becomes of servers that do not answer.

import type { LookupFunction } from 'node:net'
import type { App, LimitSettings } from '../config/configuration.ts'
import type { Logger } from '../telemetry/logger.ts'
import { createAnswerRules } from './headers/response-headers.ts'
import { createBalance } from './load-balancer.ts'
import type { Forwarded, Result, Upstream } from './upstream.ts'
import { startHealthChecks } from './health-check.ts'
import { carry, type Means } from './forward-request.ts'
import { createTarget } from './upstream-server.ts'
import { describeFault } from './upstream-error.ts'
import { openTunnel, watchHandshake, type Switch } from './websocket.ts'

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
  readonly direct?: boolean
}

/** Milliseconds a server that could not be connected to is passed over while others work. */
const passedOver = 10_000

/** Throws when a TLS file cannot be read: the configuration is then not applied. */
export function createUpstream(app: App, options: UpstreamOptions): Upstream {
  const { limits, now, log, lookup, direct } = options
  const targets = app.upstreams.map(({ origin }) =>
    createTarget(origin, { tls: app.upstreamTls, limits, now, lookup, direct }),
  )
  const means: Means = {
    choose: createBalance(targets, now),
    failed(target, error) {
      if (target.working) {
        log.warn(
          { app: app.name, upstream: target.origin, detail: describeFault(error) },
          'an upstream cannot be connected to',
        )
      }
      target.failed(now() + passedOver)
    },
    answerRules: createAnswerRules({
      hostname: app.host.replace(/:\d+$/, ''),
      moved: { to: app.origin, from: app.upstreams.map(({ origin }) => origin) },
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
              { app: app.name, upstream: target.origin, healthy: target.working, detail },
              'the health of an upstream changed',
            ),
        })
  let open = 0
  let retired: (() => void)[] | undefined

  const over = (): void => {
    open--
    if (open === 0) for (const resolve of retired?.splice(0) ?? []) resolve()
  }
  const counted = (exchange: Promise<Result>): Promise<Result> => {
    open++
    exchange.then(over, over)
    return exchange
  }

  return {
    forward: (request, answer, opened) => counted(carry(means, request, answer, opened)),
    forwardWebSocket(request, socket, head, answer, opened) {
      const stopWatching = watchHandshake(socket)
      const switchTo: Switch = (headers, upstream) => {
        stopWatching()
        return openTunnel(socket, head, headers, upstream, {
          idle: limits.websocketIdleTimeout,
          limits: request.limits,
        })
      }
      return counted(carry(means, withoutBody(request), answer, opened, switchTo))
    },
    health: () => targets.map((target) => ({ origin: target.origin, healthy: target.working, since: target.since })),
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
function withoutBody(request: Forwarded): Forwarded {
  return { ...request, hasBody: false, contentLength: undefined }
}
