// Sign-in test environment: all parts over a real store, for tests against a provider on loopback.

import { createProviders, type Providers, type ProvidersOptions } from '../../src/identity/oidc/provider.ts'
import { createRevalidation } from '../../src/identity/oidc/refresh.ts'
import { providerTiming, type ProviderTiming } from '../../src/identity/oidc/provider-timing.ts'
import { createTokenRevocation } from '../../src/identity/oidc/revocation.ts'
import type { Revalidation } from '../../src/identity/oidc/revalidation.ts'
import type { ReleaseTokens } from '../../src/identity/session/released-tokens.ts'
import type { Session, Tokens } from '../../src/identity/session/session.ts'
import { createSessions, type Sessions } from '../../src/identity/session/sessions.ts'
import { createSignInRateLimiter } from '../../src/identity/oidc/sign-in-rate-limit.ts'
import {
  createSignIn,
  type CallbackResult,
  type ReturnContext,
  type SignIn,
  type StepUp,
} from '../../src/identity/oidc/sign-in.ts'
import type { AuditEvent } from '../../src/audit/event.ts'
import type { SessionSettings } from '../../src/config/configuration.ts'
import type { ProviderSettings } from '../../src/config/provider-settings.ts'
import { createChangeFeed, type ChangeFeed } from '../../src/store/change-feed.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { createSeal, type Seal } from '../../src/store/seal.ts'
import type { Store, StoreLog } from '../../src/store/store.ts'
import { startProviderUnderTest, type ProviderUnderTest } from '../support/provider-under-test.ts'

export const gateway = { origin: 'https://access.example.com', host: 'access.example.com' }
export const app = { origin: 'https://wiki.example.com', host: 'wiki.example.com' }
export const origin = { requestId: 'r1', address: '192.0.2.7', userAgent: 'a browser' }

export const sessionSettings: SessionSettings = {
  idle: 3_600_000,
  lifetime: 36_000_000,
  revalidate: 300_000,
  grace: 0,
  lease: 60_000,
}

/** For providers whose keys stay unknown: as usual, in a fifth of the time. */
export const quickKeys: ProviderTiming = {
  ...providerTiming,
  keyAtSignIn: providerTiming.keyAtSignIn / 5,
  keyAtRefresh: providerTiming.keyAtRefresh / 5,
  keyPause: providerTiming.keyPause / 5,
}

/** For peers that answer nothing. Still long enough to open a circuit (`async/circuit-breaker.ts`). */
export const quickAnswers: ProviderTiming = {
  ...providerTiming,
  request: providerTiming.request / 5,
  directory: providerTiming.directory / 4,
}

export interface SignInEnvironment {
  readonly store: Store
  readonly changes: ChangeFeed
  readonly sessions: Sessions
  readonly providers: Providers
  readonly signIn: SignIn
  readonly revalidation: Revalidation
  readonly events: AuditEvent[]
  /** Log lines about the providers. */
  readonly logged: Record<string, unknown>[]
  readonly now: () => number
  /** Tokens as stored. */
  tokens(session: Pick<Session, 'id'>): Promise<Tokens>
  /** Advances the clock. */
  advance(milliseconds: number): void
  /** Runs a complete sign-in as a browser would. */
  enter(visit: (location: string) => Promise<string>, way?: SignInOptions): Promise<CallbackResult>
  stop(): Promise<void>
}

export interface SignInOptions {
  readonly provider?: string
  /** Cookie field of the browser before the sign-in. */
  readonly cookies?: string
  readonly stepUp?: StepUp
  readonly previous?: Session
  readonly returnContext?: ReturnContext
}

export interface Clock {
  offset: number
}

