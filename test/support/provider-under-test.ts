// OpenID Provider for tests: correct except for the one deviation a test configures.

import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'
import { request } from 'undici'

export type Json = Record<string, unknown>

/** Each member replaces one part of a correct response. Parts that are absent stay correct. */
export interface Deviation {
  metadata?(metadata: Json): Json
  /** Parameters of the redirect back. */
  callback?(parameters: URLSearchParams): void
  /** Of the ID token. */
  claims?(claims: Json): Json
  header?(header: Json): Json
  /** Replaces the signed ID token; `right` is the correct one. */
  idToken?(right: string, claims: Json): string | Promise<string>
  /** The token endpoint's JSON. */
  tokens?(answer: Json): unknown
  /** Sends the response of a path itself; false: the usual response. */
  reply?(path: string, response: ServerResponse): boolean
  /** Answers a request itself, with its form; false: the usual response. */
  handle?(request: IncomingMessage, response: ServerResponse, form: URLSearchParams, origin: string): boolean
  userInfo?(claims: Json): Json
  jwks?(set: { keys: JWK[] }): unknown
}

export interface ProviderUnderTest {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Claims of the user who signs in next; refreshes return changes too. */
  person: Json
  deviation: Deviation
  /** Clock for its tokens, epoch milliseconds. */
  now: () => number
  /** Rejects every refresh with `invalid_grant`. */
  disabled: boolean
  /** Claims that only UserInfo returns. */
  userInfoOnly: readonly string[]
  /** Whether refreshes return a new ID token, and sign-ins a refresh token. */
  refreshIdToken: boolean
  refreshTokens: boolean
  /** Requests by path. */
  readonly hits: Map<string, number>
  /** Parameters of the last authorization request, pushed or not, and of every token request. */
  readonly authorization: URLSearchParams
  readonly tokenRequests: URLSearchParams[]
  /** Acts as the browser: follows an authorization URL to the redirect back. Returns the query of the callback. */
  visit(location: string): Promise<string>
  logoutToken(change?: (claims: Json) => Json, header?: Json, key?: CryptoKey): Promise<string>
  /** A new signing key; the old one leaves the key set. */
  rotateKey(): Promise<void>
  /** Stops listening but keeps the port number, on which `resume` listens again. */
  pause(): Promise<void>
  resume(): Promise<void>
  stop(): Promise<void>
}

const clientId = 'einlass'
const clientSecret = 'a client secret: with + and %'

