// The request that a demo app received, and verification of the gateway's assertion (JWT).

import type { IncomingMessage } from 'node:http'
import { createRemoteJWKSet, customFetch, errors, jwtVerify, type JWTPayload } from 'jose'
import { Agent, fetch } from 'undici'
import { lookupWithLoopback } from '../../net/loopback.ts'

export type Assertion =
  | { readonly state: 'verified'; readonly claims: JWTPayload }
  | { readonly state: 'missing' }
  | { readonly state: 'invalid'; readonly detail: string }

export interface Received {
  readonly method: string
  readonly target: string
  /** Name and value, in the order received. */
  readonly headers: readonly (readonly [string, string])[]
  readonly assertion: Assertion
}

export interface Reader {
  read(request: IncomingMessage): Promise<Received>
  stop(): Promise<void>
}

/** `gateway`: the origin that issues assertions; `audience`: the app's public origin. */
export function createReader(gateway: string, audience: string): Reader {
  const agent = new Agent({ connect: { lookup: lookupWithLoopback } })
  const keys = createRemoteJWKSet(new URL('/.well-known/einlass/jwks.json', gateway), {
    [customFetch]: (url, options) =>
      fetch(url, { method: 'GET', signal: options.signal, dispatcher: agent }) as unknown as Promise<Response>,
  })

  async function verify(token: string | undefined): Promise<Assertion> {
    if (token === undefined) return { state: 'missing' }
    try {
      const { payload } = await jwtVerify(token, keys, { issuer: gateway, audience, algorithms: ['ES256'] })
      return { state: 'verified', claims: payload }
    } catch (error) {
      return { state: 'invalid', detail: error instanceof errors.JOSEError ? error.code : 'keys unavailable' }
    }
  }

  return {
    async read(request) {
      const raw = request.rawHeaders
      const headers = raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? ''] as const] : []))
      const tokens = headers.filter(([name]) => name.toLowerCase() === 'x-einlass-jwt-assertion')
      // With two assertions, neither is trusted: it is unknown which one the gateway wrote.
      const token = tokens.length === 1 ? tokens[0]![1] : undefined
      return { method: request.method ?? '', target: request.url ?? '', headers, assertion: await verify(token) }
    },
    stop: () => agent.close(),
  }
}
