// Page fixtures with realistic content, including long names: every built-in page.

import { challenge } from '../../src/web/errors/challenge.ts'
import { deniedPage, type DeniedView } from '../../src/web/errors/denied-page.ts'
import {
  badForm,
  badRequest,
  headersRefused,
  methodNotAccepted,
  tooManyCookies,
  internalServerError,
  methodNotAllowed,
  notFound,
  formNotPassedOn,
  frameOfOtherSite,
  sessionEnded,
  unavailable,
  unknownHost,
  upstreamUnavailable,
} from '../../src/web/errors/error-pages.ts'
import { redirectPage } from '../../src/web/sign-in/redirect-page.ts'
import { sendAgainPage } from '../../src/web/cross-site-posts/send-again-page.ts'
import { framedSignInPage, waitingPage } from '../../src/web/sign-in/framed-sign-in-page.ts'
import { signedInPage } from '../../src/web/sign-in/signed-in.ts'
import { portalPage } from '../../src/web/portal/portal-page.ts'
import { sessionsPage } from '../../src/web/portal/sessions-page.ts'
import { choicePage, signInFailedPage } from '../../src/web/sign-in/sign-in-page.ts'
import { askSignOutPage, signedOutPage } from '../../src/web/sign-in/sign-out-page.ts'
import type { Session } from '../../src/identity/session/session.ts'
import type { SignInErrorCode } from '../../src/identity/oidc/sign-in.ts'
import type { Decision, Remedy } from '../../src/policy/decision.ts'
import type { ReasonCode } from '../../src/policy/reasons.ts'
import type { Device } from '../../src/policy/device.ts'
import type { AppView } from '../../src/web/kit/dependencies.ts'
import type { Face } from '../../src/web/kit/face.ts'
import type { Language } from '../../src/web/kit/language.ts'
import type { PageRequest, Reply } from '../../src/web/kit/reply.ts'

import { emergencyGallery } from './emergency-fixtures.ts'
import { guestGallery, passkeyGallery } from './guest-page-fixtures.ts'
import { registerGallery } from './register-fixtures.ts'
import { noAsking, requestGallery } from './request-page-fixtures.ts'

/** Monday, 30 November 2026, 14:00 in Berlin. */
export const now = Date.parse('2026-11-30T13:00:00Z')
const hour = 3_600_000

export function pageRequest(changes: Partial<PageRequest> & { headers?: Record<string, string> } = {}): PageRequest {
  const { headers = {}, ...rest } = changes
  return {
    id: '01JDK4Q8Z3M7P2X9',
    method: 'GET',
    scheme: 'https',
    host: 'access.example.com',
    path: '/',
    query: '',
    header: (name) => headers[name],
    address: '192.0.2.7',
    client: '192.0.2.7',
    port: 50_000,
    navigation: true,
    framed: false,
    text: () => Promise.resolve(''),
    ...rest,
  }
}

export function decision(changes: Partial<Decision> & { codes?: readonly ReasonCode[] } = {}): Decision {
  const { codes = [], ...rest } = changes
  return {
    effect: 'allow',
    rule: 'staff',
    reasons: codes.map((code) => ({ code, parameters: parametersOf(code) })),
    remedy: undefined,
    limits: { download: undefined, upload: undefined },
    validUntil: now + 60_000,
    grant: undefined,
    monitored: undefined,
    ...rest,
  }
}

export function session(changes: Partial<Session> = {}): Session {
  return {
    id: 'q3Zk0b1tT0mR4cQbJ8u7Ag',
    subject: {
      provider: 'company',
      sub: '248289761001',
      email: 'ada.lovelace@example.com',
      name: 'Ada Lovelace',
      username: 'ada',
      groups: ['staff'],
      groupsComplete: true,
      claims: {},
      external: false,
    },
    authentication: { acr: '2', amr: ['pwd', 'otp'], authTime: now - hour, mfa: true, phishingResistant: false },
    providerSession: undefined,
    createdAt: now - hour,
    endsAt: now + 9 * hour,
    idle: hour,
    validatedAt: now,
    revalidateAt: now + 300_000,
    generation: 1,
    version: 1,
    device: undefined,
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    address: '192.0.2.7',
    ended: undefined,
    ...changes,
  }
}

