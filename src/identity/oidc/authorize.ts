// Builds the authorization request (OIDC Core 3.1.2.1): PKCE, state, nonce, PAR and the step-up parameters.

import { buildAuthorizationUrl, buildAuthorizationUrlWithPAR, calculatePKCECodeChallenge } from 'openid-client'
import type { ReturnContext, StepUp } from './return-context.ts'
import { canEndSession } from './end-session.ts'
import { kindParameters } from './kind-parameters.ts'
import type { Connection, Provider, Providers } from './provider.ts'
import type { SignInRateLimiter } from './sign-in-rate-limit.ts'
import { providerErrorOf, signInErrorOf, type SignInError } from './sign-in-error.ts'
import { clearChooseAccountCookie, hasChooseAccountCookie } from '../session/choose-account-cookie.ts'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../session/sessions.ts'
import { firstSignInParameters, stepUpParameters } from './step-up-parameters.ts'
import { issuerHashOf, redirectUriOf, type PendingSignIns } from './pending-sign-ins.ts'

export type AuthorizationStart =
  /** `cookies`: values for `Set-Cookie`. */
  | { readonly state: 'redirect'; readonly location: string; readonly cookies: readonly string[] }
  | { readonly state: 'failed'; readonly failure: SignInError }

export interface AuthorizationRequest {
  readonly provider: string
  readonly returnContext: ReturnContext | undefined
  readonly stepUp: StepUp | undefined
  /** What the application asks of everybody, when there is no step-up: asked for without insisting. Absent: nothing. */
  readonly level?: StepUp['level'] | undefined
  /** Session of this browser. Absent: none. */
  readonly session?: Session | undefined
  readonly loginHint: string | undefined
  /** Cookie field of the request: other sign-ins that this browser has begun. */
  readonly cookies: string | undefined
  /** Address of the client. */
  readonly address: string
  /** Of the request, for the log. */
  readonly requestId?: string
}

export interface AuthorizeDependencies {
  readonly providers: Providers
  readonly pending: Pick<PendingSignIns, 'begin'>
  readonly sessions: Pick<Sessions, 'withTokens'>
  readonly rate: Pick<SignInRateLimiter, 'acquire'>
  /** Origin of the gateway, from the configuration: never from a request (RFC 9700 section 4.1). */
  readonly origin: () => string
  readonly now: () => number
}

/**
 * Returns the redirect, and the pending sign-in as a cookie: nothing is stored for an unknown client. Errors of the
 * provider are returned as values; it does not reject for them.
 */
export async function authorize(deps: AuthorizeDependencies, start: AuthorizationRequest): Promise<AuthorizationStart> {
  const { providers, pending, now } = deps
  const provider = providers.get(start.provider)
  if (!provider) return failed({ code: 'provider_refused', detail: 'no such provider' })
  if (!deps.rate.acquire(start.address)) return failed({ code: 'throttled', detail: 'sign_ins' })
  try {
    const connection = await provider.connect()
    const { configuration, metadata } = connection
    const redirectUri = redirectUriOf(deps.origin(), start.provider)
    const stepUpRequest = start.stepUp && stepUpParameters(provider.settings, start.stepUp, metadata)
    // The provider would only repeat what it has stated.
    if (
      start.session !== undefined &&
      start.stepUp !== undefined &&
      isEmpty(stepUpRequest) &&
      !isRestatement(start.stepUp)
    )
      return failed({ code: 'step_up_unavailable', detail: 'nothing_to_ask_for' })
    const begun = pending.begin(
      {
        provider: start.provider,
        issuerHash: issuerHashOf(metadata),
        returnContext: start.returnContext,
        stepUp: start.stepUp,
        maxAge: stepUpRequest?.max_age === undefined ? undefined : Number(stepUpRequest.max_age),
        begunAt: now(),
      },
      start.cookies,
    )
    const { state, nonce, verifier } = begun
    const hint = start.loginHint?.trim()
    const prompt = await ownPrompt(deps, start, provider, connection)
    const parameters: Record<string, string> = {
      ...(prompt !== undefined && { prompt }),
      ...(start.level !== undefined && firstSignInParameters(provider.settings, start.level)),
      ...provider.settings.authorizationParams,
      response_type: 'code',
      response_mode: 'query',
      redirect_uri: redirectUri,
      scope: provider.scopes.requested(metadata).join(' '),
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(hint && /^[^\p{Cc}]{1,254}$/u.test(hint) && { login_hint: hint }),
      ...kindParameters(provider.settings),
      ...stepUpRequest,
    }
    // RFC 9126: with a pushed authorization request none of the parameters pass through the browser.
    const location = metadata.pushed_authorization_request_endpoint
      ? await buildAuthorizationUrlWithPAR(configuration, parameters)
      : buildAuthorizationUrl(configuration, parameters)
    const chosen = hasChooseAccountCookie(start.cookies) ? [clearChooseAccountCookie()] : []
    return { state: 'redirect', location: location.href, cookies: [...begun.cookies, ...chosen] }
  } catch (error) {
    const fault = providerErrorOf(error)
    if (fault.kind === 'refused' && fault.error === 'invalid_scope') {
      await provider.connect().then(({ metadata }) => provider.scopes.refused(metadata))
    }
    if (fault.kind === 'refused') return failed(signInErrorOf(fault))
    provider.recheck()
    return failed({ code: 'provider_unreachable', detail: fault.detail })
  }
}

/** OIDC Core 3.1.2.1; undefined: the provider decides what to show. `authorization_params` and step-ups come before it. */
async function ownPrompt(
  { sessions }: AuthorizeDependencies,
  { cookies, session, stepUp }: AuthorizationRequest,
  { settings }: Provider,
  connection: Connection,
): Promise<string | undefined> {
  if (stepUp?.silent) return undefined
  const values: string[] = []
  // After a sign-out the provider would sign in the same account again without a word, also for another person at this browser.
  // GitLab answers with an error: it has no page for it.
  const choose = !stepUp && hasChooseAccountCookie(cookies) && settings.kind !== 'gitlab'
  const listed = connection.metadata['prompt_values_supported']
  const known = !Array.isArray(listed) || listed.includes('select_account')
  if (choose && known && !canEndSession(connection, settings)) values.push('select_account')
  if (settings.kind === 'google' && !(await holdsRefreshToken(sessions, session))) values.push('consent')
  return values.length === 0 ? undefined : values.join(' ')
}

/**
 * Google issues a refresh token at a consent only: without one the session would end after an hour, although the account is
 * fine.
 */
async function holdsRefreshToken(
  sessions: Pick<Sessions, 'withTokens'>,
  session: Session | undefined,
): Promise<boolean> {
  if (session === undefined) return false
  const found = await sessions.withTokens(session.id)
  return found.state === 'live' && found.session.tokens.refresh !== undefined
}

/** Any authentication, however old: to have the claims stated again is the purpose. */
function isRestatement({ level, silent }: StepUp): boolean {
  return level === 'any' || silent === true
}

function isEmpty(parameters: object | undefined): boolean {
  return parameters === undefined || Object.keys(parameters).length === 0
}

function failed(failure: SignInError): AuthorizationStart {
  return { state: 'failed', failure }
}
