// Builds the dependencies of request handling by hand, from the store upwards; no container, read it top to bottom.

import { createAcme, type Acme } from '../acme/open.ts'
import type { Recorder } from '../audit/event.ts'
import { product } from '../audit/ocsf/objects.ts'
import type { Configuration } from '../config/configuration.ts'
import { openDevices } from '../devices/open.ts'
import { createAssertions } from '../proxy/identity/assertion.ts'
import { createConnections } from '../proxy/open-connections.ts'
import { createHeaderRules } from '../proxy/headers/request-headers.ts'
import { createEmergencyCodes } from '../grants/emergency/codes.ts'
import { createEmergencyFollower } from '../grants/emergency/follow.ts'
import { startExpiryNotices } from '../grants/expiry-notices.ts'
import { createEntitlements } from '../grants/entitlements.ts'
import { createGrants } from '../grants/grants.ts'
import { createGrantRequests } from '../grants/requests/requests.ts'
import { createReviews } from '../grants/reviews/reviews.ts'
import { createGrantEvents } from '../grants/grant-events.ts'
import { withoutOwnCookies } from '../identity/session/cookies.ts'
import { createUsers, withUserTracking } from '../identity/users/users.ts'
import { createProviders, type Providers } from '../identity/oidc/provider.ts'
import { createRevalidation } from '../identity/oidc/refresh.ts'
import { createTokenRevocation } from '../identity/oidc/revocation.ts'
import type { ReleaseTokens } from '../identity/session/released-tokens.ts'
import { createSessions } from '../identity/session/sessions.ts'
import { createSignIn } from '../identity/oidc/sign-in.ts'
import { createSignInRateLimiter } from '../identity/oidc/sign-in-rate-limit.ts'
import { createChangeFeed } from '../store/change-feed.ts'
import { openStore } from '../store/open.ts'
import { createSeal } from '../store/seal.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { buildActiveConfig } from './apply-config.ts'
import { composeGuests } from './compose-guests.ts'
import type { ActiveConfig } from '../gateway/active-config.ts'
import type { OpenExchangeContext } from '../gateway/open-exchange.ts'
import { createIdpFreshness } from '../gateway/idp-freshness.ts'
import { createConcurrencyLimiter } from '../gateway/concurrency-limit.ts'
import { createFormReads } from '../gateway/form-reads.ts'
import { createDecisionCache } from '../gateway/decision-cache.ts'
import { countingRevalidation } from './metrics-sources.ts'
import type { Dependencies } from '../gateway/dependencies.ts'
import { createPrincipals } from '../gateway/principal.ts'
import { createUnknownAddresses } from '../gateway/unknown-addresses.ts'
import { waitForStore } from './lifecycle.ts'

export interface Composition {
  readonly deps: Dependencies
  readonly store: Store
  readonly providers: Providers
  /** Undefined without `gateway.acme`. Its certificates are read, and nothing is ordered yet. */
  readonly acme: Acme | undefined
  /** From now on `deps.activeConfig()` returns this. */
  setActiveConfig(next: ActiveConfig): void
}

export interface ComposeOptions {
  readonly log: Logger
  readonly metrics: Metrics
  readonly record: Recorder
  readonly now: () => number
}

/**
 * Adds a stop function to `started` for each component as it starts, so it is complete even if this rejects later. Waits
 * for a store that is not up yet.
 */
