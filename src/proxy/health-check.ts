// Asks an app's upstream servers regularly whether they work, where the configuration says how.

import type { App } from '../config/configuration.ts'
import { serialize, headerLine, noHeaders } from './headers/serialized-headers.ts'
import { describeError } from './upstream-error.ts'
import type { UpstreamServer } from './upstream-server.ts'

export interface HealthCheckOptions {
  readonly check: NonNullable<App['healthCheck']>
  /** Host header: the app's public one, as in every other request. */
  readonly host: string
  readonly targets: readonly UpstreamServer[]
  readonly now: () => number
  /** Called when a target's state changed. */
  readonly changed: (server: UpstreamServer, detail: string) => void
}

/** Failures in a row that make a target unhealthy; one success makes it healthy again. */
const failuresAllowed = 2
/** Milliseconds a check may take, whatever the interval. */
const timeout = 5_000
const userAgentHeaders = serialize(['User-Agent', 'einlass-health-check'])

/** Returns how to stop it. */
export function startHealthChecks({ check, host, targets, now, changed }: HealthCheckOptions): () => void {
  const failures = new Map<UpstreamServer, number>()
  const running = new Set<UpstreamServer>()

  const ask = (server: UpstreamServer): void => {
    if (running.has(server)) return
    running.add(server)
    void probe(server, check.path, host, Math.min(timeout, check.interval)).then((detail) => {
      running.delete(server)
      const before = server.healthy
      const count = detail === undefined ? 0 : (failures.get(server) ?? 0) + 1
      failures.set(server, count)
      if (detail === undefined) server.markHealthy()
      // Until the next two checks had their chance to say otherwise.
      else if (count >= failuresAllowed) server.markFailed(now() + 3 * check.interval)
      if (before !== server.healthy) changed(server, detail ?? 'it answers again')
    })
  }
  const all = (): void => targets.forEach(ask)
  const timer = setInterval(all, check.interval)
  timer.unref()
  all()
  return () => clearInterval(timer)
}

/** Undefined when it works, else why not. Never rejects. */
function probe(server: UpstreamServer, path: string, host: string, timeout: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const line = server.acquire(true)
    let status = 0
    const settle = (detail: string | undefined): void => {
      clearTimeout(timer)
      resolve(detail)
      queueMicrotask(() => server.discard(line))
    }
    const timer = setTimeout(() => settle('it did not answer in time'), timeout)
    line.dispatch(
      {
        path,
        method: 'GET',
        headers: { perRequest: headerLine('Host: ', host), perHost: noHeaders, perUser: userAgentHeaders },
        body: null,
        contentLength: undefined,
        upgrade: null,
      },
      {
        onRequestStart() {},
        onResponseStart(_controller, code) {
          if (code >= 200) status = code
        },
        onResponseData() {},
        onResponseEnd: () => settle(status < 400 ? undefined : `it answered ${status}`),
        onResponseError: (_controller, error) => settle(describeError(error)),
      },
    )
  })
}
