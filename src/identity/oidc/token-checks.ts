// What an ID token must still pass after openid-client: every check of OIDC Core 3.1.3.7 that it leaves open.

import { createHash } from 'node:crypto'

/** The parts of an ID token whose signature was verified. */
export interface VerifiedToken {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

export interface TokenExpectations {
  readonly issuer: string
  readonly clientId: string
  readonly nonce: ExpectedNonce
  /** Access token issued beside it, for `at_hash`. */
  readonly accessToken: string | undefined
  /** `max_age` was asked for: `auth_time` must be there. */
  readonly authTimeRequired: boolean
  /** Epoch milliseconds. */
  readonly now: number
}

/** `original`: a refreshed token needs none, but may only repeat the one of the sign-in; undefined when that is not known. */
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

/** Asymmetric only: a MAC keyed with the client secret, or none, is no proof of who signed (RFC 8725 section 3.1). */
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

/** Seconds two clocks may differ. */
export const clockTolerance = 60
/** Seconds after which a token just fetched is an old one shown again. */
export const maxTokenAge = 600

/** The first check that fails, or undefined. */
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
  // RFC 8725 section 3.11: another kind of token (at+jwt, logout+jwt, secevent+jwt) by the same key is not an ID token.
  if (typ !== undefined && (typeof typ !== 'string' || !/^(application\/)?jwt$/i.test(typ))) return 'typ_unexpected'
  // RFC 7515 section 4.1.11: we understand no extension.
  if (crit !== undefined) return 'crit_unknown'
  return undefined
}

function checkParties(
  claims: VerifiedToken['claims'],
  { issuer, clientId }: TokenExpectations,
): TokenError | undefined {
  const { iss, aud, azp } = claims
  // OIDC Core 3.1.3.7 (2): exactly, character by character.
  if (iss !== issuer) return 'iss_mismatch'
  // (3): the audience holds us.
  const audiences = Array.isArray(aud) ? aud : [aud]
  if (!audiences.every((one) => typeof one === 'string') || !audiences.includes(clientId)) return 'aud_mismatch'
  // (4), (5): with several audiences the authorized party must be named, and whenever it is named it is us.
  if (audiences.length > 1 && azp === undefined) return 'azp_missing'
  if (azp !== undefined && azp !== clientId) return 'azp_mismatch'
  return undefined
}

function checkTimes({ exp, iat, nbf }: VerifiedToken['claims'], now: number): TokenError | undefined {
  const seconds = now / 1000
  // OIDC Core 3.1.3.7 (9). How far in the future does not matter: no session takes its end from a token.
  if (typeof exp !== 'number' || !Number.isFinite(exp)) return 'exp_invalid'
  if (exp <= seconds - clockTolerance) return 'expired'
  // (10): we received it over a fresh connection, so it was issued just now.
  if (typeof iat !== 'number' || !Number.isFinite(iat)) return 'iat_invalid'
  if (iat > seconds + clockTolerance) return 'iat_in_future'
  if (iat < seconds - maxTokenAge) return 'iat_too_old'
  // RFC 7519 section 4.1.5.
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= seconds + clockTolerance)) return 'nbf_in_future'
  return undefined
}

/** OIDC Core 2: at most 255 ASCII characters. `mailto:` is how grants name people who never signed in yet. */
export function checkSubject(sub: unknown): 'sub_invalid' | undefined {
  const good = typeof sub === 'string' && /^[\x20-\x7e]{1,255}$/.test(sub) && sub.trim() === sub
  return good && !/^mailto:/i.test(sub) ? undefined : 'sub_invalid'
}

function checkNonce(nonce: unknown, expected: ExpectedNonce): TokenError | undefined {
  // OIDC Core 3.1.3.7 (11). Nothing the token says about itself (`nonce_supported: false`) waives it.
  if ('required' in expected) return nonce === expected.required ? undefined : 'nonce_mismatch'
  // OIDC Core 12.2.
  const good = nonce === undefined || expected.original === undefined || nonce === expected.original
  return good ? undefined : 'nonce_mismatch'
}

function checkAuthTime(authTime: unknown, { authTimeRequired, now }: TokenExpectations): TokenError | undefined {
  // (13) and 3.1.2.1: `max_age` was asked, so the claim is required.
  if (authTime === undefined) return authTimeRequired ? 'auth_time_missing' : undefined
  if (typeof authTime !== 'number' || !Number.isFinite(authTime) || authTime < 0) return 'auth_time_invalid'
  // A sign-in that is yet to happen would stay fresh for longer than any that did.
  return authTime > now / 1000 + clockTolerance ? 'auth_time_in_future' : undefined
}

function checkAccessTokenHash(
  { header, claims }: VerifiedToken,
  accessToken: string | undefined,
): TokenError | undefined {
  // OIDC Core 3.1.3.8: optional in the code flow, but checked where it is there.
  if (claims.at_hash === undefined || accessToken === undefined) return undefined
  const algorithm = String(header.alg)
  const size = algorithm.startsWith('Ed') ? '512' : algorithm.slice(-3)
  const digest = createHash(`sha${size}`).update(accessToken, 'ascii').digest()
  const half = digest.subarray(0, digest.length / 2).toString('base64url')
  return claims.at_hash === half ? undefined : 'at_hash_mismatch'
}