export async function compose(
  first: Configuration,
  { log, metrics, now, ...options }: ComposeOptions,
  started: (() => unknown)[],
): Promise<Composition> {
  let activeConfig: ActiveConfig
  const emergencies = createEmergencyFollower(options.record, log)
  const { record } = emergencies
  const settings = () => activeConfig.configuration.session
  const gateway = () => activeConfig.configuration.gateway
  const limits = () => activeConfig.configuration.limits
  const { origin } = first.gateway

  const store = await openStore(first.store, { now, log })
  started.push(() => store.close())
  const seal = createSeal(first.gateway.secretKeys)
  const changes = createChangeFeed({ store, now, log })
  started.push(() => changes.stop())

  const providers = createProviders({
    settings: first.providers,
    now,
    env: process.env,
    log: (message, detail, level = 'warn') => log[level](detail, message),
  })
  started.push(() => providers.stop())
  const users = createUsers({ store, seal, now, log })
  started.push(() => users.stop())
  const release: ReleaseTokens = (released) => revocation.release(released)
  const repository = createSessions({ store, changes, seal, record, now, settings, release, log })
  const sessions = withUserTracking(repository, users)
  const revocation = createTokenRevocation({ providers, sessions, record, now, log })
  started.push(() => revocation.stop())
  started.push(() => sessions.stop())
  const atProviders = createRevalidation({ providers, sessions, store, changes, settings, record, release, now })
  const rate = createSignInRateLimiter({ limits, now, throttled: () => metrics.throttled('sign_in') })
  const signIn = createSignIn({ gateway, providers, sessions, store, seal, rate, record, release, now })
  const configuration = () => (activeConfig as ActiveConfig | undefined)?.configuration ?? first
  const entitlements = createEntitlements(configuration)
  const devices = await openDevices(
    { ...first.devices, origin },
    {
      store,
      changes,
      seal,
      record,
      now,
      log,
      grace: () => settings().grace,
      emailOf: (one) => entitlements().emailOf(one),
    },
  )
  started.push(() => devices.stop())
  const grantEvents = createGrantEvents(configuration, entitlements)
  const grants = createGrants({ store, changes, seal, record, now, log, entitlements, grantEvents })
  started.push(() => grants.stop())
  const requests = createGrantRequests({ store, changes, seal, record, now, log, grants, entitlements, grantEvents })
  started.push(() => requests.stop())
  const emergency = createEmergencyCodes({
    store,
    seal,
    record,
    now,
    log,
    entitlements,
    createEmergencyRequest: requests.createEmergencyRequest,
    beginSession({ subject, authentication }, until, { address, userAgent }) {
      const noProvider = { providerSession: undefined, tokens: { refresh: undefined, idToken: undefined } }
      const context = { requestId: '', address }
      return sessions.begin({ subject, authentication, ...noProvider, userAgent, address, until }, undefined, context)
    },
  })
  started.push(() => emergency.stop())
  emergencies.follow({ grants, sessions, log })
  started.push(startExpiryNotices({ grants, grantEvents, store, record, now, log }))
  const guests = composeGuests({
    configuration,
    grants,
    requests,
    sessions,
    store,
    seal,
    rate,
    record,
    settings,
    now,
    log,
    throttled: () => metrics.throttled('sign_in'),
    atProviders: countingRevalidation(atProviders, metrics),
    counting: (one) => countingRevalidation(one, metrics),
  })
  started.push(guests.stop)
  const assertions = createAssertions({
    store,
    seal,
    now,
    origin,
    onRefreshFailed: (error) => log.warn({ err: error }, 'refreshing the assertion signing keys failed'),
  })
  started.push(() => assertions.stop())
  const { acme: firstAcme } = first.gateway
  const acme =
    firstAcme &&
    createAcme({
      // A reload can change everything of it but that there is one.
      settings: () => configuration().gateway.acme ?? firstAcme,
      store,
      seal,
      changes,
      record,
      log,
      now,
      env: process.env,
      userAgent: `einlass/${product.version}`,
    })
  if (acme !== undefined) started.push(() => acme.stop())
  await waitForStore(log, () => Promise.all([grants.load(), requests.load(), assertions.start(), acme?.load()]))

  activeConfig = buildActiveConfig(first, undefined, { log, now, postureHeaders: devices.headers })
  started.push(() => Promise.all([...activeConfig.apps.values()].map(({ upstream }) => upstream.retire())))
  grants.setDeclared(first.grants, { kind: 'system' })
  metrics.configured([...first.apps.keys()])

  const reviews = createReviews({ configuration, grants, people: users, store, seal, record, now, log })
  const resuming = setInterval(() => void reviews.resume(), 15_000).unref()
  started.push(() => clearInterval(resuming))

  const deps: Dependencies = {
    activeConfig: () => activeConfig,
    sessions,
    users,
    idpFreshness: createIdpFreshness({ revalidation: guests.revalidation, sessions, providers, now }),
    signIn,
    guests: guests.signIn,
    passkeys: guests.passkeys,
    devices,
    grants,
    requests,
    emergency,
    reviews,
    principalOf: createPrincipals(),
    decisions: createDecisionCache(),
    assertions,
    headers: createHeaderRules(devices.headers, withoutOwnCookies),
    connections: createConnections<OpenExchangeContext>(),
    concurrency: createConcurrencyLimiter(limits),
    formReads: createFormReads(),
    acme,
    changes,
    record,
    metrics,
    unknownAddresses: createUnknownAddresses(log),
    log,
    now,
  }
  return { deps, store, providers, acme, setActiveConfig: (next) => void (activeConfig = next) }
}