export async function startProviderUnderTest(): Promise<ProviderUnderTest> {
  let signing = await newKey()
  const codes = new Map<string, URLSearchParams>()
  const pushed = new Map<string, URLSearchParams>()
  const refreshes = new Map<string, { nonce: string | undefined; spent: boolean; authTime: unknown }>()
  const accessTokens = new Set<string>()
  const hits = new Map<string, number>()
  const tokenRequests: URLSearchParams[] = []
  let authorization = new URLSearchParams()

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  await listen(0)
  const { port } = server.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}`

  const self: ProviderUnderTest = {
    issuer,
    clientId,
    clientSecret,
    person: {
      sub: 'person-1',
      email: 'Ada@Example.com',
      email_verified: true,
      name: 'Ada',
      preferred_username: 'ada',
      groups: ['staff'],
      amr: ['pwd'],
      acr: '1',
      sid: 'sid-1',
    },
    deviation: {},
    now: Date.now,
    disabled: false,
    userInfoOnly: [],
    refreshIdToken: true,
    refreshTokens: true,
    hits,
    get authorization() {
      return authorization
    },
    tokenRequests,
    async visit(location) {
      const { headers, statusCode, body } = await request(location)
      await body.dump()
      if (statusCode !== 302) throw new Error(`the provider answered ${statusCode}`)
      return new URL(String(headers.location)).search
    },
    async logoutToken(change = (claims) => claims, header = {}, key = signing.privateKey) {
      const now = Math.floor(self.now() / 1000)
      const claims = change({
        iss: issuer,
        aud: clientId,
        iat: now,
        exp: now + 120,
        jti: randomBytes(12).toString('base64url'),
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
        sub: self.person.sub,
        sid: self.person.sid,
      })
      return new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', kid: signing.kid, typ: 'logout+jwt', ...header })
        .sign(key)
    },
    async rotateKey() {
      signing = await newKey()
    },
    pause: close,
    resume: () => listen(port),
    stop: close,
  }
  return self

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url!, issuer)
    hits.set(url.pathname, (hits.get(url.pathname) ?? 0) + 1)
    const form = await read(incoming)
    if (self.deviation.reply?.(url.pathname, response)) return
    if (self.deviation.handle?.(incoming, response, form, issuer)) return
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
        return send(response, 200, self.deviation.metadata?.(metadata()) ?? metadata())
      case '/jwks': {
        const set = { keys: [signing.jwk] }
        return send(response, 200, self.deviation.jwks?.(set) ?? set)
      }
      case '/par': {
        const uri = `urn:ietf:params:oauth:request_uri:${secret()}`
        pushed.set(uri, form)
        return send(response, 201, { request_uri: uri, expires_in: 60 })
      }
      case '/authorize':
        return authorize(pushed.get(url.searchParams.get('request_uri') ?? '') ?? url.searchParams, response)
      case '/token':
        return token(incoming, form, response)
      case '/userinfo': {
        const known = accessTokens.has((incoming.headers.authorization ?? '').replace('Bearer ', ''))
        if (!known) return send(response, 401, {}, { 'www-authenticate': 'Bearer error="invalid_token"' })
        const claims = { ...self.person }
        return send(response, 200, self.deviation.userInfo?.(claims) ?? claims)
      }
      default:
        return send(response, 404, {})
    }
  }

  function metadata(): Json {
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/userinfo`,
      jwks_uri: `${issuer}/jwks`,
      end_session_endpoint: `${issuer}/end`,
      id_token_signing_alg_values_supported: ['ES256', 'RS256', 'HS256', 'none'],
      authorization_response_iss_parameter_supported: true,
      claims_parameter_supported: true,
      code_challenge_methods_supported: ['S256'],
    }
  }

  function authorize(parameters: URLSearchParams, response: ServerResponse): void {
    authorization = new URLSearchParams(parameters)
    const code = secret()
    codes.set(code, authorization)
    const back = new URLSearchParams({ code, state: parameters.get('state') ?? '', iss: issuer })
    self.deviation.callback?.(back)
    response.writeHead(302, { location: `${parameters.get('redirect_uri')}?${back}` }).end()
  }

  async function token(incoming: IncomingMessage, form: URLSearchParams, response: ServerResponse): Promise<void> {
    tokenRequests.push(form)
    const basic = Buffer.from((incoming.headers.authorization ?? '').replace('Basic ', ''), 'base64').toString()
    const [id, given] = basic.split(':').map((part) => decodeURIComponent(part.replaceAll('+', ' ')))
    if (id !== clientId || given !== clientSecret) return send(response, 401, { error: 'invalid_client' })
    const grant = form.get('grant_type') === 'refresh_token' ? refreshed(form) : redeemed(form)
    if (!grant) return send(response, 400, { error: 'invalid_grant' })
    const accessToken = secret()
    accessTokens.add(accessToken)
    const refreshToken = secret()
    refreshes.set(refreshToken, { ...grant, spent: false })
    const isRefresh = form.get('grant_type') === 'refresh_token'
    const body: Json = {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: 300,
      ...(self.refreshTokens && { refresh_token: refreshToken }),
      ...((!isRefresh || self.refreshIdToken) && {
        id_token: await idToken(accessToken, isRefresh ? undefined : grant.nonce, grant.authTime),
      }),
    }
    send(response, 200, self.deviation.tokens ? self.deviation.tokens(body) : body)
  }

  function redeemed(form: URLSearchParams): { nonce: string | undefined; authTime: unknown } | undefined {
    const asked = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    if (!asked || asked.get('code_challenge') !== challenge) return undefined
    if (asked.get('redirect_uri') !== form.get('redirect_uri')) return undefined
    return { nonce: asked.get('nonce') ?? undefined, authTime: self.person.auth_time ?? Math.floor(self.now() / 1000) }
  }

  function refreshed(form: URLSearchParams): { nonce: string | undefined; authTime: unknown } | undefined {
    const known = refreshes.get(form.get('refresh_token') ?? '')
    if (!known || known.spent || self.disabled) return undefined
    known.spent = true
    return known
  }

  async function idToken(accessToken: string, nonce: string | undefined, authTime: unknown): Promise<string> {
    const now = Math.floor(self.now() / 1000)
    const person = Object.fromEntries(Object.entries(self.person).filter(([name]) => !self.userInfoOnly.includes(name)))
    const right: Json = {
      iss: issuer,
      aud: clientId,
      iat: now,
      exp: now + 300,
      auth_time: authTime,
      ...(nonce !== undefined && { nonce }),
      at_hash: createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url'),
      ...person,
    }
    const claims = self.deviation.claims?.(right) ?? right
    const header: Json = { alg: 'ES256', kid: signing.kid, typ: 'JWT' }
    const signed = await sign(self.deviation.header?.(header) ?? header, claims)
    return self.deviation.idToken ? self.deviation.idToken(signed, claims) : signed
  }

  // Without a library, so that a header or claim that a library would reject can be signed.
  async function sign(header: Json, claims: Json): Promise<string> {
    const input = `${encode(header)}.${encode(claims)}`
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
    const signature = await crypto.subtle.sign(algorithm, signing.privateKey, Buffer.from(input))
    return `${input}.${Buffer.from(signature).toString('base64url')}`
  }

  function listen(on: number): Promise<void> {
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(on, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
  }

  function close(): Promise<void> {
    return new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  }
}

export function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

async function newKey(): Promise<{ privateKey: CryptoKey; kid: string; jwk: JWK }> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const kid = randomBytes(6).toString('base64url')
  return { privateKey, kid, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'ES256' } }
}

function secret(): string {
  return randomBytes(24).toString('base64url')
}

async function read(incoming: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return new URLSearchParams(Buffer.concat(chunks).toString())
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
