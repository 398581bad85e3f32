// Builds what the path of a request is made of, from the store upwards. No container: read it top to bottom.

import type { Recorder } from '../audit/event.ts'
import type { Configuration } from '../config/configuration.ts'
import { openDevices } from '../devices/open.ts'
import { createAssertions } from '../proxy/identity/assertion.ts'
import { createConnections } from '../proxy/open-connections.ts'
import { createHeaderRules } from '../proxy/headers/request-headers.ts'
import { createEmergencyCodes } from '../grants/emergency/codes.ts'
import { startEnding } from '../grants/expiry-notices.ts'
import { createEntitlements } from '../grants/entitlements.ts'
import { createGrants } from '../grants/grants.ts'
import { createGrantRequests } from '../grants/requests/requests.ts'
import { createReviews } from '../grants/reviews/reviews.ts'
import { createTelling } from '../grants/grant-events.ts'
import { withoutOurCookies } from '../identity/session/cookies.ts'
import { createPeople, noting } from '../identity/users/users.ts'
import { createProviders, type Providers } from '../identity/oidc/provider.ts'
import { createRevalidation } from '../identity/oidc/refresh.ts'
import { createSessions } from '../identity/session/sessions.ts'
import { createSignIn } from '../identity/oidc/sign-in.ts'
import { createSignInRate } from '../identity/oidc/sign-in-rate-limit.ts'
import { createChanges } from '../store/change-feed.ts'
import { openStore } from '../store/open.ts'
import { createSeal } from '../store/seal.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { prepare } from './apply-config.ts'
import type { Applied } from '../gateway/active-config.ts'
import type { Asked } from '../gateway/open-exchange.ts'
import { createConfirmation } from '../gateway/idp-freshness.ts'
import { createCrowd } from '../gateway/concurrency-limit.ts'
import { createLeases } from '../gateway/decision-cache.ts'
import { countingRevalidation } from './metrics-sources.ts'
import type { Parts } from '../gateway/dependencies.ts'
import { createStandings } from '../gateway/principal.ts'
import { whenStoreAnswers } from './lifecycle.ts'

export interface Composed {
  readonly parts: Parts
  readonly store: Store
  readonly providers: Providers
  /** From now on `parts.applied()` is this. */
  swap(next: Applied): void
}

export interface ComposeOptions {
  readonly log: Logger
  readonly metrics: Metrics
  readonly record: Recorder
  readonly now: () => number
}

/**
 * Everything that was begun is put into `started` at once, with how to stop it, also when this rejects later. Waits for
 * a store that is not up yet.
 */
export async function compose(
  first: Configuration,
  { log, metrics, record, now }: ComposeOptions,
  started: (() => unknown)[],
): Promise<Composed> {
  let applied: Applied
  const settings = () => applied.configuration.session
  const gateway = () => applied.configuration.gateway
  const limits = () => applied.configuration.limits
  const { origin } = first.gateway

  const store = await openStore(first.store, { now, log })
  started.push(() => store.close())
  const seal = createSeal(first.gateway.secretKeys)
  const changes = createChanges({ store, now, log })
  started.push(() => changes.stop())

  const providers = createProviders({
    settings: first.providers,
    now,
    log: (message, detail) => log.warn(detail, message),
  })
  started.push(() => providers.stop())
  const people = createPeople({ store, seal, now, log })
  started.push(() => people.stop())
  const sessions = noting(createSessions({ store, changes, seal, record, now, settings, log }), people)
  started.push(() => sessions.stop())
  const asking = createRevalidation({ providers, sessions, store, changes, settings, record, now })
  const revalidation = countingRevalidation(asking, metrics)
  const rate = createSignInRate({ limits, now, throttled: () => metrics.throttled('sign_in') })
  const signIn = createSignIn({ gateway, providers, sessions, store, seal, rate, record, now })
  const devices = await openDevices(
    { ...first.devices, origin },
    { store, changes, seal, record, now, log, grace: () => settings().grace },
  )
  started.push(() => devices.stop())
  const configuration = () => (applied as Applied | undefined)?.configuration ?? first
  const entitlements = createEntitlements(configuration)
  const telling = createTelling(configuration, entitlements)
  const grants = createGrants({ store, changes, seal, record, now, log, entitlements, telling })
  started.push(() => grants.stop())
  const requests = createGrantRequests({ store, changes, seal, record, now, log, grants, entitlements, telling })
  started.push(() => requests.stop())
  const emergency = createEmergencyCodes({
    store,
    seal,
    record,
    now,
    entitlements,
    take: requests.take,
    begin({ subject, authentication }, until, { address, userAgent }) {
      const nothing = { providerSession: undefined, tokens: { refresh: undefined, idToken: undefined } }
      const about = { requestId: '', address }
      return sessions.begin({ subject, authentication, ...nothing, userAgent, address, until }, undefined, about)
    },
  })
  started.push(startEnding({ grants, telling, store, record, now, log }))
  const assertions = createAssertions({
    store,
    seal,
    now,
    origin,
    onRefreshFailed: (error) => log.warn({ err: error }, 'the signing keys could not be read again'),
  })
  started.push(() => assertions.stop())
  await whenStoreAnswers(log, () => Promise.all([grants.load(), requests.load(), assertions.start()]))

  applied = prepare(first, undefined, { log, now })
  started.push(() => Promise.all([...applied.sites.values()].map(({ upstream }) => upstream.retire())))
  grants.declare(first.grants, { kind: 'system' })
  metrics.configured([...first.apps.keys()])

  const parts: Parts = {
    applied: () => applied,
    sessions,
    people,
    confirmation: createConfirmation({ revalidation, sessions, now }),
    signIn,
    devices,
    grants,
    requests,
    emergency,
    reviews: createReviews({ configuration, grants, people, store, seal, record, now }),
    standing: createStandings(),
    leases: createLeases(),
    assertions,
    headers: createHeaderRules(devices.headers, withoutOurCookies),
    connections: createConnections<Asked>(),
    crowd: createCrowd(limits),
    changes,
    record,
    metrics,
    log,
    timeZone: Temporal.Now.timeZoneId(),
    now,
  }
  return { parts, store, providers, swap: (next) => void (applied = next) }
}