export function createSignInEnvironment(
  settings: readonly ProviderSettings[],
  shared: {
    store?: Store
    seal?: Seal
    clock?: Clock
    log?: StoreLog
    providerLog?: ProvidersOptions['log']
    timing?: ProviderTiming
  } = {},
): SignInEnvironment {
  const clock = shared.clock ?? { offset: 0 }
  const now = (): number => Date.now() + clock.offset
  const events: AuditEvent[] = []
  const logged: Record<string, unknown>[] = []
  const record = (event: AuditEvent): void => void events.push(event)
  const store = shared.store ?? createMemoryStore({ now })
  const seal = shared.seal ?? createSeal([])
  const changes = createChangeFeed({ store, now })
  const release: ReleaseTokens = (released) => revocation.release(released)
  const sessions = createSessions({ store, changes, seal, record, now, settings: () => sessionSettings, release })
  const providers = createProviders({
    settings: new Map(settings.map((one) => [one.name, one])),
    now,
    timing: shared.timing,
    log: (msg, detail, level = 'warn') => {
      logged.push({ level, msg, ...detail })
      shared.providerLog?.(msg, detail, level)
    },
  })
  const rate = createSignInRateLimiter({ limits: () => ({ signInsPerMinute: 1_000_000 }), now })
  const signIn = createSignIn({ gateway: () => gateway, providers, sessions, store, seal, rate, record, release, now })
  const retry = { min: 50, max: 200 }
  const revocation = createTokenRevocation({ providers, sessions, record, now, retry, log: shared.log })
  const revalidation = createRevalidation({
    providers,
    sessions,
    store,
    changes,
    settings: () => sessionSettings,
    record,
    release,
    now,
  })
  return {
    store,
    changes,
    sessions,
    providers,
    signIn,
    revalidation,
    events,
    logged,
    async tokens({ id }) {
      const found = await sessions.withTokens(id)
      if (found.state !== 'live') throw new Error(found.state)
      return found.session.tokens
    },
    now,
    advance: (milliseconds) => {
      clock.offset += milliseconds
    },
    async enter(visit, { provider = 'corp', cookies, stepUp, previous, returnContext } = {}) {
      const started = await signIn.authorize({
        provider,
        returnContext,
        stepUp,
        loginHint: undefined,
        cookies,
        address: origin.address,
        requestId: origin.requestId,
      })
      if (started.state === 'failed') return { ...started, returnContext: undefined, cookies: [] }
      const query = await visit(started.location)
      return signIn.callback({ provider, query, cookies: browserCookies(started.cookies, cookies), previous, origin })
    },
    async stop() {
      await sessions.stop()
      await revocation.stop()
      await changes.stop()
      await providers.stop()
      if (!shared.store) await store.close()
    },
  }
}

/** An environment with its own provider. For `beforeEach`, which runs the resolved function after the test. */
export async function environmentAtProvider(
  opened: (both: { readonly provider: ProviderUnderTest; readonly environment: SignInEnvironment }) => void,
  timing?: ProviderTiming,
): Promise<() => Promise<void>> {
  const provider = await startProviderUnderTest()
  const environment = createSignInEnvironment([settingsOf(provider)], timing && { timing })
  opened({ provider, environment })
  return async () => {
    await environment.stop()
    await provider.stop()
  }
}

export function settingsOf(
  provider: { readonly issuer: string; readonly clientId: string; readonly clientSecret: string },
  changed: Partial<ProviderSettings> = {},
): ProviderSettings {
  return {
    name: 'corp',
    title: 'Corp',
    kind: 'generic',
    issuer: provider.issuer,
    clientId: provider.clientId,
    clientSecret: provider.clientSecret,
    privateKey: undefined,
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    claims: {
      groups: { claim: 'groups', shape: 'list', field: undefined },
      email: 'email',
      name: 'name',
      username: 'preferred_username',
    },
    mfa: { amrAny: ['mfa', 'otp'], acrAny: ['urn:two'] },
    phishingResistant: { amrAny: ['hwk'], acrAny: ['phr'] },
    stepUp: { acrValues: ['urn:two'], essential: true, prompt: undefined, maxAge: undefined },
    external: false,
    domains: ['example.com'],
    hostedDomains: [],
    emailVerified: 'required',
    ...changed,
  }
}

/** The Cookie field a browser sends after these `Set-Cookie` values; `before`: what it sent before. */
export function browserCookies(setCookies: readonly string[], before = ''): string {
  const jar = new Map(
    before
      .split('; ')
      .filter((pair) => pair !== '')
      .map((pair): [string, string] => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )
  for (const line of setCookies) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
    if (/Max-Age=0(?:;|$)/.test(line)) jar.delete(name!)
    else jar.set(name!, value!)
  }
  return [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
}

/** Session of a successful sign-in; throws for a failed one. */
export function signedIn(returned: CallbackResult): Session {
  if (returned.state !== 'signed_in') throw new Error(`${returned.failure.code}: ${returned.failure.detail}`)
  return returned.session
}
