// OpenID providers: discovery on first use, cached metadata, background refresh and retry with back-off.

import { isDeepStrictEqual } from 'node:util'
import { createPrivateKey } from 'node:crypto'
import type { LookupFunction } from 'node:net'
import {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  clockTolerance as libraryClockTolerance,
  Configuration,
  customFetch,
  discovery,
  None,
  PrivateKeyJwt,
  type ClientAuth,
  type ServerMetadata,
} from 'openid-client'
import type { ProviderSettings } from '../../config/configuration.ts'
import { isLoopback } from '../../net/loopback.ts'
import { CircuitOpen, createCircuitBreaker } from '../../async/circuit-breaker.ts'
import { createProviderHttp, isUnacceptableAnswer, ProviderUnreachable, type ProviderFetch } from './provider-http.ts'
import { createJwksCache, type JwksCache } from './jwks-cache.ts'
import { ProviderAnswerWrong } from './provider-failure.ts'
import { clockTolerance } from './token-checks.ts'

/** A provider whose metadata is known. */
export interface Connection {
  readonly metadata: ServerMetadata
  readonly configuration: Configuration
  readonly keys: JwksCache
  /** A configuration for one call; `observe` receives the token response before it is validated. */
  observed(observe: (tokenResponse: Readonly<Record<string, unknown>>) => void): Configuration
}

export interface Provider {
  readonly settings: ProviderSettings
  /** Rejects with `ProviderUnreachable`; immediately while the back-off after the last failure lasts, or another call probes. */
  connect(): Promise<Connection>
  /** False while it answers nothing: requests to it fail at once, but for one probe after each pause. */
  available(): boolean
  /** Calls `listener` when it stops answering. Returns a function that removes the listener. */
  onUnavailable(listener: () => void): () => void
  /**
   * Call when an endpoint was unreachable: its URL may have changed, so the metadata is fetched again in the
   * background.
   */
  recheck(): void
}

export interface Providers {
  get(name: string): Provider | undefined
  readonly names: readonly string[]
  all(): readonly Provider[]
  /** At reload: providers whose settings did not change keep their cached metadata and keys. */
  update(settings: ReadonlyMap<string, ProviderSettings>): void
  stop(): Promise<void>
}

export interface ProvidersOptions {
  readonly settings: ReadonlyMap<string, ProviderSettings>
  readonly now: () => number
  readonly log: (message: string, detail: { readonly provider: string; readonly error?: unknown }) => void
  readonly lookup?: LookupFunction
}

const hour = 3_600_000
const recheckInterval = 30_000

export function createProviders({ settings, now, log, lookup }: ProvidersOptions): Providers {
  const transport = createProviderHttp({ lookup })
  let providers = new Map<string, Provider>()
  const update = (wanted: ReadonlyMap<string, ProviderSettings>): void => {
    providers = new Map(
      [...wanted].map(([name, one]) => {
        const known = providers.get(name)
        const same = known && isDeepStrictEqual(known.settings, one)
        return [name, same ? known : createProvider({ settings: one, fetch: transport.fetch, now, log })]
      }),
    )
  }
  update(settings)
  return {
    get: (name) => providers.get(name),
    get names() {
      return [...providers.keys()]
    },
    all: () => [...providers.values()],
    update,
    stop: () => transport.close(),
  }
}

/**
 * Reachability of all providers, for health checks: cached metadata counts as reachable unless the provider stopped answering;
 * `timeout` in milliseconds.
 */
export function reachability(
  providers: Providers,
  timeout: number,
): Promise<readonly { readonly name: string; readonly reachable: boolean }[]> {
  const checks = providers.all().map(async (provider) => {
    const connected = provider.connect().then(
      () => provider.available(),
      () => false,
    )
    const late = new Promise<boolean>((resolve) => setTimeout(resolve, timeout, false).unref())
    return { name: provider.settings.name, reachable: await Promise.race([connected, late]) }
  })
  return Promise.all(checks)
}

interface ProviderOptions {
  readonly settings: ProviderSettings
  readonly fetch: ProviderFetch
  readonly now: () => number
  readonly log: ProvidersOptions['log']
}

