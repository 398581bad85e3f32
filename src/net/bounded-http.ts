// HTTP client for addresses an administrator chose: bounded in size and time, no redirect followed, nothing decoded,
// plain HTTP to loopback only.

import type { LookupFunction } from 'node:net'
import { Agent, request } from 'undici'
import { isLoopback, lookupWithLoopback } from './loopback.ts'

export interface BoundedHttpOptions {
  /** Milliseconds for a whole exchange, and for a connection within it. */
  readonly timeout: number
  readonly connectTimeout: number
  /** Milliseconds an idle connection is kept. */
  readonly keepAliveTimeout: number
  /** Of a response body. */
  readonly maxBytes: number
  readonly maxConnections: number
  /** PEM, in place of the system's authorities. */
  readonly ca?: string | undefined
  readonly lookup?: LookupFunction | undefined
}

export interface HttpRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export interface ResponseHead {
  readonly status: number
  /** By lower-case name; a list where a field came more than once. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** Both reject with `UnacceptableExchange`, or with what undici, the network or a signal says. */
export interface BoundedHttp {
  /** Reads the body; one that is too long, or encoded, is an error. */
  fetch(url: string, request: HttpRequest): Promise<ResponseHead & { readonly body: Buffer }>
  /** Discards the body; of one that is too long no more is read. */
  send(url: string, request: HttpRequest): Promise<ResponseHead>
  /** Ends what is under way. */
  close(): Promise<void>
}

/** The exchange breaks a rule of this client. */
export class UnacceptableExchange extends Error {
  readonly code: 'plain_http' | 'content_encoding'
  constructor(code: UnacceptableExchange['code'], message: string) {
    super(message)
    this.code = code
  }
}

export function createBoundedHttp(options: BoundedHttpOptions): BoundedHttp {
  const { timeout, maxBytes, ca } = options
  const agent = new Agent({
    connect: {
      lookup: options.lookup ?? lookupWithLoopback,
      timeout: options.connectTimeout,
      ...(ca === undefined ? {} : { ca }),
    },
    allowH2: false,
    connections: options.maxConnections,
    pipelining: 1,
    keepAliveTimeout: options.keepAliveTimeout,
    headersTimeout: timeout,
    bodyTimeout: timeout,
    // Counted while it arrives, so that an endless answer is never held.
    maxResponseSize: maxBytes,
  })

  async function exchange(url: string, { method, headers, body, signal }: HttpRequest) {
    const target = new URL(url)
    // Not every address is one of the configuration: metadata of a loopback issuer may name others.
    if (target.protocol !== 'https:' && !(target.protocol === 'http:' && isLoopback(target.hostname))) {
      throw new UnacceptableExchange('plain_http', 'plain HTTP is for loopback addresses only')
    }
    const limit = AbortSignal.timeout(timeout)
    const answer = await request(target, {
      dispatcher: agent,
      method: method as 'GET',
      // A Brotli decoder flaw makes decoding unsafe, and a small answer can unfold into a huge one.
      headers: { ...headers, 'accept-encoding': 'identity' },
      body: body ?? null,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    })
    answer.body.on('error', () => undefined)
    return { head: { status: answer.statusCode, headers: answer.headers }, body: answer.body }
  }

  return {
    async fetch(url, asked) {
      const { head, body } = await exchange(url, asked)
      const encoding = head.headers['content-encoding']
      if (encoding !== undefined && encoding !== 'identity') {
        body.destroy()
        throw new UnacceptableExchange('content_encoding', 'the answer is encoded although no encoding was accepted')
      }
      return { ...head, body: Buffer.from(await body.arrayBuffer()) }
    },
    async send(url, asked) {
      const { head, body } = await exchange(url, asked)
      // A little is read so that the connection can be used again.
      await body.dump({ limit: maxBytes }).catch(() => undefined)
      return head
    },
    close: () => agent.destroy(),
  }
}
