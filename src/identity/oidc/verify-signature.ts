// Verifies the signature of a compact JWS with the keys of a JWK Set: by `kid`, and with each applicable key where it names none.

import { compactVerify, errors, type JWTVerifyGetKey } from 'jose'
import { signatureAlgorithms } from './token-checks.ts'

export type SignatureResult =
  | { readonly state: 'verified'; readonly key: VerificationKey }
  /** The set contains no key that fits the header. */
  | { readonly state: 'unknown_key' }
  | { readonly state: 'wrong_signature'; readonly error: Error }

export type VerificationKey = Awaited<ReturnType<JWTVerifyGetKey>>

const options = { algorithms: [...signatureAlgorithms] }

/**
 * `find`: of `createLocalJWKSet`. Rejects with an error of jose for a token that no key could make valid: malformed,
 * encrypted, or of an algorithm that is not in `signatureAlgorithms`.
 */
export async function verifySignature(token: string, find: JWTVerifyGetKey): Promise<SignatureResult> {
  let keys: readonly VerificationKey[] = []
  const select: Parameters<typeof compactVerify>[1] = async (header, jws) => {
    keys = await candidates(() => find(header, jws))
    // The header alone was to be read so far; the signature is tried with each key below.
    throw new Selected()
  }
  try {
    await compactVerify(token, select, options)
  } catch (error) {
    if (!(error instanceof Selected)) throw error
  }
  let wrong: Error | undefined
  for (const key of keys) {
    try {
      await compactVerify(token, key, options)
      return { state: 'verified', key }
    } catch (error) {
      // Any other error is about the key, such as an RSA key that is too short: it verifies nothing.
      if (error instanceof errors.JOSEError) wrong = error
    }
  }
  return wrong === undefined ? { state: 'unknown_key' } : { state: 'wrong_signature', error: wrong }
}

class Selected extends Error {}

/** One key for a `kid`; each applicable one where there is no `kid`, or several keys have it (RFC 7517 section 4.5). */
async function candidates(find: () => ReturnType<JWTVerifyGetKey>): Promise<readonly VerificationKey[]> {
  try {
    return [await find()]
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) return []
    const keys: VerificationKey[] = []
    for await (const key of error) keys.push(key as VerificationKey)
    return keys
  }
}
