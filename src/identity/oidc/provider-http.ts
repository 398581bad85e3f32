// HTTP client for OpenID providers, as the `fetch` that openid-client and jose expect: responses are JSON or a JWT.

import type { LookupFunction } from 'node:net'
import { createBoundedHttp, UnacceptableExchange, type BoundedHttp } from '../../net/bounded-http.ts'

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

/** `fetch` rejects with `ProviderUnreachable` and nothing else. */
export function createProviderHttp({ lookup }: { readonly lookup?: LookupFunction } = {}): ProviderHttp {
  const http = createBoundedHttp({
    timeout: 10_000,
    connectTimeout: 5000,
    keepAliveTimeout: 4000,
    maxBytes: 1024 * 1024,
    maxConnections: 16,
    lookup,
  })
  return {
    async fetch(url, options) {
      try {
        return await request(http, url, options)
      } catch (error) {
        if (error instanceof ProviderUnreachable) throw error
        const rejectedHere = error instanceof UnacceptableExchange
        const detail = rejectedHere ? error.message : `no response from ${URL.parse(url)?.host ?? 'an invalid URL'}`
        throw new ProviderUnreachable(detail, error)
      }
    },
    close: () => http.close(),
  }
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
