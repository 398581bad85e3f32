// HTTP client for configured endpoints: size and time limits, no redirects, no content decoding.
// Plain HTTP is allowed to loopback, and to named origins within the own network.

import { isIP, type LookupFunction } from 'node:net'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { Agent, request, type Dispatcher } from 'undici'
import { guardedLookup } from './guarded-lookup.ts'
import { isLoopback, lookupWithLoopback } from './loopback.ts'
import type { OutboundProxy } from './outbound-proxy.ts'
import { isOwnNetwork } from './own-network.ts'
import { createProxyDispatcher } from './proxy-dispatcher.ts'
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
  /** PEM, besides the system's authorities, or besides `ca`. */
  readonly furtherCa?: string | undefined
  /** PEM: shown to servers that ask for a client certificate. */
  readonly clientCertificate?: { readonly cert: string; readonly key: string } | undefined
  /** For `https:`, except loopback. The proxy then resolves names; special addresses are refused where written as such. */
  readonly proxy?: OutboundProxy | undefined
  /** Origins that may be reached by plain HTTP, if their name resolves to the own network; never through a proxy. */
  readonly plainOrigins?: readonly string[] | undefined
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
  const { timeout, maxBytes, proxy, connectTimeout } = options
  const resolve = options.lookup ?? lookupWithLoopback
  const lookup = guardedLookup(resolve, specialAddress)
  const secureContext = secureContextOf(options)
  const limits: Agent.Options = {
    connect: { lookup, timeout: connectTimeout, ...(secureContext && { secureContext }) },
    allowH2: false,
    connections: options.maxConnections,
    pipelining: 1,
    keepAliveTimeout: options.keepAliveTimeout,
    headersTimeout: timeout,
    bodyTimeout: timeout,
    // Counted while it arrives, so that an endless response is never buffered.
    maxResponseSize: maxBytes,
  }
  const agent = new Agent(limits)
  const inside = options.plainOrigins?.length
    ? new Agent({ ...limits, connect: { lookup: guardedLookup(resolve, outsideOwnNetwork), timeout: connectTimeout } })
    : undefined
  const tunnel =
    proxy &&
    createProxyDispatcher({
      proxy,
      agent: limits,
      lookup,
      connectTimeout,
      secureContext,
      proxySecureContext: secureContextOf({ ...options, clientCertificate: undefined }),
    })

  /** The connections that may lead to `target`. */
  function route(target: URL): Dispatcher {
    const special = specialAddress(target.hostname)
    if (special !== undefined) throw new UnacceptableExchange('special_address', `${target.hostname} is ${special}`)
    // Behind the proxy it would be the proxy's own loopback.
    const { protocol } = target
    if (isLoopback(target.hostname) && (protocol === 'https:' || protocol === 'http:')) return agent
    // Some addresses come from the metadata of an issuer, not from the configuration.
    if (protocol === 'https:') return tunnel ?? agent
    if (protocol === 'http:' && inside !== undefined && options.plainOrigins!.includes(target.origin)) {
      // Of a name, the addresses are compared at each connect.
      const isAddress = isIP(target.hostname.replace(/^\[|\]$/g, '')) !== 0
      if (!isAddress || isOwnNetwork(target.hostname)) return inside
    }
    throw new UnacceptableExchange('plain_http', 'plain HTTP is for loopback and private addresses only')
  }

  async function exchange(url: string, { method, headers, body, signal }: HttpRequest) {
    const target = new URL(url)
    const dispatcher = route(target)
    const limit = AbortSignal.timeout(timeout)
    const response = await request(target, {
      dispatcher,
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
    close: async () => {
      await Promise.all([agent, inside, tunnel].map((one) => one?.destroy()))
    },
  }
}

/** Made once: the system's authorities are parsed for it. Undefined: Node's own defaults. */
function secureContextOf({ ca, furtherCa, clientCertificate }: BoundedHttpOptions): SecureContext | undefined {
  if (ca === undefined && furtherCa === undefined && clientCertificate === undefined) return undefined
  return createSecureContext({
    ...(ca !== undefined && { ca }),
    ...(furtherCa !== undefined && { ca: [...(ca === undefined ? getCACertificates('default') : [ca]), furtherCa] }),
    ...clientCertificate,
  })
}

function outsideOwnNetwork(address: string): string | undefined {
  return isOwnNetwork(address) ? undefined : 'outside the private networks'
}
