// HTTP client for OpenID providers, as the `fetch` that openid-client and jose expect: responses are JSON or a JWT.

import {
  createBoundedHttp,
  UnacceptableExchange,
  type BoundedHttp,
  type BoundedHttpOptions,
} from '../../net/bounded-http.ts'
import { providerTiming } from './provider-timing.ts'

/** The provider is unreachable or its response is unusable: temporary, and not caused by the user. */
export class ProviderUnreachable extends Error {
  readonly code = 'provider_unreachable'
  constructor(detail: string, cause?: unknown) {
    super(detail, { cause })
  }
}

/** True for an error of `fetch` although the provider did answer: too long, encoded, or not JSON. */
export function isUnacceptableAnswer(error: unknown): boolean {
  const cause = error instanceof ProviderUnreachable ? error.cause : undefined
  if (cause instanceof UnacceptableExchange || cause instanceof SyntaxError) return true
  return (cause as { readonly code?: unknown } | undefined)?.code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE'
}

/** The part of `fetch` that openid-client and jose use. */
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

export type ProviderHttpOptions = Pick<
  BoundedHttpOptions,
  'lookup' | 'furtherCa' | 'clientCertificate' | 'proxy' | 'plainOrigins'
> & {
  /** Milliseconds of one request. */
  readonly timeout?: number
}

/** `fetch` rejects with `ProviderUnreachable` and nothing else. */
export function createProviderHttp(options: ProviderHttpOptions = {}): ProviderHttp {
  const { timeout = providerTiming.request } = options
  const http = createBoundedHttp({
    timeout,
    connectTimeout: timeout / 2,
    keepAliveTimeout: 4000,
    maxBytes: 1024 * 1024,
    maxConnections: 16,
    ...options,
  })
  return {
    async fetch(url, options) {
      try {
        return await request(http, url, options)
      } catch (error) {
        if (error instanceof ProviderUnreachable) throw error
        const rejectedHere = error instanceof UnacceptableExchange
        const detail = rejectedHere ? error.message : (connectFailure(error) ?? noResponse(url))
        throw new ProviderUnreachable(detail, error)
      }
    },
    close: () => http.close(),
  }
}

function noResponse(url: string): string {
  return `no response from ${URL.parse(url)?.host ?? 'an invalid URL'}`
}

/** What only an administrator can mend: TLS trust, and the outbound proxy. Undefined: nothing of the kind. */
function connectFailure(error: unknown): string | undefined {
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown }
  const refused = /^Proxy response \((\d{3})\)/.exec(String(message))
  if (refused) return `the outbound proxy answered with status ${refused[1]}`
  if (code === 'UND_ERR_PRX_TLS' || code === 'UND_ERR_PRX_CONN') return 'the outbound proxy cannot be reached'
  const certificate = typeof code === 'string' && (code.includes('CERT') || code.startsWith('ERR_TLS_'))
  return certificate ? `the certificate of the provider is not accepted (${code})` : undefined
}

async function request(http: BoundedHttp, url: string, options: Parameters<ProviderFetch>[1]): Promise<Response> {
  const { status, headers, body } = await http.fetch(url, {
    method: options.method,
    headers: Object.fromEntries(new Headers(options.headers)),
    body: options.body === undefined || options.body === null ? undefined : bodyText(options.body),
    signal: options.signal,
  })
  const kept = new Headers()
  for (const name of ['content-type', 'www-authenticate', 'retry-after']) {
    const value = headers[name]
    if (value !== undefined) kept.set(name, String(value))
  }
  if (status === 200 && !kept.get('content-type')?.startsWith('application/jwt')) checkJson(body)
  const empty = status === 204 || status === 205 || status === 304
  return new Response(empty ? null : body, { status, headers: kept })
}

function bodyText(body: unknown): string {
  if (typeof body === 'string' || body instanceof URLSearchParams) return body.toString()
  throw new TypeError('only forms are sent to providers')
}

// Checked here, so that a proxy's HTML error page counts as unreachable and not as an invalid token.
function checkJson(content: Buffer): void {
  try {
    JSON.parse(content.toString('utf8'))
  } catch (error) {
    throw new ProviderUnreachable('the provider did not respond with JSON', error)
  }
}
