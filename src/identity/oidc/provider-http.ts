// Every HTTP request to a provider: bounded in size and time, no redirects, no decoding, plain HTTP to loopback only.

import { lookup as systemLookup } from 'node:dns'
import { isIPv4, type LookupFunction } from 'node:net'
import { Agent, request } from 'undici'

/** The provider could not be asked, or what it answered is not an answer at all: not the person's fault, and it may heal. */
export class ProviderUnreachable extends Error {
  readonly code = 'provider_unreachable'
  constructor(detail: string, cause?: unknown) {
    super(detail, { cause })
  }
}

/** What openid-client and jose ask of a fetch, as far as we use it. */
export type ProviderFetch = (
  url: string,
  options: {
    readonly method: string
    readonly headers: Record<string, string> | Headers
    readonly body?: unknown
    readonly signal?: AbortSignal
  },
) => Promise<Response>

export interface ProviderHttp {
  readonly fetch: ProviderFetch
  close(): Promise<void>
}

const maxBytes = 1024 * 1024
const requestTimeout = 10_000

/** `fetch` rejects with `ProviderUnreachable` and nothing else. */
export function createProviderHttp({ lookup }: { readonly lookup?: LookupFunction } = {}): ProviderHttp {
  const agent = new Agent({
    connect: { lookup: lookup ?? loopbackNames, timeout: 5000 },
    allowH2: false,
    connections: 16,
    pipelining: 1,
    headersTimeout: requestTimeout,
    bodyTimeout: requestTimeout,
    // Counted while it arrives, so that an endless answer is never held.
    maxResponseSize: maxBytes,
  })
  return {
    async fetch(url, options) {
      try {
        return await sendRequest(agent, url, options)
      } catch (error) {
        if (error instanceof ProviderUnreachable) throw error
        throw new ProviderUnreachable(`no answer from ${URL.parse(url)?.host ?? 'what is no address'}`, error)
      }
    },
    async close() {
      await agent.destroy()
    },
  }
}

/** RFC 6761 section 6.3: `localhost` and every name below it are loopback; no resolver is asked. */
export function isLoopbackHost(hostname: string): boolean {
  const name = hostname.toLowerCase()
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || name === '::1' || isLoopback4(name)
}

function isLoopback4(name: string): boolean {
  return isIPv4(name) && name.startsWith('127.')
}

const loopbackNames: LookupFunction = (hostname, options, callback) => {
  if (!isLoopbackHost(hostname)) return systemLookup(hostname, options, callback as never)
  // Looked up later, as a real look-up would be: undici does not expect to be called back at once.
  process.nextTick(() => {
    if (options.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }])
    else callback(null, '127.0.0.1', 4)
  })
}

async function sendRequest(agent: Agent, url: string, options: Parameters<ProviderFetch>[1]): Promise<Response> {
  const target = new URL(url)
  // Metadata of a loopback issuer may name other addresses: plain HTTP stays on this machine whoever says otherwise.
  if (target.protocol !== 'https:' && !(target.protocol === 'http:' && isLoopbackHost(target.hostname))) {
    throw new ProviderUnreachable('plain HTTP is for loopback addresses only')
  }
  const limit = AbortSignal.timeout(requestTimeout)
  const { statusCode, headers, body } = await request(target, {
    dispatcher: agent,
    method: options.method as 'GET',
    // A Brotli decoder flaw makes decoding unsafe, and a small answer can unfold into a huge one.
    headers: { ...Object.fromEntries(new Headers(options.headers)), 'accept-encoding': 'identity' },
    body: options.body === undefined || options.body === null ? null : bodyText(options.body),
    signal: options.signal ? AbortSignal.any([options.signal, limit]) : limit,
  })
  body.on('error', () => undefined)
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    body.destroy()
    throw new ProviderUnreachable('the provider encoded its answer although none was accepted')
  }
  const content = Buffer.from(await body.arrayBuffer())
  if (statusCode < 200) throw new ProviderUnreachable(`unexpected status ${statusCode}`)
  const kept = new Headers()
  for (const name of ['content-type', 'www-authenticate']) {
    const value = headers[name]
    if (value !== undefined) kept.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  if (statusCode === 200 && !kept.get('content-type')?.startsWith('application/jwt')) checkJson(content)
  const empty = statusCode === 204 || statusCode === 205 || statusCode === 304
  return new Response(empty ? null : content, { status: statusCode, headers: kept })
}

function bodyText(body: unknown): string {
  if (typeof body === 'string' || body instanceof URLSearchParams) return body.toString()
  throw new TypeError('only forms are sent to providers')
}

// Checked here, where it cannot be mistaken for a token that does not parse: a proxy's error page is no refusal.
function checkJson(content: Buffer): void {
  try {
    JSON.parse(content.toString('utf8'))
  } catch (error) {
    throw new ProviderUnreachable('the provider did not answer with JSON', error)
  }
}
