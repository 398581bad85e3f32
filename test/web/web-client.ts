// Headless test client for the built-in pages, with real sessions and a real sign-in flow.

import { fieldsOf } from '../../src/web/kit/form.ts'
import { appReply, gatewayReply } from '../../src/web/routes.ts'
import type { App, Configuration } from '../../src/config/configuration.ts'
import type { ProviderSettings } from '../../src/config/provider-settings.ts'
import type { AuditEvent } from '../../src/audit/event.ts'
import { createEmergencyCodes, type EmergencyCodes } from '../../src/grants/emergency/codes.ts'
import { createEntitlements } from '../../src/grants/entitlements.ts'
import type { GrantRequests } from '../../src/grants/requests/repository.ts'
import { createGrants } from '../../src/grants/grants.ts'
import { createGrantRequests } from '../../src/grants/requests/requests.ts'
import { createReviews } from '../../src/grants/reviews/reviews.ts'
import { createGrantEvents } from '../../src/grants/grant-events.ts'
import { externalRegister } from '../../src/grants/external/register.ts'
import { createUsers, withUserTracking, type Users } from '../../src/identity/users/users.ts'
import { createSignInRateLimiter } from '../../src/identity/oidc/sign-in-rate-limit.ts'
import { composeGuests } from '../../src/server/compose-guests.ts'
import { createSeal } from '../../src/store/seal.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import type { Destination } from '../../src/identity/oidc/sign-in.ts'
import type { Session } from '../../src/identity/session/session.ts'
import type { Grant } from '../../src/policy/grant.ts'
import type { AppView, WebDependencies } from '../../src/web/kit/dependencies.ts'
import type { PageRequest, Reply } from '../../src/web/kit/reply.ts'
import {
  app,
  gateway,
  createSignInEnvironment,
  sessionSettings,
  settingsOf,
  type SignInEnvironment,
} from '../identity/sign-in-environment.ts'
import type { ProviderUnderTest } from '../support/provider-under-test.ts'
import { decision, pageRequest } from './page-fixtures.ts'
import { cookiesOf, headersOf } from './reply-headers.ts'

export { app, gateway }

export interface Desk {
  readonly house: SignInEnvironment
  readonly parts: WebDependencies
  /** User records; tests record sign-ins here themselves. */
  readonly people: Users
  readonly wiki: App
  /** Decisions returned by `appsFor`, as the gateway would after evaluating policy. */
  views: readonly AppView[]
  /** Grants as declared in the configuration. */
  set grants(list: readonly Grant[])
  readonly requests: GrantRequests
  readonly codes: EmergencyCodes<Session>
  /** A new browser, with its own cookies. */
  browser(): Visitor
}

export interface Visitor {
  /** Cookie value by host and name. */
  readonly cookies: Map<string, Map<string, string>>
  get(url: string, headers?: Record<string, string>): Promise<Reply>
  post(url: string, fields?: Record<string, string>, headers?: Record<string, string>): Promise<Reply>
  request(url: string, changes: Partial<PageRequest> & { headers?: Record<string, string> }): Promise<Reply>
  /** Signs in at the provider and comes back; the reply of the callback. */
  signIn(journey?: string): Promise<Reply>
}