export const failureCodes: readonly SignInErrorCode[] = [
  'transaction_unknown',
  'browser_mismatch',
  'provider_refused',
  'provider_error',
  'response_invalid',
  'account_not_allowed',
  'cancelled',
  'client_rejected',
  'token_invalid',
  'clock_skew',
  'auth_time_missing',
  'signing_key_unknown',
  'scope_refused',
  'step_up_not_proven',
  'step_up_unavailable',
  'other_account',
  'provider_unreachable',
  'store_unreachable',
  'throttled',
]

/** Name and page as rendered over https in the given language. */
export function renderAllPages(language: Language, face?: Face): ReadonlyMap<string, Reply> {
  const request = pageRequest({ face, headers: { 'accept-language': language } })
  const again = '/sign-in?journey=abc'
  const wiki = { title: 'Wiki', origin: 'https://wiki.example.com', owner: 'it@example.com' }
  const choice = {
    journey: 'abc',
    app: wiki,
    providers: [
      { name: 'company', title: 'Example AG' },
      { name: 'partners', title: 'Partners and suppliers' },
      { name: 'group', title: 'Beispiel Donaudampfschifffahrtsgesellschaft Holding' },
    ],
    byEmail: true,
    unknownEmail: undefined,
  }
  const decided = {
    app: wiki,
    viewer: session().subject,
    gateway: 'https://access.example.com',
    signIn: undefined,
    again: 'https://wiki.example.com/page/7',
    timeZone: 'Europe/Berlin',
    now,
  }
  const refuse = (remedy: Remedy | undefined, codes: readonly ReasonCode[], rest: Partial<DeniedView> = {}): Reply =>
    deniedPage(request, 403, { ...decided, decision: decision({ effect: 'deny', remedy, codes }), ...rest })
  return new Map([
    ...requestGallery({ request, session: session(), now, decision }),
    ...emergencyGallery({ request, session: session(), now, decision }, portal()),
    ...guestGallery(request),
    ...registerGallery(request, { session: session(), now }),
    ['sign-in', choicePage(request, choice)],
    [
      'sign-in-two',
      choicePage(request, { ...choice, app: undefined, byEmail: false, providers: choice.providers.slice(0, 2) }),
    ],
    ['sign-in-unknown-email', choicePage(request, { ...choice, unknownEmail: 'someone@elsewhere.example' })],
    ...failureCodes.map((code): [string, Reply] => [
      `failed-${code}`,
      signInFailedPage(request, { code, again, signedIn: code === 'step_up_not_proven' || code === 'other_account' }),
    ]),
    ['onward', redirectPage(request, { location: 'https://login.example.com/authorize?a=1&b=2', reason: 'sign_in' })],
    ['onward-sign-out', redirectPage(request, { location: 'https://login.example.com/logout', reason: 'sign_out' })],
    ['portal', portalPage(request, portal())],
    ['portal-empty', portalPage(request, { ...portal(), apps: [], grants: [] })],
    ['portal-many', portalPage(request, { ...portal(), apps: manyApps(language), grants: [] })],
    ['portal-found', portalPage(request, { ...portal(), apps: manyApps(language), grants: [], query: 'lager' })],
    ['portal-nothing', portalPage(request, { ...portal(), apps: manyApps(language), grants: [], query: 'x-ray' })],
    ['portal-guest', portalPage(request, guestPortal())],
    ['sessions', sessionsPage(request, ownSessions())],
    ['denied-ask', refuse({ kind: 'ask_owner' }, ['not_in_group', 'grant_required'])],
    ['denied-rule', refuse(undefined, ['denied_by_rule'], { app: { ...wiki, owner: undefined } })],
    ['denied-wait', refuse({ kind: 'wait', until: now + 18 * hour }, ['outside_schedule'])],
    ['denied-device', refuse({ kind: 'use_other_device' }, ['device_not_compliant', 'os_too_old'])],
    ['denied-network', refuse({ kind: 'use_other_network' }, ['network_not_allowed'])],
    [
      'denied-origin',
      deniedPage(request, 403, {
        ...decided,
        decision: {
          effect: 'deny',
          reasons: [
            {
              code: 'origin_not_allowed',
              parameters: { origin: 'https://shop.example.com', host: 'shop.example.com' },
            },
          ],
          remedy: { kind: 'ask_owner' },
        },
      }),
    ],
    ['denied-later', refuse({ kind: 'try_again' }, ['posture_unreachable'])],
    [
      'denied-step-up',
      refuse({ kind: 'step_up', level: 'mfa', maxAge: undefined }, ['mfa_required'], {
        signIn: `https://access.example.com${again}`,
      }),
    ],
    ['sign-out', askSignOutPage(request, { viewer: session().subject, app: undefined })],
    ['signed-out', signedOutPage(request, { ended: true, apps: [], again: '/sign-in' })],
    ['not-signed-in', signedOutPage(request, { ended: false, apps: [], again: '/sign-in' })],
    ['to-sign-out', redirectPage(request, { location: '/sign-out?app=wiki', reason: 'to_sign_out' })],
    ['not-found', notFound(request)],
    ['unknown-host', unknownHost(request)],
    ['method-not-allowed', methodNotAllowed(request, ['GET', 'HEAD'])],
    ['bad-request', badRequest(request)],
    [
      'method-not-accepted',
      methodNotAccepted(request, 'PROPFIND', { name: 'erp', title: 'ERP', owner: 'it@example.com' }),
    ],
    ['too-many-cookies', tooManyCookies(request)],
    ['headers-refused', headersRefused(request, { title: 'ERP', owner: 'it@example.com' })],
    ['foreign-form', badForm(request, 'foreign')],
    ['bad-gateway', upstreamUnavailable(request, 502, wiki, 'https://wiki.example.com/page/7')],
    ['gateway-timeout', upstreamUnavailable(request, 504, wiki, undefined)],
    ['unavailable', unavailable(request, '/')],
    ['incident', internalServerError(request)],
    ['session-ended', sessionEnded(request, wiki, `https://access.example.com${again}`, [])],
    ['session-none', sessionEnded(request, wiki, `https://access.example.com${again}`, [], false)],
    ['form-too-large', formNotPassedOn(request, 'form_too_large', wiki)],
    ['form-type', formNotPassedOn(request, 'form_type', wiki)],
    ['form-unreadable', formNotPassedOn(request, 'form_unreadable', wiki)],
    ['form-busy', formNotPassedOn(request, 'form_busy', wiki)],
    ['frame-of-other-site', frameOfOtherSite(request, wiki, 'https://wiki.example.com/page/7')],
    [
      'challenge-other-account',
      challenge(request, 'GET', {
        decision: decision({
          effect: 'challenge',
          remedy: { kind: 'sign_in', provider: undefined },
          codes: ['provider_not_allowed'],
        }),
        app: wiki,
        viewer: session().subject,
        gateway: 'https://access.example.com',
        signIn: `https://access.example.com${again}`,
        again: undefined,
        timeZone: 'Europe/Berlin',
        now,
        acrValues: [],
        cookies: [],
      }),
    ],
  ])
}

