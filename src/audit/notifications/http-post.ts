// One HTTP POST to an address an administrator chose: bounded in time and in what is read, no redirect followed.

import { lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { Agent, request } from 'undici'
import { isLoopback } from '../../config/address.ts'
import type { Attempt } from './delivery.ts'

export interface HttpPoster {
  /** Rejects only when nothing came back at all; the cause has a code. */
  post(body: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Attempt>
  close(): Promise<void>
}

/** `ca`: PEM; in place of the system's authorities. */
export function createPoster(url: string, ca: string | undefined, now: () => number): HttpPoster {
  const agent = new Agent({
    connect: { timeout: 10_000, lookup: loopbackNames, ...(ca === undefined ? {} : { ca }) },
    allowH2: false,
    connections: 1,
    pipelining: 1,
    keepAliveTimeout: 10_000,
    headersTimeout: responseTimeout,
    bodyTimeout: responseTimeout,
  })
  return {
    async post(body, headers, signal) {
      const {
        statusCode,
        headers: answered,
        body: answer,
      } = await request(url, {
        dispatcher: agent,
        method: 'POST',
        // Nothing in the answer is used, so nothing needs decoding.
        headers: {
          ...headers,
          'content-type': 'application/json',
          'accept-encoding': 'identity',
          'user-agent': 'einlass',
        },
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(responseTimeout)]),
      })
      answer.on('error', () => undefined)
      // What it says does not matter; a little is read so that the connection can be used again.
      await answer.dump({ limit: maxResponseBytes }).catch(() => undefined)
      return attemptOf(statusCode, answered['retry-after'], now())
    },
    close: () => agent.destroy(),
  }
}

const responseTimeout = 30_000
const maxResponseBytes = 64 * 1024

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

/** RFC 6761 section 6.3: names below `localhost` are this machine, which Node's resolver does not know. */
const loopbackNames: LookupFunction = (hostname, options, callback) => {
  if (!isLoopback(hostname)) return systemLookup(hostname, options, callback as never)
  process.nextTick(() => {
    if (options.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }])
    else callback(null, '127.0.0.1', 4)
  })
}
