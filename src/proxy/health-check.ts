// Active health check: probes an app's upstream servers at an interval and marks them healthy or failed.

import type { App } from '../config/configuration.ts'
import { serialize, headerLine, noHeaders } from './headers/serialized-headers.ts'
import { describeError } from './upstream-error.ts'
import type { UpstreamServer } from './upstream-server.ts'

export interface HealthCheckOptions {
  readonly check: NonNullable<App['healthCheck']>
  /** Host header: the app's public host, as in forwarded requests. */
  readonly host: string
  readonly servers: readonly UpstreamServer[]
  readonly now: () => number
  /** Called when the health of a server changed. `detail`: the reason, for the log. */
  readonly changed: (server: UpstreamServer, detail: string) => void
}

/** Consecutive failures that make a server unhealthy; one success makes it healthy again. */
const failureThreshold = 2
/** Milliseconds: the longest a probe may take. */
const timeout = 5_000
const userAgentHeaders = serialize(['User-Agent', 'einlass-health-check'])

/** Probes immediately, then every `check.interval`. Returns the function that stops it. */
export function startHealthChecks({ check, host, servers, now, changed }: HealthCheckOptions): () => void {
  const failures = new Map<UpstreamServer, number>()
  const running = new Set<UpstreamServer>()

  const checkServer = (server: UpstreamServer): void => {
    if (running.has(server)) return
    running.add(server)
    void probe(server, check.path, host, Math.min(timeout, check.interval)).then((detail) => {
      running.delete(server)
      const before = server.healthy
      const count = detail === undefined ? 0 : (failures.get(server) ?? 0) + 1
      failures.set(server, count)
      if (detail === undefined) server.markHealthy()
      // Long enough for the next two checks to mark it healthy again.
      else if (count >= failureThreshold) server.markFailed(now() + 3 * check.interval)
      if (before !== server.healthy) changed(server, detail ?? 'recovered')
    })
  }
  const checkAll = (): void => servers.forEach(checkServer)
  const timer = setInterval(checkAll, check.interval)
  timer.unref()
  checkAll()
  return () => clearInterval(timer)
}

/** Resolves to undefined when healthy, else to the reason. Never rejects. `timeout`: milliseconds. */
function probe(server: UpstreamServer, path: string, host: string, timeout: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const connection = server.acquire(true, 'any')
    let status = 0
    const settle = (detail: string | undefined): void => {
      clearTimeout(timer)
      resolve(detail)
      queueMicrotask(() => server.discard(connection))
    }
    const timer = setTimeout(() => settle('timeout'), timeout)
    connection.dispatch(
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
        onResponseEnd: () => settle(status < 400 ? undefined : `status ${status}`),
        onResponseError: (_controller, error) => settle(describeError(error)),
      },
    )
  })
}