/** Pages with a line of script, or for frames, which the policy of all other pages forbids. */
export function renderSpecialPages(language: 'en' | 'de'): ReadonlyMap<string, Reply> {
  const request = pageRequest({ headers: { 'accept-language': language } })
  const frame = { embedders: ['https://wiki.example.com', 'https://portal.example.com'], otherSite: false }
  const framed = { ...request, framed: true, frame }
  const shown = { app: { title: 'Dashboards' }, inTab: '/sign-in?journey=a.b', waiting: '/sign-in/waiting?journey=a.b' }
  const fields = [
    { name: 'SAMLResponse', value: 'PHNhbWxwOlJlc3BvbnNl' },
    { name: '_charset_', value: 'utf-8' },
    { name: '"></form><script>alert(1)</script>', value: `'"><script>alert(2)</script>\r\n\u0080` },
  ]
  return new Map([
    ['send-again', sendAgainPage(request, { title: 'Wiki' }, fields)],
    ['send-again-framed', sendAgainPage(framed, { title: 'Wiki' }, fields)],
    ['signed-in-window', signedInPage(request, 'https://access.example.com/')],
    ['framed-sign-in', framedSignInPage(framed, { ...shown, stepUp: false })],
    ['framed-step-up', framedSignInPage(framed, { ...shown, stepUp: true })],
    ['waiting', waitingPage(framed, 'waits', 'a.b')],
    ['waiting-signed-in', waitingPage(framed, 'signed_in', 'a.b')],
    ['waiting-gave-up', waitingPage(framed, 'gave_up', 'a.b')],
    ['framed-bad-gateway', upstreamUnavailable(framed, 502, { title: 'Wiki', owner: undefined }, undefined)],
    ...passkeyGallery(request, { session: session(), now }),
  ])
}

