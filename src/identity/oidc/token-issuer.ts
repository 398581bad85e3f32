// Issuer of kept tokens: they are sent to no other one, whatever the configuration says by now.

import { decodeJwt } from 'jose'
import type { Tokens } from '../session/session.ts'

/** Undefined for records that keep neither the issuer nor a readable ID token. */
export function issuerOf({ issuer, idToken }: Tokens): string | undefined {
  if (issuer !== undefined) return issuer
  try {
    return idToken === undefined ? undefined : decodeJwt(idToken).iss
  } catch {
    return undefined
  }
}

/** False when the issuer of the tokens is unknown. */
export function isIssuedBy(tokens: Tokens, issuer: string): boolean {
  const known = issuerOf(tokens)
  return known !== undefined && URL.canParse(known) && new URL(known).href === new URL(issuer).href
}
