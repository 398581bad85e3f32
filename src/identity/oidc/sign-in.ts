// OIDC sign-in: authorization request, provider choice (home realm discovery), callback, handoff to the app host, logout.

import type { Recorder } from '../../audit/event.ts'
import type { GatewaySettings } from '../../config/configuration.ts'
import { asciiDomain } from '../../net/domain-names.ts'
import type { Seal } from '../../store/seal.ts'
import type { Store } from '../../store/store.ts'
import { authorize, type AuthorizationStart, type AuthorizationRequest } from './authorize.ts'
import { callback, type AuthorizationResponse, type CallbackResult } from './callback.ts'
import type { ReturnContext } from './return-context.ts'
import { createReturnContexts, type ReturnContexts } from './return-contexts.ts'
import { createLogout } from './logout.ts'
import type { Providers } from './provider.ts'
import type { ReleaseTokens } from '../session/released-tokens.ts'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../session/sessions.ts'
import type { SignInRateLimiter } from './sign-in-rate-limit.ts'
import { createHandoffTickets, type HandoffArrival, type HandoffResult } from './handoff-ticket.ts'
import { createHostChains, type HostChains } from './host-chain.ts'
import { createHostTickets } from './host-tickets.ts'
import { createParallelSignIns } from './parallel-sign-ins.ts'
import { createPendingSignIns, signInLifetime } from './pending-sign-ins.ts'
import { createSignOutNotes, type SignOutNotes } from './sign-out-notes.ts'
import { createTokenLock } from './token-lock.ts'
import { createFormDrafts, type FormDrafts } from './form-drafts.ts'

export type { AuthorizationStart } from './authorize.ts'
export type { CallbackResult } from './callback.ts'
export type { Destination, ReturnContext, StepUp } from './return-context.ts'
export type { SignInError, SignInErrorCode } from './sign-in-error.ts'
export type { HandoffResult } from './handoff-ticket.ts'
export type { ChainStep } from './host-chain.ts'

/** `drafts`, `ticket` and `redeemTicket` reject with `StoreUnreachable`; the others never reject. */
export interface SignIn {
  readonly returnContexts: Pick<ReturnContexts, 'create' | 'open' | 'seal'>
  readonly drafts: FormDrafts
  readonly signOutNotes: SignOutNotes
  providerChoices(): readonly { readonly name: string; readonly title: string }[]
  /** Home realm discovery: the provider whose `domains` contain the domain of the email address. */
  providerOf(email: string): string | undefined
  authorize(start: AuthorizationRequest): Promise<AuthorizationStart>
  /** `query`: query string of the callback, including its `?`. */
  callback(answer: AuthorizationResponse): Promise<CallbackResult>
  /** Issues a one-time ticket (30 s, bound to host and browser); returns the absolute URL on the app host that redeems it. */
  ticket(session: Session, returnContext: ReturnContext): Promise<string>
  /** `cookies`: Cookie field of the request on the app host. */
  redeemTicket(arrival: HandoffArrival): Promise<HandoffResult>
  /** Hands a session to all hosts of an app. */
  readonly chains: HostChains
  /** Value for `hint` of `logoutUrl`. Call before the session ends; never rejects. */
  logoutHint(session: Session): Promise<string | undefined>
  /** Where to send the browser after a local sign-out; undefined when the provider has no end_session_endpoint. */
  logoutUrl(session: Session, hint: string | undefined): Promise<string | undefined>
  /** OIDC Back-Channel Logout 1.0: ends the sessions that the logout token names. */
  backchannelLogout(
    provider: string,
    form: string,
  ): Promise<{ status: 200 | 400 | 501 | 503; error: string | undefined }>
}

export interface SignInOptions {
  /** Of the current configuration: redirects and return contexts follow a reload. */
  readonly gateway: () => Pick<GatewaySettings, 'origin' | 'host'>
  readonly providers: Providers
  readonly sessions: Sessions
  readonly store: Store
  readonly rate: SignInRateLimiter
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly record: Recorder
  readonly release: ReleaseTokens
  readonly now: () => number
}

export function createSignIn(options: SignInOptions): SignIn {
  const { gateway, providers, sessions, store, seal, rate, record, release, now } = options
  const origin = (): string => gateway().origin
  const pending = createPendingSignIns({ store, seal, now })
  const returnContexts = createReturnContexts({ seal, gatewayHost: () => gateway().host, now })
  const tickets = createHandoffTickets({ store, seal, sessions, returnContexts })
  const lock = createTokenLock(store)
  const reported = <Result extends AuthorizationStart | CallbackResult>(
    { provider }: { readonly provider: string },
    requestId: string | undefined,
    result: Result,
  ): Result => {
    const failures = providers.get(provider)?.failures
    if (result.state === 'failed') failures?.failed(result.failure, requestId ?? '')
    else if (result.state === 'signed_in') failures?.worked()
    return result
  }
  const parallel = createParallelSignIns({ store, seal, sessions, lifetime: signInLifetime })
  const logout = createLogout({ providers, sessions, store, origin, now })
  return {
    returnContexts,
    signOutNotes: createSignOutNotes(seal, now),
    drafts: createFormDrafts({ store, seal, rate, now }),
    providerChoices: () => providers.all().map(({ settings }) => ({ name: settings.name, title: settings.title })),
    providerOf(email) {
      const parts = email.trim().split('@')
      // With two `@` two parsers could read two domains: no match.
      const domain = parts.length === 2 ? asciiDomain(parts[1]!) : undefined
      if (domain === undefined) return undefined
      return providers.all().find(({ settings }) => settings.domains.includes(domain))?.settings.name
    },
    authorize: async (start) =>
      reported(start, start.requestId, await authorize({ providers, pending, sessions, rate, origin, now }, start)),
    callback: async (answer) =>
      reported(
        answer,
        answer.origin.requestId,
        await callback({ providers, pending, sessions, parallel, lock, release, origin, record, now }, answer),
      ),
    ticket: tickets.issue,
    redeemTicket: tickets.redeem,
    chains: createHostChains({
      seal,
      tickets: createHostTickets({ store, seal, sessions }),
      issue: tickets.issue,
      now,
    }),
    logoutHint: logout.hint,
    logoutUrl: logout.url,
    async backchannelLogout(provider, form) {
      const result = await logout.backchannel(provider, form)
      if (result.error !== undefined) providers.get(provider)?.failures.logoutRefused(result.error)
      return result
    },
  }
}
