// Connects to a provider: reads and checks its metadata (OIDC Discovery 4), then makes the client's configuration.

import {
  allowInsecureRequests,
  clockTolerance as libraryClockTolerance,
  Configuration,
  customFetch,
  discovery,
  None,
  type ServerMetadata,
} from 'openid-client'
import type { ProviderSettings } from '../../config/provider-settings.ts'
import type { ProviderEndpoints } from '../../config/provider-reach.ts'
import { isLoopback } from '../../net/loopback.ts'
import { clientAuthentication } from './client-authentication.ts'
import type { JwksCache } from './jwks-cache.ts'
import { ProviderAnswerWrong } from './provider-failure.ts'
import { clockTolerance } from './token-checks.ts'
import { ProviderUnreachable, type ProviderFetch } from './provider-http.ts'
import type { ProviderTiming } from './provider-timing.ts'
import type { ProviderScopes } from './provider-scopes.ts'

/** A provider whose metadata is known. */
export interface Connection {
  readonly metadata: ServerMetadata
  readonly configuration: Configuration
  readonly keys: JwksCache
  readonly timing: ProviderTiming
  /** A configuration for one call; `observe` receives the token response before it is validated. */
  observed(observe: (tokenResponse: Readonly<Record<string, unknown>>) => void): Configuration
}

export async function connectProvider(
  settings: ProviderSettings,
  fetch: ProviderFetch,
  keysOf: (uri: string) => JwksCache,
  scopes: ProviderScopes,
  timing: ProviderTiming,
): Promise<Connection> {
  const issuer = new URL(settings.issuer)
  const { endpoints = {} } = settings
  // Which plain addresses may be reached is decided for each request (`bounded-http.ts`).
  const plain = [settings.issuer, ...Object.values(endpoints)].some((url) => url?.startsWith('http:'))
  const discovered = await discovery(
    endpoints.discovery === undefined ? issuer : documentUrl(endpoints.discovery),
    settings.clientId,
    undefined,
    None(),
    {
      [customFetch]: fetch as never,
      timeout: timing.request / 1000,
      ...(plain && { execute: [allowInsecureRequests] }),
    },
  )
  const metadata = withEndpoints(discovered.serverMetadata(), endpoints)
  // OpenID Connect Discovery 4.3: the issuer must be the one configured. openid-client accepts Entra's `{tenantid}`
  // template,
  // which would admit every tenant; the configuration names exactly one.
  if (new URL(metadata.issuer).href !== issuer.href) {
    throw new ProviderAnswerWrong('issuer_mismatch', `configured ${issuer.href}, stated ${metadata.issuer}`)
  }
  checkPlainEndpoints(metadata, issuer, endpoints)
  for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const) {
    if (!URL.canParse(metadata[name] ?? '')) {
      throw new ProviderAnswerWrong('metadata_incomplete', `the metadata has no URL as ${name}`)
    }
  }
  const auth = clientAuthentication(settings, metadata)
  const keys = keysOf(metadata.jwks_uri!)
  // RFC 8705 section 5: where the provider asks for client certificates on hosts of their own.
  const clientMetadata = {
    use_mtls_endpoint_aliases: settings.clientCertificate !== undefined,
    [libraryClockTolerance]: clockTolerance,
  }
  const aliases = metadata.mtls_endpoint_aliases
  const tokenEndpoint = (clientMetadata.use_mtls_endpoint_aliases && aliases?.token_endpoint) || metadata.token_endpoint
  const isUserInfo = (url: string): boolean => url === metadata.userinfo_endpoint || url === aliases?.userinfo_endpoint
  const configure = (through: ProviderFetch): Configuration => {
    const configuration = new Configuration(metadata, settings.clientId, clientMetadata, auth)
    // The library verifies no signature: its cache of keys cannot be read again at an unknown `kid`. `verified-claims.ts`
    // verifies that of an ID token (OIDC Core 3.1.3.7 (6)), and this that of UserInfo as a JWT (5.3.2).
    configuration[customFetch] = (async (url: string, options: Parameters<ProviderFetch>[1]) => {
      const answer = await through(url, options)
      if (isUserInfo(url) && isJwt(answer)) await keys.verify(await answer.clone().text(), 'provider')
      return answer
    }) as never
    configuration.timeout = timing.request / 1000
    if (plain) allowInsecureRequests(configuration)
    return configuration
  }
  return {
    metadata,
    keys,
    timing,
    configuration: configure(fetch),
    observed: (observe) =>
      configure(async (url, options) => {
        const answer = await fetch(url, options)
        if (url === tokenEndpoint && answer.status === 200) {
          const response = (await answer.clone().json()) as Readonly<Record<string, unknown>>
          if (isCodeExchange(options.body)) scopes.granted(response, metadata)
          observe(response)
        }
        return answer
      }),
  }
}

function isJwt({ status, headers }: Response): boolean {
  return status === 200 && headers.get('content-type')?.startsWith('application/jwt') === true
}

function isCodeExchange(body: unknown): boolean {
  return body instanceof URLSearchParams && body.get('grant_type') === 'authorization_code'
}

const wellKnown = '/.well-known/openid-configuration'

/** openid-client takes any address that contains `/.well-known/` as the document itself, any other as an issuer. */
function documentUrl(text: string): URL {
  const url = new URL(text)
  if (!url.href.includes('/.well-known/')) url.pathname = url.pathname.replace(/\/$/, '') + wellKnown
  return url
}

/** What the configuration names takes the place of what the document says, also of its aliases for client certificates. */
function withEndpoints(metadata: Readonly<ServerMetadata>, endpoints: ProviderEndpoints): ServerMetadata {
  const named = Object.entries({
    token_endpoint: endpoints.token,
    jwks_uri: endpoints.jwks,
    userinfo_endpoint: endpoints.userinfo,
    authorization_endpoint: endpoints.authorization,
    end_session_endpoint: endpoints.end_session,
  }).filter(([, url]) => url !== undefined)
  if (named.length === 0) return { ...metadata }
  const aliases = { ...metadata.mtls_endpoint_aliases }
  for (const [name] of named) delete aliases[name]
  return { ...metadata, ...Object.fromEntries(named), mtls_endpoint_aliases: aliases }
}

/**
 * Browsers and the gateway go by plain HTTP only where the issuer is on loopback, or where the configuration says so: a
 * document that was read inside the own network must not lead people out of TLS.
 */
function checkPlainEndpoints(metadata: ServerMetadata, issuer: URL, endpoints: ProviderEndpoints): void {
  if (issuer.protocol === 'http:' && isLoopback(issuer.hostname)) return
  const named = new Set(Object.values(endpoints).filter((url) => url !== undefined))
  for (const endpoint of [metadata.authorization_endpoint, metadata.end_session_endpoint]) {
    if (endpoint === undefined || named.has(endpoint) || URL.parse(endpoint)?.protocol === 'https:') continue
    throw new ProviderUnreachable('the metadata sends browsers to an address without TLS')
  }
}
