// HTTP client for configured endpoints: size and time limits, no redirects, no content decoding.
// Plain HTTP is allowed to loopback only.

import type { LookupFunction } from 'node:net'
import { Agent, request } from 'undici'
import { guardedLookup } from './guarded-lookup.ts'
import { isLoopback, lookupWithLoopback } from './loopback.ts'
import { specialAddress } from './special-addresses.ts'

export interface BoundedHttpOptions {
  /** Milliseconds for a whole exchange, and for a connection within it. */
  readonly timeout: number
  readonly connectTimeout: number
  /** Milliseconds an idle connection is kept. */
  readonly keepAliveTimeout: number
  /** Bytes of a response body. */
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
  /** By lower-case name; a list for a field that occurs more than once. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** Both reject with `UnacceptableExchange`, or with an error of undici, the network or the signal. */
export interface BoundedHttp {
  /** Reads the body; rejects when it exceeds `maxBytes` or is encoded. */
  fetch(url: string, request: HttpRequest): Promise<ResponseHead & { readonly body: Buffer }>
  /** Discards the body; stops reading at `maxBytes`. */
  send(url: string, request: HttpRequest): Promise<ResponseHead>
  /** Aborts requests in flight. */
  close(): Promise<void>
}

/** The exchange violates a rule of this client. */
export class UnacceptableExchange extends Error {
  readonly code: 'plain_http' | 'content_encoding' | 'special_address'
  constructor(code: UnacceptableExchange['code'], message: string) {
    super(message)
    this.code = code
  }
}

export function createBoundedHttp(options: BoundedHttpOptions): BoundedHttp {
  const { timeout, maxBytes, ca } = options
  const agent = new Agent({
    connect: {
      lookup: guardedLookup(options.lookup ?? lookupWithLoopback, specialAddress),
      timeout: options.connectTimeout,
      ...(ca === undefined ? {} : { ca }),
    },
    allowH2: false,
    connections: options.maxConnections,
    pipelining: 1,
    keepAliveTimeout: options.keepAliveTimeout,
    headersTimeout: timeout,
    bodyTimeout: timeout,
    // Counted while it arrives, so that an endless response is never buffered.
    maxResponseSize: maxBytes,
  })

  async function exchange(url: string, { method, headers, body, signal }: HttpRequest) {
    const target = new URL(url)
    // Some addresses come from the metadata of an issuer, not from the configuration.
    if (target.protocol !== 'https:' && !(target.protocol === 'http:' && isLoopback(target.hostname))) {
      throw new UnacceptableExchange('plain_http', 'plain HTTP is for loopback addresses only')
    }
    const special = specialAddress(target.hostname)
    if (special !== undefined) throw new UnacceptableExchange('special_address', `${target.hostname} is ${special}`)
    const limit = AbortSignal.timeout(timeout)
    const response = await request(target, {
      dispatcher: agent,
      method: method as 'GET',
      // No content coding: a decompression bomb expands a small response, and a Brotli decoder flaw makes decoding unsafe.
      headers: { ...headers, 'accept-encoding': 'identity' },
      body: body ?? null,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    })
    response.body.on('error', () => undefined)
    return { head: { status: response.statusCode, headers: response.headers }, body: response.body }
  }

  return {
    async fetch(url, httpRequest) {
      const { head, body } = await exchange(url, httpRequest)
      const encoding = head.headers['content-encoding']
      if (encoding !== undefined && encoding !== 'identity') {
        body.destroy()
        throw new UnacceptableExchange('content_encoding', 'the response has a content encoding that was not requested')
      }
      return { ...head, body: Buffer.from(await body.arrayBuffer()) }
    },
    async send(url, httpRequest) {
      const { head, body } = await exchange(url, httpRequest)
      // Read up to the limit so that the connection can be reused (keep-alive).
      await body.dump({ limit: maxBytes }).catch(() => undefined)
      return head
    },
    close: () => agent.destroy(),
  }
}
