// Sends one refresh grant and says what came of it: an event of the session's standing, and the facts to write.

import { decodeJwt } from 'jose'
import { refreshTokenGrant } from 'openid-client'
import type { Sessions } from '../session/sessions.ts'
import type { SessionWithTokens } from '../session/session.ts'
import { never } from '../../policy/never.ts'
import { authenticationOf } from './claims.ts'
import type { Claims, ProviderClaims } from './provider-claims.ts'
import type { Provider } from './provider.ts'
import { refreshedSubject, type StatementContext } from './refreshed-subject.ts'
import { providerErrorOf, type ProviderError, type SignInErrorCode } from './sign-in-error.ts'
import type { StandingEvent } from './standing.ts'
import {
  idTokenHint,
  invalidIdTokenDetail,
  otherSubject,
  verifyClaims,
  type Tokens,
  type VerifyOptions,
} from './verified-claims.ts'

export type SessionFacts = Parameters<Sessions['update']>[1]

export interface RefreshAnswer {
  readonly event: StandingEvent
  /** For the audit when the session ends. */
  readonly detail: string
  /** Refresh token of the answer: from now on the one that counts, whatever else the answer says. */
  readonly rotated: string | undefined
  /** What the provider stated; undefined when nothing of it can be used. */
  readonly facts: Pick<SessionFacts, 'subject' | 'unconfirmed' | 'authentication' | 'tokens'> | undefined
}

/** Faults of `token-checks.ts` that a wrong clock causes, or a token repeated from an earlier answer. */
const clockFaults = new Set(['expired', 'iat_in_future', 'iat_too_old', 'nbf_in_future', 'auth_time_in_future'])

/** The provider may have moved an endpoint: its metadata is read again. */
const rechecked: ReadonlySet<StandingEvent> = new Set(['unreachable', 'client_refused', 'malformed', 'key_unknown'])

/** Events that an administrator has to know of, by the code of a sign-in that fails for the same reason. */
const reported: Partial<Record<StandingEvent, SignInErrorCode>> = {
  unreachable: 'provider_unreachable',
  client_refused: 'client_rejected',
  key_unknown: 'signing_key_unknown',
  clock: 'clock_skew',
}

function noteFailure(provider: Provider, event: StandingEvent, detail: string): void {
  if (rechecked.has(event)) provider.recheck()
  const code = reported[event]
  if (code !== undefined) provider.failures.failed({ code, detail })
}

/** Rejects with `ProviderUnreachable` only while nothing was sent: then the refresh token is still unused. */
export async function requestRefresh(
  provider: Provider,
  session: SessionWithTokens,
  refresh: string,
  now: () => number,
): Promise<RefreshAnswer> {
  const connection = await provider.connect()
  // Keys first: a token response that cannot be verified would have used up the refresh token.
  await connection.keys.ready()
  let tokenResponse: Readonly<Record<string, unknown>> | undefined
  const observed = connection.observed((answer) => {
    tokenResponse = answer
  })
  const options: VerifyOptions = {
    connection,
    settings: provider.settings,
    groups: provider.groups,
    expected: { nonce: { original: nonceOf(session) }, authTimeRequired: false, now: now() },
    expectedSub: session.subject.sub,
  }
  let tokens: Tokens
  try {
    tokens = await refreshTokenGrant(observed, refresh)
  } catch (error) {
    const { event, detail } = rejected(error, tokenResponse, options)
    noteFailure(provider, event, detail)
    const rotated = typeof tokenResponse?.refresh_token === 'string' ? tokenResponse.refresh_token : undefined
    const facts = event === 'clock' ? clockFacts(session, rotated ?? refresh, options) : undefined
    return { event, detail, rotated, facts }
  }
  return verified(provider, session, tokens, options, refresh)
}