type Shown = Parameters<typeof portalPage>[1]['apps'][number] & AppView

const laptop: Device = {
  state: 'known',
  posture: {
    deviceId: 'laptop-0815',
    source: 'inventory',
    observedAt: now - 300_000,
    managed: true,
    owner: undefined,
    compliant: undefined,
    diskEncrypted: true,
    os: { name: 'Windows', version: '10.0.22631' },
    screenLock: undefined,
    firewall: undefined,
    antivirus: undefined,
    risk: undefined,
  },
}

function portal(): Parameters<typeof portalPage>[1] {
  const app = (name: string, title: string, rest: Partial<Shown> = {}): Shown => ({
    name,
    title,
    origin: `https://${name}.example.com`,
    owner: undefined,
    decision: decision(),
    closesAt: undefined,
    timeZone: undefined,
    asking: noAsking,
    ...rest,
  })
  const askFirst = (reason: 'grant_required' | 'grant_expired') =>
    decision({ effect: 'challenge', remedy: { kind: 'request_access' }, codes: [reason] })
  return {
    session: session(),
    nav: { current: 'apps', awaitingCount: 3 },
    notice: undefined,
    apps: [
      app('wiki', 'Wiki'),
      app('tickets', 'Tickets', { closesAt: now + 3 * hour }),
      app('erp', 'ERP', {
        decision: decision({
          effect: 'challenge',
          remedy: { kind: 'step_up', level: 'mfa', maxAge: undefined },
          codes: ['mfa_too_old'],
        }),
      }),
      app('payroll', 'Payroll', {
        decision: decision({
          effect: 'deny',
          remedy: { kind: 'wait', until: now + 18 * hour },
          codes: ['outside_schedule'],
        }),
      }),
      app('design', 'Design library', {
        decision: decision({ effect: 'deny', remedy: { kind: 'use_other_device' }, codes: ['device_not_compliant'] }),
      }),
      app('machines', 'Machine control', {
        decision: askFirst('grant_required'),
        asking: { ...noAsking, ask: 'https://access.example.com/requests/new?app=machines' },
      }),
      app('books', 'Books', {
        decision: askFirst('grant_expired'),
        asking: {
          ...noAsking,
          ask: 'https://access.example.com/requests/new?app=books',
          ended: { at: now - 2 * hour, early: false },
        },
      }),
      app('archive', 'Archive', {
        decision: askFirst('grant_required'),
        asking: { ...noAsking, pending: { href: 'https://access.example.com/requests/x-1', at: now - hour } },
      }),
      app('very-long-name-of-an-internal-application.department', 'Kraftfahrzeughaftpflichtversicherungsverwaltung'),
    ],
    grants: [
      {
        id: 'g1',
        title: 'Machine control',
        request: undefined,
        mayAsk: false,
        who: 'company|248289761001',
        app: 'machines',
        level: 'full',
        from: now - hour,
        until: now + 27 * hour,
        schedule: undefined,
        sponsor: 'it@example.com',
        reason: 'Maintenance of line 4',
        origin: 'configuration',
        givenBy: 'configuration',
        revokedAt: undefined,
      },
      {
        id: 'g2',
        title: 'ERP',
        request: 'k3V9s0pQ-4',
        mayAsk: true,
        who: 'company|248289761001',
        app: 'erp',
        level: 'read',
        from: now - hour,
        until: now + 14 * 60_000,
        schedule: undefined,
        sponsor: undefined,
        reason: undefined,
        origin: 'runtime',
        givenBy: 'it',
        revokedAt: undefined,
      },
    ],
    timeZone: 'Europe/Berlin',
    now,
  }
}

