// Verified claims of a token response: validates the ID token, then fetches UserInfo when configured claims are missing.

import { decodeJwt, decodeProtectedHeader } from 'jose'
import { fetchUserInfo, type TokenEndpointResponse, type TokenEndpointResponseHelpers } from 'openid-client'
import type { ProviderSettings } from '../../config/provider-settings.ts'
import { clockDifference } from './clock-difference.ts'
import { needsUserInfo } from './claims.ts'
import type { GroupSource } from './groups/group-source.ts'
import type { Claims, ProviderClaims } from './provider-claims.ts'
import type { Connection } from './provider.ts'
import { providerErrorOf, type ProviderError } from './sign-in-error.ts'
import { checkToken, type TokenExpectations } from './token-checks.ts'

export type VerifiedClaims =
  | {
      readonly kind: 'stated'
      readonly sub: string
      readonly statement: ProviderClaims
      /** UserInfo was needed and is of no use; for the audit. Undefined when it answered, is not needed or does not exist. */
      readonly userInfoFault: string | undefined
    }
  | Extract<ProviderError, { kind: 'invalid' | 'unreachable' }>

/** Token response of openid-client's grants: the signature of the ID token is not verified yet. */
export type Tokens = TokenEndpointResponse & TokenEndpointResponseHelpers

export interface VerifyOptions {
  readonly connection: Connection
  readonly settings: ProviderSettings
  readonly expected: Pick<TokenExpectations, 'nonce' | 'authTimeRequired' | 'now'>
  /** Completes the statement with groups from the directory. */
  readonly groups: GroupSource
  /** The `sub` a refresh must repeat (OIDC Core 12.2); undefined at sign-in, where the ID token determines it. */
  readonly expectedSub: string | undefined
}

/** Detail of an account of another organisation, at `kind: google`. */
export const wrongDomain = 'hosted_domain'
/** Details of an answer about another subject: nothing else it says can be about this session. */
export const otherSubject: ReadonlySet<string> = new Set(['sub_changed', 'userinfo: other subject'])

const maxTokenBytes = 256 * 1024

/** Runs every check; errors are returned as values. Never rejects. */
export async function verifyClaims(tokens: Tokens, options: VerifyOptions): Promise<VerifiedClaims> {
  const verified = await verifyTokens(tokens, options)
  if (verified.kind !== 'stated') return verified
  return { ...verified, statement: await options.groups.complete(verified.statement, options.connection) }
}

async function verifyTokens(tokens: Tokens, options: VerifyOptions): Promise<VerifiedClaims> {
  const { connection, settings, expected } = options
  const { metadata, configuration } = connection
  const idToken = tokens.claims() as Claims | undefined
  // OIDC Core 3.1.3.3: at sign-in an ID token is required; an access token alone does not authenticate the user.
  if (tokens.id_token === undefined || idToken === undefined) {
    if (options.expectedSub === undefined) return invalid('id_token_missing')
  } else {
    if (tokens.id_token.length > maxTokenBytes) return invalid('token_too_large')
    const unverified = await signatureFault(tokens.id_token, options)
    if (unverified) return unverified
    const header = decodeProtectedHeader(tokens.id_token) as Readonly<Record<string, unknown>>
    const fault = checkToken(
      { header, claims: idToken },
      { ...expected, issuer: metadata.issuer, clientId: settings.clientId, accessToken: tokens.access_token },
    )
    const clock = fault && clockDifference(fault, idToken, expected.now)
    if (clock !== undefined) return { kind: 'unreachable', code: 'clock_skew', detail: clock }
    if (fault) return invalid(fault)
    // Google, "Verify the Google ID token": anybody has an account; `hd` names the organisation it belongs to.
    if (!isHosted(idToken.hd, settings.hostedDomains)) return invalid(wrongDomain)
  }
  if ((tokens.refresh_token?.length ?? 0) > maxTokenBytes) return invalid('token_too_large')
  const sub = (idToken?.sub as string | undefined) ?? options.expectedSub!
  if (options.expectedSub !== undefined && sub !== options.expectedSub) return invalid('sub_changed')
  const stated = (userInfo: Claims | undefined, userInfoFault?: string): VerifiedClaims => ({
    kind: 'stated',
    sub,
    statement: { idToken, userInfo },
    userInfoFault,
  })
  if (metadata.userinfo_endpoint === undefined || !needsUserInfo(idToken, settings)) return stated(undefined)
  try {
    // OIDC Core 5.3.2: the library compares `sub`, so that claims of another subject are rejected.
    return stated((await fetchUserInfo(configuration, tokens.access_token, sub)) as Claims)
  } catch (error) {
    if ((error as { code?: unknown }).code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED') {
      return invalid('userinfo: other subject')
    }
    // The tokens identify the user without it: only what it would have stated is unknown (`refreshed-subject.ts`).
    const fault = providerErrorOf(error)
    return stated(undefined, `userinfo: ${fault.kind === 'refused' ? fault.error : fault.detail}`)
  }
}

/** A key that is unknown says nothing about the user: it counts as an unreachable provider. */
async function signatureFault(
  idToken: string,
  { connection, expectedSub }: VerifyOptions,
): Promise<VerifiedClaims | undefined> {
  const patience = connection.timing[expectedSub === undefined ? 'keyAtSignIn' : 'keyAtRefresh']
  try {
    await connection.keys.verify(idToken, 'provider', patience)
    return undefined
  } catch (error) {
    const fault = providerErrorOf(error)
    return fault.kind === 'unreachable' ? fault : invalid(fault.kind === 'invalid' ? fault.detail : fault.error)
  }
}

/**
 * Finds the check that an ID token rejected by the library failed: for the audit alone, since nothing here was verified.
 * Undefined when none of ours fails (the signature, then).
 */
export function invalidIdTokenDetail(
  answer: Readonly<Record<string, unknown>> | undefined,
  { connection, settings, expected }: VerifyOptions,
): string | undefined {
  const token = answer?.id_token
  if (answer === undefined) return undefined
  if (typeof token !== 'string') return 'id_token_missing'
  try {
    const header = decodeProtectedHeader(token) as Readonly<Record<string, unknown>>
    const { issuer } = connection.metadata
    const claims = decodeJwt(token) as Claims
    return checkToken({ header, claims }, { ...expected, issuer, clientId: settings.clientId, accessToken: undefined })
  } catch {
    return 'malformed'
  }
}

function isHosted(hd: unknown, domains: readonly string[]): boolean {
  return domains.length === 0 || (typeof hd === 'string' && domains.includes(hd.toLowerCase()))
}

function invalid(detail: string): VerifiedClaims {
  return { kind: 'invalid', detail }
}

/** Kept for `id_token_hint`, which is part of a URL: an over-long token is useless there. */
export function idTokenHint(idToken: string | undefined): string | undefined {
  return idToken !== undefined && idToken.length <= 8192 ? idToken : undefined
}