async function verified(
  provider: Provider,
  session: SessionWithTokens,
  tokens: Tokens,
  options: VerifyOptions,
  refresh: string,
): Promise<RefreshAnswer> {
  const rotated = tokens.refresh_token
  const stated = await verifyClaims(tokens, options)
  if (stated.kind !== 'stated') {
    const event =
      stated.kind === 'unreachable'
        ? unreachableEvent(stated, tokens, options)
        : idTokenEvent(stated.detail, tokens, options)
    noteFailure(provider, event, stated.detail)
    const facts = event === 'clock' ? clockFacts(session, rotated ?? refresh, options) : undefined
    return { event, detail: stated.detail, rotated, facts }
  }
  provider.failures.worked()
  const idToken = idTokenHint(tokens.id_token) ?? session.tokens.idToken
  const kept = { ...session.tokens, refresh: rotated ?? refresh, idToken }
  const context = { userInfoFailed: stated.userInfoFault !== undefined, lastIdToken: lastIdToken(session) }
  const facts = factsOf(session, stated.statement, options, context)
  return { event: facts.event, detail: stated.userInfoFault ?? '', rotated, facts: { ...facts.stated, tokens: kept } }
}

/** The grant was confirmed, and nothing else: as if the ID token had not come. */
function clockFacts(session: SessionWithTokens, refresh: string, options: VerifyOptions): RefreshAnswer['facts'] {
  const nothing: ProviderClaims = { idToken: undefined, userInfo: undefined }
  const { stated } = factsOf(session, nothing, options, { clock: true })
  return { ...stated, tokens: { ...session.tokens, refresh } }
}

function factsOf(
  session: SessionWithTokens,
  statement: ProviderClaims,
  { settings, expected }: VerifyOptions,
  context: StatementContext,
) {
  const { event, subject, unconfirmed } = refreshedSubject(session, statement, settings, context)
  const authentication = authenticationOf(statement.idToken, settings, expected.now, session.authentication)
  return { event, stated: { subject, unconfirmed, authentication } }
}

function rejected(
  error: unknown,
  tokenResponse: Readonly<Record<string, unknown>> | undefined,
  options: VerifyOptions,
): Pick<RefreshAnswer, 'event' | 'detail'> {
  const fault = providerErrorOf(error)
  if (fault.kind === 'unreachable') {
    const idToken = typeof tokenResponse?.id_token === 'string' ? tokenResponse.id_token : undefined
    return { event: unreachableEvent(fault, { id_token: idToken }, options), detail: fault.detail }
  }
  if (fault.kind === 'refused') {
    const clientError = fault.error === 'invalid_client' || fault.status === 401
    return { event: clientError ? 'client_refused' : 'refused', detail: fault.error }
  }
  if (typeof tokenResponse?.id_token !== 'string') return { event: 'malformed', detail: fault.detail }
  const detail = invalidIdTokenDetail(tokenResponse, options) ?? fault.detail
  return { event: idTokenEvent(detail, { id_token: tokenResponse.id_token }, options), detail }
}

function unreachableEvent(
  { code }: Extract<ProviderError, { kind: 'unreachable' }>,
  tokens: Pick<Tokens, 'id_token'>,
  options: VerifyOptions,
): StandingEvent {
  switch (code) {
    case 'signing_key_unknown':
      return 'key_unknown'
    case 'clock_skew':
      return isAboutSubject(tokens, options) ? 'clock' : 'id_token_invalid'
    case 'provider_unreachable':
    case undefined:
      return 'unreachable'
    default:
      return never(code)
  }
}

function idTokenEvent(detail: string, tokens: Pick<Tokens, 'id_token'>, options: VerifyOptions): StandingEvent {
  if (otherSubject.has(detail)) return 'other_subject'
  const isClock = clockFaults.has(detail.split(':')[0]!)
  return isClock && isAboutSubject(tokens, options) ? 'clock' : 'id_token_invalid'
}

/** A token about another user ends the session even where its times do not hold. */
function isAboutSubject({ id_token: idToken }: Pick<Tokens, 'id_token'>, { expectedSub }: VerifyOptions): boolean {
  return idToken !== undefined && decodeJwt(idToken).sub === expectedSub
}

function lastIdToken({ tokens }: SessionWithTokens): Claims | undefined {
  return tokens.idToken === undefined ? undefined : (decodeJwt(tokens.idToken) as Claims)
}

function nonceOf(session: SessionWithTokens): string | undefined {
  const nonce = lastIdToken(session)?.nonce
  return typeof nonce === 'string' ? nonce : undefined
}
