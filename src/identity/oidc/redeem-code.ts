// Redeems the code of an authorization response: token request, checks of the tokens, proof of the step-up.

import { authorizationCodeGrant } from 'openid-client'
import { addressOf, type Origin } from '../../audit/event.ts'
import type { Session } from '../session/session.ts'
import type { SignedIn } from '../session/sessions.ts'
import { authenticationOf } from './claims.ts'
import { isSameUser, settleTokens, type FailedSignInDependencies, type IssuedTokens } from './failed-sign-in.ts'
import type { PendingSignIn, PendingSignIns, SignInSecrets } from './pending-sign-ins.ts'
import type { Provider } from './provider.ts'
import { signedInSubject } from './refreshed-subject.ts'
import { providerErrorOf, signInErrorOf, SignInFailed, type ProviderError } from './sign-in-error.ts'
import { unmetStepUp } from './step-up-proof.ts'
import {
  idTokenHint,
  invalidIdTokenDetail,
  verifyClaims,
  wrongDomain,
  type Tokens,
  type VerifyOptions,
} from './verified-claims.ts'

/** One authorization response whose parameters, issuer and browser were checked. */
export interface CodeToRedeem {
  readonly provider: Provider
  readonly options: VerifyOptions
  readonly parameters: URLSearchParams
  readonly pending: PendingSignIn
  readonly secrets: SignInSecrets
  /** As configured. */
  readonly redirectUri: string
  readonly previous: Session | undefined
  readonly origin: Origin
}

export interface RedeemDependencies extends FailedSignInDependencies {
  readonly pending: Pick<PendingSignIns, 'complete'>
}

/** For the audit, whether the sign-in fails or not. */
export interface SignInNote {
  note: string | undefined
}

/**
 * Exchanges the code and runs every check. Throws `SignInFailed`, or as the store does; tokens issued until then are taken
 * over or revoked.
 */
export async function redeemCode(deps: RedeemDependencies, context: SignInNote, code: CodeToRedeem): Promise<SignedIn> {
  const { options, pending } = code
  const issuer = options.connection.metadata.issuer
  let issued: IssuedTokens | undefined
  const observe = (response: Readonly<Record<string, unknown>>) => {
    const text = (name: string) => (typeof response[name] === 'string' ? response[name] : undefined)
    issued = { provider: pending.provider, issuer, refresh: text('refresh_token'), idToken: text('id_token') }
  }
  try {
    const tokens = await exchange(code, observe)
    if (!(await deps.pending.complete(code.secrets.state))) throw new SignInFailed('transaction_unknown', 'used')
    const { signedIn, missing, otherAccount, userInfoFault } = await verify(code, tokens)
    if (issued) issued.proven = signedIn
    if (otherAccount) throw new SignInFailed('other_account', 'subject')
    if (missing !== undefined) {
      throw new SignInFailed(missing === 'auth_time_missing' ? missing : 'step_up_not_proven', missing)
    }
    // Rules by address do not hold for this user; the audit says why.
    if (signedIn.subject.email === undefined && tokens.claims()?.email !== undefined) context.note = 'email_unverified'
    context.note = userInfoFault ?? context.note
    return signedIn
  } catch (error) {
    if (issued?.refresh !== undefined) context.note = await settleTokens(deps, issued, code.previous)
    throw error
  }
}

async function exchange(
  { provider, options, secrets, redirectUri, parameters }: CodeToRedeem,
  observe: (tokenResponse: Readonly<Record<string, unknown>>) => void,
): Promise<Tokens> {
  const url = new URL(redirectUri)
  url.search = parameters.toString()
  let tokenResponse: Readonly<Record<string, unknown>> | undefined
  const configuration = options.connection.observed((answer) => {
    tokenResponse = answer
    observe(answer)
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

/** `missing`: what of the step-up is not proven; everything else is. Throws `SignInFailed` for any other fault. */
async function verify(
  { options, pending, previous, origin }: CodeToRedeem,
  tokens: Tokens,
): Promise<{
  readonly signedIn: SignedIn
  readonly missing: string | undefined
  readonly otherAccount: boolean
  readonly userInfoFault: string | undefined
}> {
  const { settings, expected, connection } = options
  const { now } = expected
  const stated = await verifyClaims(tokens, options)
  if (stated.kind === 'invalid' && stated.detail === wrongDomain) {
    throw new SignInFailed('account_not_allowed', stated.detail)
  }
  if (stated.kind !== 'stated') throw protocolError(stated)
  const { sub, statement, userInfoFault } = stated
  const { idToken } = statement
  const userInfoFailed = userInfoFault !== undefined
  const { subject, unconfirmed } = signedInSubject(sub, statement, settings, { userInfoFailed, at: now })
  const authentication = authenticationOf(idToken, settings, now)
  const signedIn: SignedIn = {
    subject,
    authentication,
    providerSession: typeof idToken?.sid === 'string' && idToken.sid.length <= 255 ? idToken.sid : undefined,
    tokens: {
      refresh: tokens.refresh_token,
      idToken: idTokenHint(tokens.id_token),
      issuer: connection.metadata.issuer,
    },
    unconfirmed,
    userAgent: origin.userAgent?.slice(0, 512),
    address: addressOf(origin),
  }
  const otherUser = previous !== undefined && !isSameUser(previous, signedIn)
  // A wrong choice of account at the provider must not cost the session one has. A silent sign-in only asks who is
  // signed in at the provider by now: another user gets a session of their own, and the previous one ends.
  const otherAccount = otherUser && pending.stepUp !== undefined && !pending.stepUp.silent
  return { signedIn, missing: unmetStepUp(pending, authentication, now), otherAccount, userInfoFault }
}

/** Errors of the protocol with the provider, as the code of a failed sign-in. */
export function protocolError(fault: ProviderError): SignInFailed {
  const { code, detail } = signInErrorOf(fault)
  return new SignInFailed(code, detail)
}