export function openDesk(
  provider: ProviderUnderTest,
  more: readonly ProviderSettings[] = [],
  wikiRules: Partial<Pick<App, 'requests' | 'emergency' | 'declaration' | 'addresses'>> = {},
  rules: Partial<Configuration> = {},
): Desk {
  const settings = [settingsOf(provider), ...more]
  const house = createSignInEnvironment(settings)
  const declaration = { name: 'wiki', mode: 'enforce', require: {}, rules: [], lease: 60_000 }
  const addresses: App['addresses'] = [{ ...app, secure: true, path: '' }]
  const wiki = { name: 'wiki', title: 'Wiki', owner: undefined, addresses, declaration, ...app, ...wikiRules } as App
  const configuration = {
    gateway,
    apps: new Map([['wiki', wiki]]),
    providers: new Map(settings.map((one) => [one.name, one])),
    roles: new Map(),
    ...rules,
  } as unknown as Configuration
  const entitlements = createEntitlements(() => configuration)
  const grantEvents = createGrantEvents(() => configuration, entitlements)
  const { store, changes, now, events } = house
  const record = (event: AuditEvent): void => void events.push(event)
  const seal = createSeal([Buffer.alloc(32, 7)])
  const people = createUsers({ store, seal, now })
  const sessions = withUserTracking(house.sessions, people)
  const grants = createGrants({ store, changes, seal, record, now, entitlements, grantEvents })
  const requests = createGrantRequests({ store, changes, seal, record, now, grants, entitlements, grantEvents })
  const emergency = createEmergencyCodes({
    store,
    seal,
    record,
    now,
    entitlements,
    createEmergencyRequest: requests.createEmergencyRequest,
    beginSession: ({ subject, authentication }, until, { address, userAgent }) =>
      house.sessions.begin(
        {
          subject,
          authentication,
          providerSession: undefined,
          tokens: { refresh: undefined, idToken: undefined },
          userAgent,
          address,
          until,
        },
        undefined,
        { requestId: '', address },
      ),
  })
  const guests = composeGuests({
    configuration: () => configuration,
    grants,
    requests,
    sessions,
    store,
    seal,
    record,
    now,
    rate: createSignInRateLimiter({
      limits: () => ({ signInsPerMinute: 1e3 }),
      now,
    }),
    settings: () => sessionSettings,
    log: createLogger({ level: 'silent' }),
    throttled: () => undefined,
    atProviders: house.revalidation,
    counting: (one) => one,
  })
  const desk: Desk = {
    house: {
      ...house,
      async stop() {
        await guests.stop()
        await emergency.stop()
        requests.stop()
        grants.stop()
        await people.stop()
        await house.stop()
      },
    },
    wiki,
    people,
    requests,
    codes: emergency,
    views: [
      {
        name: 'wiki',
        title: 'Wiki',
        origin: app.origin,
        owner: undefined,
        decision: decision(),
        closesAt: undefined,
        timeZone: undefined,
      },
    ],
    set grants(list: readonly Grant[]) {
      grants.setDeclared(list, { kind: 'system' })
    },
    parts: {
      signIn: house.signIn,
      guests: guests.signIn,
      passkeys: guests.passkeys,
      sessions,
      grants,
      requests,
      emergency,
      reviews: createReviews({ configuration: () => configuration, grants, people, store, seal, record, now }),
      external: async () =>
        externalRegister({ configuration, grants: grants.all(), people: await people.all(), now: now() }),
      deviceOf: () => ({ state: 'absent' }),
      lastUsed: async () => undefined,
      config: () => configuration,
      appsFor: () => Promise.resolve(desk.views),
      jwks: () => ({ keys: [] }),
      now,
      timeZone: 'Europe/Berlin',
    },
    browser: () => openVisitor(desk, provider),
  }
  return desk
}

function openVisitor(desk: Desk, provider: ProviderUnderTest): Visitor {
  const cookies = new Map<string, Map<string, string>>()
  const self: Visitor = {
    cookies,
    get: (url, headers) => self.request(url, { headers }),
    post: (url, fields = {}, headers = {}) =>
      self.request(url, {
        method: 'POST',
        text: () => Promise.resolve(new URLSearchParams(fields).toString()),
        headers: { 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded', ...headers },
      }),
    async request(url, { headers = {}, ...changes }) {
      const { host, pathname, search } = new URL(url, gateway.origin)
      const jar = cookies.get(host) ?? new Map<string, string>()
      cookies.set(host, jar)
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
      const all = cookie === '' ? headers : { cookie, ...headers }
      const request = pageRequest({ host, path: pathname, query: search, headers: all, ...changes })
      const reply =
        host === gateway.host ? await gatewayReply(desk.parts, request) : await appReply(desk.parts, request, desk.wiki)
      for (const line of cookiesOf(reply)) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
        if (/Max-Age=0(?:;|$)/.test(line)) jar.delete(name!)
        else jar.set(name!, value!)
      }
      return reply
    },
    async signIn(journey) {
      const query = new URLSearchParams({ provider: 'corp', ...(journey === undefined ? {} : { journey }) })
      const away = headersOf(await self.get(`/sign-in?${query}`)).get('location')!
      return self.get(`/callback/corp${await provider.visit(away)}`)
    },
  }
  return self
}

/** A return context to a page of the app, started by this browser: its nonce is in the cookie jar. */
export async function journeyTo(
  desk: Desk,
  visitor: Visitor,
  target: string,
  changes: Partial<Destination> = {},
): Promise<string> {
  const { journey, cookies } = desk.house.signIn.returnContexts.create(
    { ...app, target, app: 'wiki', stepUp: undefined, provider: undefined, ...changes },
    undefined,
  )
  const pairs = cookies.map((line): [string, string] => [line.split('=')[0]!, /=([^;]*)/.exec(line)![1]!])
  visitor.cookies.set(app.host, new Map(pairs))
  return journey
}

export function locationOf(reply: Reply): string {
  const location = headersOf(reply).get('location')
  if (location === undefined) throw new Error(`${reply.status} without Location: ${String(reply.body).slice(0, 200)}`)
  return location
}

/** Target of the page's `http-equiv=refresh`. */
export function onwardOf(reply: Reply): string {
  const found = /<meta http-equiv="refresh" content="0; url=([^"]*)"/.exec(String(reply.body))
  if (!found) throw new Error('no http-equiv=refresh')
  return found[1]!.replaceAll('&amp;', '&')
}

export const fieldOf = (url: string, name: string): string | undefined =>
  fieldsOf(new URL(url, gateway.origin).search)(name)
