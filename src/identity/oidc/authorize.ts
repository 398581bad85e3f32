// Builds the authorization request (OIDC Core 3.1.2.1): PKCE, state, nonce, PAR and the step-up parameters.

import {
  buildAuthorizationUrl,
  buildAuthorizationUrlWithPAR,
  calculatePKCECodeChallenge,
  type ServerMetadata,
} from 'openid-client'
import type { ProviderSettings } from '../../config/configuration.ts'
import type { ReturnContext, StepUp } from './return-context.ts'
import type { Providers } from './provider.ts'
import type { SignInRateLimiter } from './sign-in-rate-limit.ts'
import { providerErrorOf, signInErrorOf, type SignInError } from './sign-in-error.ts'
import { issuerHashOf, redirectUriOf, type PendingSignIns } from './pending-sign-ins.ts'

export type AuthorizationStart =
  /** `cookies`: values for `Set-Cookie`. */
  | { readonly state: 'redirect'; readonly location: string; readonly cookies: readonly string[] }
  | { readonly state: 'failed'; readonly failure: SignInError }

export interface AuthorizationRequest {
  readonly provider: string
  readonly returnContext: ReturnContext | undefined
  readonly stepUp: StepUp | undefined
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
    const { configuration, metadata } = await provider.connect()
    const redirectUri = redirectUriOf(deps.origin(), start.provider)
    const stepUpRequest = start.stepUp && stepUpParameters(provider.settings, start.stepUp, metadata)
    const { state, nonce, verifier, cookies } = pending.begin(
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
    const hint = start.loginHint?.trim()
    const parameters: Record<string, string> = {
      response_type: 'code',
      response_mode: 'query',
      redirect_uri: redirectUri,
      scope: [...new Set(['openid', ...provider.settings.scopes])].join(' '),
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(hint && /^[^\p{Cc}]{1,254}$/u.test(hint) && { login_hint: hint }),
      // Google has no offline_access scope: `access_type` requests the refresh token.
      ...(provider.settings.kind === 'google' && { access_type: 'offline', claims: googleClaims }),
      ...hostedDomain(provider.settings),
      ...stepUpRequest,
    }
    // RFC 9126: with a pushed authorization request none of the parameters pass through the browser.
    const location = metadata.pushed_authorization_request_endpoint
      ? await buildAuthorizationUrlWithPAR(configuration, parameters)
      : buildAuthorizationUrl(configuration, parameters)
    return { state: 'redirect', location: location.href, cookies }
  } catch (error) {
    const fault = providerErrorOf(error)
    if (fault.kind === 'refused') return failed(signInErrorOf(fault))
    provider.recheck()
    return failed({ code: 'provider_unreachable', detail: fault.detail })
  }
}

/**
 * OIDC Core 3.1.2.1: `acr_values` alone is voluntary. An essential `acr` claim (5.5.1.1), `max_age` and `prompt` oblige
 * the provider; the claims that come back are checked in any case.
 */
function stepUpParameters(
  { kind, stepUp, phishingResistant }: ProviderSettings,
  wanted: StepUp,
  metadata: ServerMetadata,
): Record<string, string> {
  const strict = wanted.level === 'phishing_resistant' && phishingResistant.acrAny.length > 0
  const values = strict ? phishingResistant.acrAny : wanted.level === 'any' ? [] : stepUp.acrValues
  const ages = wanted.silent ? [] : [wanted.maxAge, stepUp.maxAge].filter((age) => age !== undefined)
  const requestsClaim = kind === 'entra' || (stepUp.essential && metadata.claims_parameter_supported !== false)
  const essential = requestsClaim && values.length > 0
  // Microsoft's own claim for authentication contexts; it takes one value (Conditional Access developer guide).
  const claim =
    kind === 'entra' ? { acrs: { essential: true, value: values[0] } } : { acr: { essential: true, values } }
  return {
    // Core 5.5.1.1 does not define the combination of both, and some providers then ignore the essential claim.
    ...(values.length > 0 && !essential && { acr_values: values.join(' ') }),
    ...(essential && { claims: JSON.stringify({ id_token: claim }) }),
    ...(ages.length > 0 && { max_age: String(Math.floor(Math.min(...ages) / 1000)) }),
    // OIDC Core 3.1.2.1: `none` shows no page; the callback says so when one is needed.
    ...(wanted.silent ? { prompt: 'none' } : stepUp.prompt !== undefined && { prompt: stepUp.prompt }),
  }
}

/** Google states `auth_time` and `amr` only when the `claims` parameter requests them (Security bundle, June 2026). */
const googleClaims = JSON.stringify({ id_token: { auth_time: { essential: true }, amr: { essential: true } } })

/** Google then offers only accounts of the organisation; what comes back is checked (`verified-claims.ts`). */
function hostedDomain({ hostedDomains }: ProviderSettings): Record<string, string> {
  if (hostedDomains.length === 0) return {}
  return { hd: hostedDomains.length === 1 ? hostedDomains[0]! : '*' }
}

function failed(failure: SignInError): AuthorizationStart {
  return { state: 'failed', failure }
}
