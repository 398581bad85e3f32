// Sign-in page with the choice of identity provider, and the page for a failed sign-in.

import { html, type Html } from '../kit/html.ts'
import { icon, type Icon } from '../kit/icons.ts'
import { message, type Message } from '../kit/layout.ts'
import { failureWords } from './sign-in-failure-messages.ts'
import { words, type Words } from './sign-in-messages.ts'
import { aboutSignIn } from '../kit/own-sentences.ts'
import { faceOf, language, page, type PageRequest, type Reply } from '../kit/reply.ts'
import type { SignInErrorCode } from '../../identity/oidc/sign-in.ts'

export interface ProviderChoice {
  /** URL parameter of the return context; undefined leads to the portal. */
  readonly journey: string | undefined
  readonly app: { readonly title: string } | undefined
  readonly providers: readonly { readonly name: string; readonly title: string }[]
  /** Whether a provider can be found by e-mail domain (home realm discovery). */
  readonly byEmail: boolean
  /** The address as typed, when no provider has its domain. */
  readonly unknownEmail: string | undefined
}

export function choicePage(request: PageRequest, choice: ProviderChoice): Reply {
  const say = words[language(request)]
  const status = choice.unknownEmail === undefined ? 200 : 422
  const face = faceOf(request)
  return page(request, status, {
    title: say.title,
    main: html`<section class="card message">
        <div class="emblem calm">${icon('key')}</div>
        <h1>${say.title}</h1>
        <div class="lead">
          <p>${choice.app ? html`${say.toOpen} <strong>${choice.app.title}</strong>` : say.toContinue}</p>
        </div>
        ${choice.byEmail && emailForm(choice, say)}
        ${choice.byEmail && choice.providers.length > 0 && html`<p class="or">${say.or}</p>`}
        ${choice.providers.length > 0 && providerList(choice, say)}
      </section>
      ${face.gateway !== '' && html`<div class="own-words beside">${aboutSignIn(face.gateway, language(request))}</div>`}`,
  })
}

export function signInFailedPage(
  request: PageRequest,
  failed: {
    readonly code: SignInErrorCode
    readonly again: string
    readonly signedIn: boolean
    readonly sealed?: boolean
  },
): Reply {
  const say = words[language(request)]
  const about = failureWords[language(request)][failed.code]
  const { status, icon, tone, retryAfter, forAll, comesBack = false } = failures[failed.code]
  return page(
    request,
    status,
    {
      title: about.heading,
      help: true,
      // The beginning of a sign-in may be repeated; the answer of a provider, and what is throttled, may not.
      waits: comesBack && request.method === 'GET' && request.path === '/sign-in',
      main: message({
        icon,
        tone,
        heading: about.heading,
        lead: html`<p>${about.why}</p>
          <p>${about.advice}</p>`,
        actions: [
          { label: say.again, href: failed.again },
          ...(failed.signedIn ? [{ label: say.toApps, href: '/' }] : []),
          // Emergency codes need no provider, so they are offered where no user can sign in at it.
          ...(failed.sealed && forAll ? [{ label: say.sealed, href: '/emergency' }] : []),
        ],
      }),
    },
    retryAfter === undefined ? [] : ['Retry-After', String(retryAfter)],
  )
}

/** Path of the sign-in page on the gateway host. */
export function signInPath(journey: string | undefined, provider?: string): string {
  const parameters = new URLSearchParams()
  if (journey !== undefined) parameters.set('journey', journey)
  if (provider !== undefined) parameters.set('provider', provider)
  return parameters.size === 0 ? '/sign-in' : `/sign-in?${parameters}`
}

function providerList(choice: ProviderChoice, say: Words): Html {
  return html`<ul class="providers" aria-label="${say.providers}">
    ${choice.providers.map(
      (provider) =>
        html`<li>
          <a class="provider" href="${signInPath(choice.journey, provider.name)}">
            <span class="initial" aria-hidden="true">${initial(provider.title)}</span>
            <span>${provider.title}</span>
            ${icon('arrow')}
          </a>
        </li>`,
    )}
  </ul>`
}

function emailForm(choice: ProviderChoice, say: Words): Html {
  const wrong = choice.unknownEmail !== undefined
  return html`<form method="post" action="/sign-in">
    ${choice.journey !== undefined && html`<input type="hidden" name="journey" value="${choice.journey}" />`}
    <div class="field">
      <label for="email">${say.email}</label>
      <div class="row">
        <input
          id="email"
          name="email"
          type="email"
          autocomplete="username"
          autocapitalize="none"
          spellcheck="false"
          maxlength="254"
          required
          ${wrong && html`aria-invalid="true" aria-describedby="email-error" autofocus`}
          value="${choice.unknownEmail}"
        />
        <button class="button primary" type="submit">${say.go}</button>
      </div>
      ${wrong && html`<p class="error" id="email-error">${say.unknownEmail}</p>`}
    </div>
  </form>`
}

export function initial(title: string): string {
  return title.match(/[\p{L}\p{N}]/u)?.[0].toUpperCase() ?? '·'
}

interface Failure {
  readonly status: number
  readonly icon: Icon
  readonly tone: Message['tone']
  /** Seconds. */
  readonly retryAfter?: number
  /** The cause ends by itself. */
  readonly comesBack?: true
  /** The cause is between provider and gateway, so that every sign-in there fails. */
  readonly forAll?: true
}

const failures: Readonly<Record<SignInErrorCode, Failure>> = {
  transaction_unknown: { status: 400, icon: 'clock', tone: 'wait' },
  browser_mismatch: { status: 400, icon: 'compass', tone: 'wait' },
  response_invalid: { status: 400, icon: 'alert', tone: 'wait' },
  provider_error: { status: 400, icon: 'plug', tone: 'wait' },
  provider_refused: { status: 403, icon: 'lock', tone: 'stop' },
  client_rejected: { status: 502, icon: 'plug', tone: 'stop', forAll: true },
  scope_refused: { status: 400, icon: 'plug', tone: 'stop', forAll: true },
  cancelled: { status: 403, icon: 'person', tone: 'calm' },
  account_not_allowed: { status: 403, icon: 'person', tone: 'stop' },
  token_invalid: { status: 502, icon: 'alert', tone: 'stop' },
  clock_skew: { status: 502, icon: 'clock', tone: 'stop', forAll: true },
  step_up_not_proven: { status: 403, icon: 'phone', tone: 'wait' },
  auth_time_missing: { status: 403, icon: 'clock', tone: 'stop' },
  step_up_unavailable: { status: 403, icon: 'phone', tone: 'stop' },
  other_account: { status: 403, icon: 'person', tone: 'wait' },
  provider_unreachable: { status: 503, icon: 'plug', tone: 'wait', retryAfter: 30, forAll: true, comesBack: true },
  signing_key_unknown: { status: 503, icon: 'key', tone: 'wait', retryAfter: 10, forAll: true, comesBack: true },
  store_unreachable: { status: 503, icon: 'plug', tone: 'wait', retryAfter: 30, comesBack: true },
  throttled: { status: 429, icon: 'clock', tone: 'wait', retryAfter: 60 },
}
