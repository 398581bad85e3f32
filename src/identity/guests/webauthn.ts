// WebAuthn level 3 for guests: what the browser is asked for, and the checks of what it returns.

import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import type { GuestPasskeys, Passkey } from './passkey-records.ts'

/** The gateway: passkeys are of its host alone, and no application's page can use them. */
export interface RelyingParty {
  /** Host without port. */
  readonly id: string
  readonly origin: string
}

/** Milliseconds the browser lets a person take. */
const timeout = 4 * 60_000
/** IANA COSE algorithms: EdDSA, ES256, RS256. */
const algorithms = [-8, -7, -257]
const maxResponse = 32 * 1024

/** `PublicKeyCredentialCreationOptionsJSON` (WebAuthn 5.1.8). No attestation: any authenticator that verifies its user will do. */
export function creationOptions(
  relyingParty: RelyingParty,
  challenge: string,
  guest: { readonly email: string; readonly handle: string; readonly passkeys: readonly Passkey[] },
): object {
  return {
    challenge,
    rp: { id: relyingParty.id, name: relyingParty.id },
    user: { id: guest.handle, name: guest.email, displayName: guest.email },
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
    timeout,
    attestation: 'none',
    excludeCredentials: guest.passkeys.map(descriptor),
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
  }
}

/** `PublicKeyCredentialRequestOptionsJSON` (WebAuthn 5.1.9). */
export function requestOptions(relyingParty: RelyingParty, challenge: string, { passkeys }: GuestPasskeys): object {
  return {
    challenge,
    rpId: relyingParty.id,
    timeout,
    userVerification: 'required',
    allowCredentials: passkeys.map(descriptor),
  }
}

function descriptor({ id, transports }: Passkey): object {
  return { type: 'public-key', id, transports }
}

/** WebAuthn 7.1. Undefined when any check fails; never rejects. `text`: JSON as the page's script wrote it. */
export async function verifyNewPasskey(
  relyingParty: RelyingParty,
  challenge: string,
  text: string,
): Promise<Pick<Passkey, 'id' | 'publicKey' | 'counter' | 'transports'> | undefined> {
  const response = parsed<RegistrationResponseJSON>(text)
  if (response === undefined) return undefined
  try {
    const { verifyRegistrationResponse } = await import('@simplewebauthn/server')
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: relyingParty.origin,
      expectedRPID: relyingParty.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms,
    })
    if (!verified || !registrationInfo.userVerified) return undefined
    const { id, publicKey, counter, transports = [] } = registrationInfo.credential
    return {
      id,
      publicKey: Buffer.from(publicKey).toString('base64url'),
      counter,
      transports: transports.filter((one) => typeof one === 'string' && /^[a-z-]{1,20}$/.test(one)).slice(0, 8),
    }
  } catch {
    // What a browser sends may be anything, and the library throws for each fault of it.
    return undefined
  }
}

/**
 * WebAuthn 7.2, without the comparison of the counter, which must happen where it is written. Undefined when any check fails; never
 * rejects.
 */
export async function verifyPasskey(
  relyingParty: RelyingParty,
  challenge: string,
  text: string,
  passkeys: readonly Passkey[],
): Promise<{ readonly id: string; readonly counter: number } | undefined> {
  const response = parsed<AuthenticationResponseJSON>(text)
  // Only of this guest: a passkey of another one is unknown here.
  const passkey = passkeys.find(({ id }) => id === response?.id)
  if (response === undefined || passkey === undefined) return undefined
  try {
    const { verifyAuthenticationResponse } = await import('@simplewebauthn/server')
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: relyingParty.origin,
      expectedRPID: relyingParty.id,
      requireUserVerification: true,
      credential: {
        id: passkey.id,
        publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')),
        counter: 0,
      },
    })
    if (!verified || !authenticationInfo.userVerified) return undefined
    return { id: passkey.id, counter: authenticationInfo.newCounter }
  } catch {
    return undefined
  }
}

/**
 * WebAuthn 7.2, step 22: a counter that does not grow tells of a second authenticator with the same key. Those without a counter
 * send 0.
 */
export function isCloned(before: number, now: number): boolean {
  return (before > 0 || now > 0) && now <= before
}

/** The id of the credential is compared, so it has to be text; everything else is for the library to check. */
function parsed<Response extends { readonly id: string }>(text: string): Response | undefined {
  if (text.length > maxResponse) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    const { id, response } = value as { id?: unknown; response?: unknown }
    if (typeof id !== 'string' || typeof response !== 'object' || response === null) return undefined
    return isCrossOrigin(response) ? undefined : (value as Response)
  } catch {
    return undefined
  }
}

/** WebAuthn 5.8.1: our pages are in no frame of another site. */
function isCrossOrigin(response: object): boolean {
  const { clientDataJSON } = response as { clientDataJSON?: unknown }
  if (typeof clientDataJSON !== 'string') return false
  const data = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString('utf8')) as { crossOrigin?: unknown } | null
  return data?.crossOrigin === true
}
