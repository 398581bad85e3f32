// HTTP POST of a notification to an address of the configuration, and whether a failure is worth a retry.

import { createBoundedHttp } from '../../net/bounded-http.ts'
import type { Attempt } from './delivery.ts'

export interface HttpPoster {
  /** Rejects only when nothing came back at all; the cause has a code. */
  post(body: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Attempt>
  close(): Promise<void>
}

/** `ca`: PEM; in place of the system's authorities. */
export function createPoster(url: string, ca: string | undefined, now: () => number): HttpPoster {
  const http = createBoundedHttp({
    timeout: 30_000,
    connectTimeout: 10_000,
    keepAliveTimeout: 10_000,
    maxBytes: 64 * 1024,
    maxConnections: 1,
    ca,
  })
  return {
    async post(body, headers, signal) {
      const { status, headers: answered } = await http.send(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'einlass' },
        body,
        signal,
      })
      return attemptOf(status, answered['retry-after'], now())
    },
    close: () => http.close(),
  }
}

/**
 * RFC 9110 section 15: a server that fails (5xx) or asks for patience (429) is asked again. Any other refusal would be
 * the same the next time, and a redirect is a refusal: what is told goes where the administrator said, and nowhere else.
 */
function attemptOf(status: number, retryAfter: string | readonly string[] | undefined, now: number): Attempt {
  if (status >= 200 && status < 300) return { state: 'delivered' }
  const hopeless = status < 500 && status !== 429
  const after = hopeless ? undefined : retryAfterOf(retryAfter, now)
  return { state: 'failed', why: `status ${status}`, hopeless, ...(after === undefined ? {} : { after }) }
}

/** RFC 9110 section 10.2.3: seconds, or a date. Milliseconds. */
function retryAfterOf(value: string | readonly string[] | undefined, now: number): number | undefined {
  if (typeof value !== 'string') return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}
