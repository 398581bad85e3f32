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
import type { ProviderSettings } from '../../config/configuration.ts'
import { isLoopback } from '../../net/loopback.ts'
import { clientAuthentication } from './client-authentication.ts'
import type { JwksCache } from './jwks-cache.ts'
import { ProviderAnswerWrong } from './provider-failure.ts'
import type { ProviderFetch } from './provider-http.ts'
import { clockTolerance } from './token-checks.ts'

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
  if (new URL(metadata.issuer).href !== issuer.href) {
    throw new ProviderAnswerWrong('issuer_mismatch', `configured ${issuer.href}, stated ${metadata.issuer}`)
  }
  for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const) {
    if (!URL.canParse(metadata[name] ?? '')) {
      throw new ProviderAnswerWrong('metadata_incomplete', `the metadata has no URL as ${name}`)
    }
  }
  const auth = clientAuthentication(settings, metadata)
  const keys = keysOf(metadata.jwks_uri!)
  const configure = (through: ProviderFetch): Configuration => {
    const client = { [libraryClockTolerance]: clockTolerance }
    const configuration = new Configuration(metadata, settings.clientId, client, auth)
    // The library verifies no signature: its cache of keys cannot be read again at an unknown `kid`. `verified-claims.ts`
    // verifies that of an ID token (OIDC Core 3.1.3.7 (6)), and this that of UserInfo as a JWT (5.3.2).
    configuration[customFetch] = (async (url: string, options: Parameters<ProviderFetch>[1]) => {
      const answer = await through(url, options)
      if (url === metadata.userinfo_endpoint && isJwt(answer))
        await keys.verify(await answer.clone().text(), 'provider')
      return answer
    }) as never
    configuration.timeout = 10
    if (local) allowInsecureRequests(configuration)
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

function isJwt({ status, headers }: Response): boolean {
  return status === 200 && headers.get('content-type')?.startsWith('application/jwt') === true
}