function createProvider({ settings, fetch: transport, now, log }: ProviderOptions): Provider {
  const circuit = createCircuitBreaker({
    now,
    isAnswer: isUnacceptableAnswer,
    changed: ({ open, error }) =>
      open
        ? log('provider does not answer', { provider: settings.name, error })
        : log('provider answers again', { provider: settings.name }),
  })
  const fetch: ProviderFetch = (url, options) =>
    circuit
      .run(
        () => transport(url, options),
        ({ status }) => status === 502 || status === 503 || status === 504,
      )
      .catch((error: unknown) => {
        throw unreachable(error)
      })

  let lastGood: { readonly connection: Connection; readonly at: number } | undefined
  let failure: { readonly at: number; readonly count: number; readonly error: ProviderUnreachable } | undefined
  let pending: Promise<Connection> | undefined
  let keys: { readonly uri: string; readonly keys: JwksCache } | undefined

  const keysOf = (uri: string): JwksCache => {
    if (keys?.uri !== uri) keys = { uri, keys: createJwksCache(uri, fetch, now) }
    return keys.keys
  }

  const discover = (): Promise<Connection> => {
    pending ??= connect(settings, fetch, keysOf)
      .then(
        (connection) => {
          if (failure) log('provider discovery works again', { provider: settings.name })
          lastGood = { connection, at: now() }
          failure = undefined
          return connection
        },
        (cause: unknown) => {
          const error = unreachable(cause)
          if (!failure) log('provider discovery failed', { provider: settings.name, error })
          failure = { at: now(), count: (failure?.count ?? 0) + 1, error }
          throw error
        },
      )
      .finally(() => {
        pending = undefined
      })
    return pending
  }

  const backingOff = (): boolean =>
    failure !== undefined && now() - failure.at < Math.min(30_000, 500 * 2 ** Math.min(failure.count, 10))

  return {
    settings,
    async connect() {
      if (!lastGood) {
        if (failure && (pending || backingOff())) throw failure.error
        return discover()
      }
      // Known metadata stays in use while it is fetched again: a short outage of the provider affects no session.
      if (now() - lastGood.at > hour && !backingOff()) discover().catch(() => undefined)
      return lastGood.connection
    },
    available: circuit.available,
    onUnavailable: circuit.onOpen,
    recheck() {
      if (lastGood && now() - lastGood.at > recheckInterval && !backingOff()) discover().catch(() => undefined)
    },
  }
}

async function connect(
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
  const auth = clientAuth(settings, metadata)
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

function clientAuth(settings: ProviderSettings, metadata: ServerMetadata): ClientAuth {
  if (settings.privateKey !== undefined) return PrivateKeyJwt(assertionKey(settings.privateKey, metadata))
  if (settings.clientSecret === undefined) return None()
  // OpenID Connect Discovery 3: where the list is missing, client_secret_basic is the default.
  const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  const post = !methods.includes('client_secret_basic') && methods.includes('client_secret_post')
  return post ? ClientSecretPost(settings.clientSecret) : ClientSecretBasic(settings.clientSecret)
}

function assertionKey(pem: string, metadata: ServerMetadata): CryptoKey {
  const key = createPrivateKey(pem)
  if (key.asymmetricKeyType === 'ed25519') return key.toCryptoKey({ name: 'Ed25519' }, false, ['sign'])
  if (key.asymmetricKeyType === 'ec') {
    const curve = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' }[
      key.asymmetricKeyDetails?.namedCurve ?? ''
    ]
    if (curve === undefined) throw new TypeError('the private key uses an unsupported curve')
    return key.toCryptoKey({ name: 'ECDSA', namedCurve: curve }, false, ['sign'])
  }
  const offered = metadata.token_endpoint_auth_signing_alg_values_supported
  const name = offered?.includes('PS256') && !offered.includes('RS256') ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5'
  return key.toCryptoKey({ name, hash: 'SHA-256' }, false, ['sign'])
}

function unreachable(cause: unknown): ProviderUnreachable {
  if (cause instanceof ProviderUnreachable) return cause
  return new ProviderUnreachable(cause instanceof CircuitOpen ? cause.message : 'discovery failed', cause)
}
