// Posts a notification to a configured URL and classifies failures: retry (5xx, 429) or permanent.

import { createBoundedHttp } from '../../net/bounded-http.ts'
import type { Attempt } from './delivery.ts'

export interface HttpPoster {
  /** Rejects only without a response; the error has a code. */
  post(body: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Attempt>
  close(): Promise<void>
}

/** `ca`: PEM; replaces the system's certificate authorities. */
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
 * RFC 9110 section 15: 5xx and 429 (Retry-After) are retried. Any other status is permanent, including redirects: a
 * notification goes to the configured URL only.
 */
function attemptOf(status: number, retryAfter: string | readonly string[] | undefined, now: number): Attempt {
  if (status >= 200 && status < 300) return { state: 'delivered' }
  const permanent = status < 500 && status !== 429
  const after = permanent ? undefined : retryAfterOf(retryAfter, now)
  return { state: 'failed', why: `status ${status}`, permanent, ...(after === undefined ? {} : { after }) }
}

/** RFC 9110 section 10.2.3: seconds, or a date. Milliseconds. */
function retryAfterOf(value: string | readonly string[] | undefined, now: number): number | undefined {
  if (typeof value !== 'string') return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}
