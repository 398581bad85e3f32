// Authorization response (callback): checks state, browser binding, issuer and tokens, proves the step-up, then begins a session.

import { authorizationCodeGrant } from 'openid-client'
import { addressOf, type Actor, type Origin, type Recorder } from '../../audit/event.ts'
import { StoreUnreachable } from '../../store/store.ts'
import { authenticationOf, subjectOf } from './claims.ts'
import type { ReturnContext } from './return-context.ts'
import type { Provider, Providers } from './provider.ts'
import type { Session } from '../session/session.ts'
import type { Sessions, SignedIn } from '../session/sessions.ts'
import { providerErrorOf, SignInFailed, type ProviderError, type SignInError } from './sign-in-error.ts'
import {
  idTokenHint,
  verifyClaims,
  invalidIdTokenDetail,
  wrongDomain,
  type VerifyOptions,
  type Tokens,
} from './verified-claims.ts'
import { authorizationError, checkIssuer, checkSyntax, readParameters } from './authorization-response.ts'
import { unmetStepUp } from './step-up-proof.ts'
import { redirectUriOf, type PendingSignIn, type PendingSignIns, type SignInSecrets } from './pending-sign-ins.ts'
import { never } from '../../policy/never.ts'

/** `cookies`: values for `Set-Cookie`. */
export type CallbackResult = {
  readonly returnContext: ReturnContext | undefined
  readonly cookies: readonly string[]
} & (
  | { readonly state: 'signed_in'; readonly session: Session }
  | { readonly state: 'failed'; readonly failure: SignInError }
)

export interface AuthorizationResponse {
  readonly provider: string
  /** Query string of the callback, including its `?`. */
  readonly query: string
  /** Cookie field of the request. */
  readonly cookies: string | undefined
  /** Current session of this browser. */
  readonly previous: Session | undefined
  readonly origin: Origin
}

export interface CallbackDependencies {
  readonly providers: Providers
  readonly pending: Pick<PendingSignIns, 'find' | 'claim' | 'complete'>
  readonly sessions: Pick<Sessions, 'begin'>
  /** Origin of the gateway, from the configuration. */
  readonly origin: () => string
  readonly record: Recorder
  readonly now: () => number
}

/** Handles one callback. Never rejects; every outcome is recorded once. */
export async function callback(deps: CallbackDependencies, answer: AuthorizationResponse): Promise<CallbackResult> {
  const context: CallbackContext = { found: undefined, note: undefined }
  const end = (session: Session | undefined, failure: SignInError | undefined) => {
    record(deps, answer, context, session, failure)
    const { found } = context
    return { returnContext: found?.pending.returnContext, cookies: found ? [found.cookie] : [] }
  }
  try {
    const session = await completeSignIn(deps, answer, context)
    return { state: 'signed_in', session, ...end(session, undefined) }
  } catch (error) {
    const failure = failureOf(error)
    return { state: 'failed', failure, ...end(undefined, failure) }
  }
}

/** So that a failure is recorded and answered with what was read before it. */
interface CallbackContext {
  found: ReturnType<PendingSignIns['find']>
  /** For the audit of a successful sign-in. */
  note: 'email_unverified' | undefined
}

async function completeSignIn(
  deps: CallbackDependencies,
  answer: AuthorizationResponse,
  context: CallbackContext,
): Promise<Session> {
  const parameters = readParameters(answer.query)
  const state = parameters.get('state') ?? undefined
  const found = deps.pending.find(state, answer.cookies)
  context.found = found
  checkSyntax(answer.query, parameters)
  // RFC 6749 section 10.12 (login CSRF): the request must have started in this browser, or another user's sign-in could
  // be injected. Without any cookie of ours it was another browser, or one that keeps no cookies.
  if (!found && !answer.cookies?.includes('__Host-einlass')) throw new SignInFailed('browser_mismatch', 'no_cookie')
  if (!found) throw new SignInFailed('transaction_unknown', 'state')
  if (found.expired) throw new SignInFailed('transaction_unknown', 'expired')
  const { pending, secrets } = found
  // RFC 9700 section 4.4 (mix-up): a code of one provider is never sent to the token endpoint of another.
  if (answer.provider !== pending.provider) throw new SignInFailed('response_invalid', 'provider_mismatch')
  const provider = deps.providers.get(pending.provider)
  if (!provider) throw new SignInFailed('transaction_unknown', 'no such provider')
  const connection = await provider.connect()
  checkIssuer(parameters, connection, pending)
  if (parameters.get('error') === 'invalid_scope') provider.scopes.refused(connection.metadata)
  if (parameters.has('error')) throw authorizationError(parameters.get('error')!)
  if (!parameters.get('code')) throw new SignInFailed('response_invalid', 'code_missing')
  if (!(await deps.pending.claim(secrets.state))) throw new SignInFailed('transaction_unknown', 'used')
  const options: VerifyOptions = {
    connection,
    settings: provider.settings,
    groups: provider.groups,
    expected: {
      nonce: { required: secrets.nonce },
      authTimeRequired: pending.maxAge !== undefined,
      now: deps.now(),
    },
    expectedSub: undefined,
  }
  const redirectUri = redirectUriOf(deps.origin(), pending.provider)
  const tokens = await exchange(provider, options, { secrets, redirectUri, parameters })
  if (!(await deps.pending.complete(secrets.state))) throw new SignInFailed('transaction_unknown', 'used')
  const signedIn = await verify(options, pending, tokens, answer)
  // Rules by address do not hold for this user; the audit says why.
  if (signedIn.subject.email === undefined && tokens.claims()?.email !== undefined) context.note = 'email_unverified'
  return deps.sessions.begin(signedIn, answer.previous, answer.origin)
}

