// Active health check: probes an app's upstream servers at an interval and marks them healthy or failed.

import type { App } from '../config/configuration.ts'
import { serialize, noHeaders, type RequestHeaders } from './headers/serialized-headers.ts'
import { probeServer } from './probe-server.ts'
import { describeError } from './upstream-error.ts'
import type { UpstreamServer } from './upstream-server.ts'

export interface HealthCheckOptions {
  readonly check: NonNullable<App['healthCheck']>
  /** Field line of Host at a server, as in forwarded requests. */
  readonly hostLine: (server: UpstreamServer) => string
  /** Name, value, ... of every request to the app: without its credentials it would refuse. */
  readonly constants?: readonly string[]
  readonly servers: readonly UpstreamServer[]
  readonly now: () => number
  /** Called when the health of a server changed. `detail`: the reason, for the log. */
  readonly changed: (server: UpstreamServer, detail: string) => void
}

/** Consecutive failures that make a server unhealthy; one success makes it healthy again. */
const failureThreshold = 2
/** Milliseconds: the longest a probe may take. */
const timeout = 5_000
const userAgent = ['User-Agent', 'einlass-health-check']

/** Probes immediately, then every `check.interval`. Returns the function that stops it. */
export function startHealthChecks(options: HealthCheckOptions): () => void {
  const { check, hostLine, servers, now, changed, constants = [] } = options
  // `headers.set` may name the client.
  const named = constants.some((name, i) => i % 2 === 0 && name.toLowerCase() === 'user-agent')
  const fields = serialize(named ? constants : [...constants, ...userAgent])
  const failures = new Map<UpstreamServer, number>()
  const running = new Set<UpstreamServer>()

  const checkServer = (server: UpstreamServer): void => {
    if (running.has(server)) return
    running.add(server)
    const headers: RequestHeaders = { perRequest: hostLine(server), perHost: noHeaders, perUser: fields }
    void probe(server, check.path, headers, Math.min(timeout, check.interval)).then((detail) => {
      running.delete(server)
      const before = server.healthy
      const count = detail === undefined ? 0 : (failures.get(server) ?? 0) + 1
      failures.set(server, count)
      if (detail === undefined) server.markHealthy()
      // Long enough for the next two checks to mark it healthy again.
      else if (count >= failureThreshold) server.markFailed(now() + 3 * check.interval, `health check: ${detail}`)
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
async function probe(
  server: UpstreamServer,
  path: string,
  headers: RequestHeaders,
  timeout: number,
): Promise<string | undefined> {
  const found = await probeServer(server, path, headers, timeout)
  if ('error' in found) return describeError(found.error)
  return found.status < 400 ? undefined : `status ${found.status}`
}
