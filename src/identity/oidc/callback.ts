// Authorization response (callback): checks state, browser binding and issuer, redeems the code, then begins a session.

import type { Actor, Origin, Recorder } from '../../audit/event.ts'
import { StoreUnreachable } from '../../store/store.ts'
import type { ReleaseTokens } from '../session/released-tokens.ts'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../session/sessions.ts'
import type { ParallelSignIns } from './parallel-sign-ins.ts'
import { authorizationError, checkIssuer, checkSyntax, readParameters } from './authorization-response.ts'
import { redirectUriOf, type PendingSignIns } from './pending-sign-ins.ts'
import type { Providers } from './provider.ts'
import { protocolError, redeemCode, type SignInNote } from './redeem-code.ts'
import type { ReturnContext } from './return-context.ts'
import { providerErrorOf, SignInFailed, type SignInError } from './sign-in-error.ts'
import type { TokenLock } from './token-lock.ts'
import type { VerifyOptions } from './verified-claims.ts'

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
  readonly pending: Pick<PendingSignIns, 'find' | 'others' | 'claim' | 'complete'>
  readonly sessions: Pick<Sessions, 'takeOverTokens'>
  readonly parallel: ParallelSignIns
  readonly lock: TokenLock
  /** Receives the tokens of a sign-in that failed after the provider had issued them. */
  readonly release: ReleaseTokens
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
interface CallbackContext extends SignInNote {
  found: ReturnType<PendingSignIns['find']>
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
      // For a step-up its absence is no fault of the token: `step-up-proof.ts`.
      authTimeRequired: pending.maxAge !== undefined && pending.stepUp === undefined,
      now: deps.now(),
    },
    expectedSub: undefined,
  }
  const { previous, origin } = answer
  const redirectUri = redirectUriOf(deps.origin(), pending.provider)
  const code = { provider, options, parameters, pending, secrets, redirectUri, previous, origin }
  const browser = { previous, state: secrets.state, others: deps.pending.others(secrets.state, answer.cookies) }
  const begin = async () => deps.parallel.begin(await redeemCode(deps, context, code), browser, origin)
  if (previous?.subject.provider !== pending.provider) return begin()
  // The exchange may replace the refresh token of the session at the provider: no refresh may use it meanwhile.
  const session = await deps.lock.run(previous.id, begin)
  return session === 'busy' ? begin() : session
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
    detail: failure === undefined ? note : [failure.detail, note].filter((one) => one !== undefined).join('; '),
    provider: providers.get(provider) ? provider : 'unknown',
    session: person?.id,
    mfa: session?.authentication.mfa ?? false,
  })
}

function actorOf({ id, subject }: Session): Actor {
  const { provider, sub, email, name, groups } = subject
  return { kind: 'person', provider, sub, email, name, groups, session: id }
}