async function exchange(
  provider: Provider,
  options: VerifyOptions,
  { secrets, redirectUri, parameters }: { secrets: SignInSecrets; redirectUri: string; parameters: URLSearchParams },
): Promise<Tokens> {
  const url = new URL(redirectUri)
  url.search = parameters.toString()
  let tokenResponse: Readonly<Record<string, unknown>> | undefined
  const configuration = options.connection.observed((answer) => {
    tokenResponse = answer
  })
  try {
    return await authorizationCodeGrant(configuration, url, {
      expectedState: secrets.state,
      expectedNonce: secrets.nonce,
      pkceCodeVerifier: secrets.verifier,
      idTokenExpected: true,
    })
  } catch (error) {
    const fault = providerErrorOf(error)
    if (fault.kind === 'unreachable') provider.recheck()
    throw protocolError(
      fault.kind === 'invalid'
        ? { ...fault, detail: invalidIdTokenDetail(tokenResponse, options) ?? fault.detail }
        : fault,
    )
  }
}

async function verify(
  options: VerifyOptions,
  pending: PendingSignIn,
  tokens: Tokens,
  answer: AuthorizationResponse,
): Promise<SignedIn> {
  const { settings, expected } = options
  const { now } = expected
  const stated = await verifyClaims(tokens, options)
  if (stated.kind === 'invalid' && stated.detail === 'auth_time_missing' && pending.stepUp) {
    throw new SignInFailed('step_up_not_proven', stated.detail)
  }
  if (stated.kind === 'invalid' && stated.detail === wrongDomain) {
    throw new SignInFailed('account_not_allowed', stated.detail)
  }
  if (stated.kind !== 'stated') throw protocolError(stated)
  const { idToken } = stated.statement
  const subject = subjectOf(stated.sub, stated.statement, settings)
  const authentication = authenticationOf(idToken, settings, now)
  const previousSubject = answer.previous?.subject
  // If another user signed in, the step-up is void: they get a new session and policy is evaluated again.
  const otherUser =
    previousSubject !== undefined &&
    (previousSubject.provider !== subject.provider || previousSubject.sub !== subject.sub)
  const missing = otherUser ? undefined : unmetStepUp(pending, authentication, now)
  if (missing !== undefined) throw new SignInFailed('step_up_not_proven', missing)
  return {
    subject,
    authentication,
    providerSession: typeof idToken?.sid === 'string' && idToken.sid.length <= 255 ? idToken.sid : undefined,
    tokens: { refresh: tokens.refresh_token, idToken: idTokenHint(tokens.id_token) },
    userAgent: answer.origin.userAgent?.slice(0, 512),
    address: addressOf(answer.origin),
  }
}

function protocolError(fault: ProviderError): SignInFailed {
  switch (fault.kind) {
    case 'unreachable':
      return new SignInFailed('provider_unreachable', fault.detail)
    case 'refused':
      return new SignInFailed('provider_refused', fault.error)
    case 'invalid':
      return new SignInFailed('token_invalid', fault.detail)
    default:
      return never(fault)
  }
}

function failureOf(error: unknown): SignInError {
  if (error instanceof SignInFailed) return { code: error.code, detail: error.message }
  if (error instanceof StoreUnreachable) return { code: 'store_unreachable', detail: 'store' }
  const { code, message } = protocolError(providerErrorOf(error))
  return { code, detail: message }
}

function record(
  { record: write, providers, now }: CallbackDependencies,
  { provider, origin, previous }: AuthorizationResponse,
  { found, note }: CallbackContext,
  session: Session | undefined,
  failure: SignInError | undefined,
): void {
  // A failed response has no authenticated subject; only the step-up of a signed-in browser has an actor to name.
  const person = session ?? (found?.pending.stepUp ? previous : undefined)
  write({
    kind: 'authentication',
    at: now(),
    origin,
    actor: person ? actorOf(person) : { kind: 'stranger' },
    activity: found?.pending.stepUp ? 'step_up' : 'sign_in',
    outcome: failure ? 'failure' : 'success',
    reason: failure?.code,
    detail: failure ? failure.detail : note,
    provider: providers.get(provider) ? provider : 'unknown',
    session: person?.id,
    mfa: session?.authentication.mfa ?? false,
  })
}

function actorOf({ id, subject }: Session): Actor {
  const { provider, sub, email, name, groups } = subject
  return { kind: 'person', provider, sub, email, name, groups, session: id }
}
