// Connects to a provider: reads and checks its metadata (OIDC Discovery 4), then makes the client's configuration.

import {
  allowInsecureRequests,
  Configuration,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  None,
  type ServerMetadata,
} from 'openid-client'
import type { ProviderSettings } from '../../config/configuration.ts'
import { isLoopback } from '../../net/loopback.ts'
import { clientAuthentication } from './client-authentication.ts'
import type { JwksCache } from './jwks-cache.ts'
import { ProviderUnreachable, type ProviderFetch } from './provider-http.ts'

/** A provider whose metadata is known. */
export interface Connection {
  readonly metadata: ServerMetadata
  readonly configuration: Configuration
  readonly keys: JwksCache
  /** A configuration for one call; `observe` receives the token response before it is validated. */
  observed(observe: (tokenResponse: Readonly<Record<string, unknown>>) => void): Configuration
}

export async function connectProvider(
  settings: ProviderSettings,
  fetch: ProviderFetch,
  keysOf: (uri: string) => JwksCache,
): Promise<Connection> {
  const issuer = new URL(settings.issuer)
  const local = issuer.protocol === 'http:' && isLoopback(issuer.hostname)
  const discovered = await discovery(issuer, settings.clientId, undefined, None(), {
    [customFetch]: fetch as never,
    timeout: 10,
    ...(local && { execute: [allowInsecureRequests] }),
  })
  const metadata = discovered.serverMetadata()
  // OpenID Connect Discovery 4.3: the issuer must be the one configured. openid-client accepts Entra's `{tenantid}`
  // template,
  // which would admit every tenant; the configuration names exactly one.
  if (new URL(metadata.issuer).href !== issuer.href)
    throw new ProviderUnreachable('the metadata contains another issuer')
  for (const endpoint of [metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri]) {
    if (!URL.canParse(endpoint ?? '')) throw new ProviderUnreachable('the metadata lacks an endpoint')
  }
  const auth = clientAuthentication(settings, metadata)
  const keys = keysOf(metadata.jwks_uri!)
  const configure = (through: ProviderFetch): Configuration => {
    const configuration = new Configuration(metadata, settings.clientId, undefined, auth)
    configuration[customFetch] = ((url: string, options: Parameters<ProviderFetch>[1]) =>
      url === metadata.jwks_uri ? keys.respond() : through(url, options)) as never
    configuration.timeout = 10
    if (local) allowInsecureRequests(configuration)
    // Without it the signature of an ID token is not verified (OIDC Core 3.1.3.7 (6) accepts TLS instead).
    enableNonRepudiationChecks(configuration)
    return configuration
  }
  return {
    metadata,
    keys,
    configuration: configure(fetch),
    observed: (observe) =>
      configure(async (url, options) => {
        const answer = await fetch(url, options)
        if (url === metadata.token_endpoint && answer.status === 200)
          observe((await answer.clone().json()) as Readonly<Record<string, unknown>>)
        return answer
      }),
  }
}