function ownSessions(): Parameters<typeof sessionsPage>[1] {
  return {
    session: session(),
    nav: { current: 'sessions', awaitingCount: undefined },
    devices: new Map([['laptop-0815', laptop]]),
    sessions: [
      session(),
      session({
        id: 'b',
        device: 'laptop-0815',
        createdAt: now - 30 * hour,
        userAgent:
          'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
        address: '2001:db8:85a3:8d3:1319:8a2e:370:7348',
      }),
      session({ id: 'c', device: 'tablet-7', createdAt: now - 20_000, userAgent: undefined, address: undefined }),
    ],
    timeZone: 'Europe/Berlin',
    now,
  }
}

function guestPortal(): Parameters<typeof portalPage>[1] {
  const all = portal()
  const guest = session({ subject: { ...session().subject, external: true } })
  return { ...all, session: guest, apps: all.apps.slice(0, 1), grants: [] }
}

/** 34 applications of a company in four groups, some used lately, some not simply open. */
function manyApps(language: Language): Parameters<typeof portalPage>[1]['apps'] {
  const names: Readonly<Record<string, readonly string[]>> = {
    [language === 'de' ? 'Büro' : 'Office']: [
      'Wiki',
      'Tickets',
      'Calendar',
      'Mail',
      'Travel',
      'Time sheets',
      'Phone book',
      'Canteen',
      'Rooms',
    ],
    [language === 'de' ? 'Produktion' : 'Production']: [
      'ERP',
      'Machines',
      'Lagerverwaltung',
      'Quality',
      'Labels',
      'Energy',
      'Shifts',
      'Spare parts',
      'Recipes',
    ],
    [language === 'de' ? 'Entwicklung' : 'Development']: [
      'Git',
      'Builds',
      'Registry',
      'Grafana',
      'Logs',
      'Sentry',
      'Design library',
      'Staging',
    ],
    [language === 'de' ? 'Verwaltung' : 'Administration']: [
      'Payroll',
      'Books',
      'Contracts',
      'Applicants',
      'Archive',
      'Banking',
      'Reporting',
      'Board',
    ],
  }
  const states = portal().apps
  return Object.entries(names).flatMap(([group, titles], section) =>
    titles.map((title, index) => {
      const name = title.toLowerCase().replaceAll(' ', '-')
      const like = section === 3 || title === 'Machines' ? states[(index + 2) % 8]! : states[0]!
      return {
        ...like,
        name,
        title,
        origin: `https://${name}.example.com`,
        lastUsed: index === 1 || title === 'Wiki' ? now - section * hour : undefined,
        portal: {
          icon: undefined,
          description:
            title === 'Lagerverwaltung' ? { en: 'Stock and deliveries', de: 'Bestand und Lieferungen' } : undefined,
          group: { en: group, de: group },
        },
      }
    }),
  )
}

function parametersOf(code: ReasonCode): Record<string, string> {
  const particular: Partial<Record<ReasonCode, Record<string, string>>> = {
    outside_schedule: { opens: '2026-12-01T08:00:00+01:00[Europe/Berlin]' },
    device_not_compliant: { attribute: 'disk_encrypted' },
    os_too_old: { system: 'Windows', minimum: '10.0.22631', version: '10.0.19045' },
    network_not_allowed: { networks: 'office, vpn' },
    mfa_too_old: { max_age: 'PT12H' },
  }
  return { app: 'wiki', ...particular[code] }
}
