// TCP, TLS and HTTP to every `to`, for `einlass check --online`: one GET as the health checks send it.

import type { App, Configuration } from '../../config/configuration.ts'
import { upstreamRefusal } from '../../config/upstream-addresses.ts'
import { headerLine, noHeaders, serialize } from '../../proxy/headers/serialized-headers.ts'
import { probeServer } from '../../proxy/probe-server.ts'
import { describeError } from '../../proxy/upstream-error.ts'
import { upstreamLimits } from '../../proxy/upstream-limits.ts'
import { upstreamMend } from '../../proxy/upstream-mends.ts'
import { createUpstreamServer } from '../../proxy/upstream-server.ts'
import { bounded, clockSample, type Asked } from './online-check.ts'

type Settings = Pick<Configuration, 'apps' | 'gateway' | 'limits'>

/** Milliseconds. */
const timeout = 10_000

export function askUpstreams({ apps, gateway, limits }: Settings): readonly Promise<Asked>[] {
  return [...apps.values()].flatMap((app) =>
    app.upstreams.map(({ origin }) =>
      bounded(`upstream ${app.name} (${origin})`, () => askUpstream(app, origin, { gateway, limits })),
    ),
  )
}

async function askUpstream(
  app: App,
  origin: string,
  { gateway, limits }: Pick<Settings, 'gateway' | 'limits'>,
): Promise<Asked> {
  const name = `upstream ${app.name} (${origin})`
  const server = createUpstreamServer(origin, {
    tls: app.upstreamTls,
    limits: upstreamLimits(app.limits, limits),
    now: Date.now,
    refusal: app.allowSpecialAddresses === true ? undefined : upstreamRefusal(gateway),
    http1Client: gateway.http1 === 'einlass',
  })
  try {
    const { upstreamHost = 'public', host } = app
    const named = typeof upstreamHost === 'string' ? host : upstreamHost.name
    const perRequest = upstreamHost === 'upstream' ? server.hostLine : headerLine('Host: ', named)
    const headers = { perRequest, perHost: noHeaders, perUser: serialize(['User-Agent', 'einlass-check']) }
    const found = await probeServer(server, app.healthCheck?.path ?? `${app.upstreamPath ?? ''}/`, headers, timeout)
    if ('error' in found) {
      return { checks: [{ name, ok: false, detail: describeError(found.error), mend: upstreamMend(found.error) }] }
    }
    const clock = clockSample(`app ${app.name}`, found.date, Date.now())
    return {
      checks: [{ name, ok: true, detail: `answers with status ${found.status}` }],
      clocks: clock === undefined ? [] : [clock],
    }
  } finally {
    server.retire()
  }
}
