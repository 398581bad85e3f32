// Signing key of a simulated provider, and the key set that verifies it; a rotation leaves no overlap.

import { randomBytes } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose'

export interface Signer {
  keySet(): { readonly keys: readonly JWK[] }
  sign(claims: Readonly<Record<string, unknown>>): Promise<string>
  rotate(): Promise<void>
}

export async function createSigner(): Promise<Signer> {
  let current = await newKey()
  return {
    keySet: () => ({ keys: [current.jwk] }),
    sign: (claims) =>
      new SignJWT({ ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: current.jwk.kid!, typ: 'JWT' })
        .sign(current.privateKey),
    async rotate() {
      current = await newKey()
    },
  }
}

async function newKey() {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const kid = randomBytes(6).toString('base64url')
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'RS256' } satisfies JWK }
}
