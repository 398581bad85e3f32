// ID token validation beyond openid-client: the checks of OIDC Core 3.1.3.7 that it leaves open.

import { createHash } from 'node:crypto'
import { clockTolerance as tolerance } from '../../policy/clock-tolerance.ts'

/** Header and claims of an ID token whose signature was verified. */
export interface VerifiedToken {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

export interface TokenExpectations {
  readonly issuer: string
  readonly clientId: string
  readonly nonce: ExpectedNonce
  /** Access token issued with it, for `at_hash`. */
  readonly accessToken: string | undefined
  /** The request had `max_age`: `auth_time` is required. */
  readonly authTimeRequired: boolean
  /** Epoch milliseconds. */
  readonly now: number
}

/**
 * `original`: a refreshed token needs no nonce, but may only repeat that of the sign-in; undefined when that is
 * unknown.
 */
export type ExpectedNonce = { readonly required: string } | { readonly original: string | undefined }

export type TokenError =
  | 'alg_not_allowed'
  | 'typ_unexpected'
  | 'crit_unknown'
  | 'iss_mismatch'
  | 'aud_mismatch'
  | 'azp_missing'
  | 'azp_mismatch'
  | 'exp_invalid'
  | 'expired'
  | 'iat_invalid'
  | 'iat_in_future'
  | 'iat_too_old'
  | 'nbf_in_future'
  | 'sub_invalid'
  | 'nonce_mismatch'
  | 'auth_time_invalid'
  | 'auth_time_missing'
  | 'auth_time_in_future'
  | 'at_hash_mismatch'

/** Asymmetric only: a MAC keyed with the client secret, or `none`, does not prove the signer (RFC 8725 section 3.1). */
export const signatureAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const

/** Seconds. */
export const clockTolerance = tolerance / 1000
/** Seconds since `iat` after which a token counts as replayed. */
export const maxTokenAge = 600

/** Returns the first check that fails, or undefined. */
export function checkToken(token: VerifiedToken, expected: TokenExpectations): TokenError | undefined {
  return (
    checkHeader(token.header) ??
    checkParties(token.claims, expected) ??
    checkTimes(token.claims, expected.now) ??
    checkSubject(token.claims.sub) ??
    checkNonce(token.claims.nonce, expected.nonce) ??
    checkAuthTime(token.claims.auth_time, expected) ??
    checkAccessTokenHash(token, expected.accessToken)
  )
}

function checkHeader({ alg, typ, crit }: VerifiedToken['header']): TokenError | undefined {
  // OIDC Core 3.1.3.7 (7), (8).
  if (!signatureAlgorithms.includes(alg as never)) return 'alg_not_allowed'
  // RFC 8725 section 3.11: other token types (at+jwt, logout+jwt, secevent+jwt) signed with the same key are not ID tokens.
  if (typ !== undefined && (typeof typ !== 'string' || !/^(application\/)?jwt$/i.test(typ))) return 'typ_unexpected'
  // RFC 7515 section 4.1.11: no extension is supported.
  if (crit !== undefined) return 'crit_unknown'
  return undefined
}

function checkParties(
  claims: VerifiedToken['claims'],
  { issuer, clientId }: TokenExpectations,
): TokenError | undefined {
  const { iss, aud, azp } = claims
  // OIDC Core 3.1.3.7 (2): exact comparison.
  if (iss !== issuer) return 'iss_mismatch'
  // (3): the audience contains our client id.
  const audiences = Array.isArray(aud) ? aud : [aud]
  if (!audiences.every((one) => typeof one === 'string') || !audiences.includes(clientId)) return 'aud_mismatch'
  // (4), (5): with several audiences `azp` is required, and if present it must be our client id.
  if (audiences.length > 1 && azp === undefined) return 'azp_missing'
  if (azp !== undefined && azp !== clientId) return 'azp_mismatch'
  return undefined
}

function checkTimes({ exp, iat, nbf }: VerifiedToken['claims'], now: number): TokenError | undefined {
  const seconds = now / 1000
  // OIDC Core 3.1.3.7 (9). No upper bound: no session takes its end from a token.
  if (typeof exp !== 'number' || !Number.isFinite(exp)) return 'exp_invalid'
  if (exp <= seconds - clockTolerance) return 'expired'
  // (10): received over a direct connection, so it was issued just now.
  if (typeof iat !== 'number' || !Number.isFinite(iat)) return 'iat_invalid'
  if (iat > seconds + clockTolerance) return 'iat_in_future'
  if (iat < seconds - maxTokenAge) return 'iat_too_old'
  // RFC 7519 section 4.1.5.
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= seconds + clockTolerance)) return 'nbf_in_future'
  return undefined
}

/**
 * OIDC Core 2: at most 255 ASCII characters. Grants name users before their first sign-in by `mailto:`, so a `sub` must
 * not.
 */
export function checkSubject(sub: unknown): 'sub_invalid' | undefined {
  const good = typeof sub === 'string' && /^[\x20-\x7e]{1,255}$/.test(sub) && sub.trim() === sub
  return good && !/^mailto:/i.test(sub) ? undefined : 'sub_invalid'
}

function checkNonce(nonce: unknown, expected: ExpectedNonce): TokenError | undefined {
  // OIDC Core 3.1.3.7 (11). No claim of the token (`nonce_supported: false`) waives it.
  if ('required' in expected) return nonce === expected.required ? undefined : 'nonce_mismatch'
  // OIDC Core 12.2.
  const good = nonce === undefined || expected.original === undefined || nonce === expected.original
  return good ? undefined : 'nonce_mismatch'
}

function checkAuthTime(authTime: unknown, { authTimeRequired, now }: TokenExpectations): TokenError | undefined {
  // (13) and 3.1.2.1: required when `max_age` was requested.
  if (authTime === undefined) return authTimeRequired ? 'auth_time_missing' : undefined
  if (typeof authTime !== 'number' || !Number.isFinite(authTime) || authTime < 0) return 'auth_time_invalid'
  // An authentication in the future would count as recent for too long.
  return authTime > now / 1000 + clockTolerance ? 'auth_time_in_future' : undefined
}

function checkAccessTokenHash(
  { header, claims }: VerifiedToken,
  accessToken: string | undefined,
): TokenError | undefined {
  // OIDC Core 3.1.3.8: optional in the code flow, but checked when present.
  if (claims.at_hash === undefined || accessToken === undefined) return undefined
  const algorithm = String(header.alg)
  const size = algorithm.startsWith('Ed') ? '512' : algorithm.slice(-3)
  const digest = createHash(`sha${size}`).update(accessToken, 'ascii').digest()
  const half = digest.subarray(0, digest.length / 2).toString('base64url')
  return claims.at_hash === half ? undefined : 'at_hash_mismatch'
}
