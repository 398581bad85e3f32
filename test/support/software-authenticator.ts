// Authenticator in software (WebAuthn level 3): makes and uses passkeys as a browser would send them, or as it never would.

import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'

export interface SoftPasskey {
  readonly id: Buffer
  readonly key: KeyObject
  counter: number
}

/** Deviations from what the page asked for. */
export interface Deviation {
  readonly origin?: string
  readonly rpId?: string
  readonly challenge?: string
  /** Flags of the authenticator data (WebAuthn 6.1): UP 1, UV 4. */
  readonly flags?: number
  readonly crossOrigin?: boolean
}

export interface CreationOptions {
  readonly challenge: string
  readonly rp: { readonly id: string }
}

export interface RequestOptions {
  readonly challenge: string
  readonly rpId: string
}

/** The options that a page has for its script; undefined: it has none. */
export function optionsIn<Options extends CreationOptions | RequestOptions>(body: string): Options | undefined {
  const text = /data-options="([^"]*)"/.exec(body)?.[1]
  const plain = text?.replaceAll(/&quot;|&#34;/g, '"').replaceAll('&amp;', '&')
  return plain === undefined ? undefined : (JSON.parse(plain) as Options)
}

/** The JSON of `navigator.credentials.create`, and the passkey. */
export function createPasskey(
  options: CreationOptions,
  origin: string,
  deviation: Deviation = {},
): { readonly passkey: SoftPasskey; readonly json: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const passkey = { id: randomBytes(32), key: privateKey, counter: 1 }
  const { x, y } = publicKey.export({ format: 'jwk' })
  // RFC 9053: {1: EC2, 3: ES256, -1: P-256, -2: x, -3: y}.
  const cose = Buffer.concat([
    Buffer.from('a5010203262001215820', 'hex'),
    Buffer.from(x!, 'base64url'),
    Buffer.from('225820', 'hex'),
    Buffer.from(y!, 'base64url'),
  ])
  const credential = Buffer.concat([Buffer.alloc(16), Buffer.from([0, passkey.id.length]), passkey.id, cose])
  const flags = (deviation.flags ?? 5) | 0x40
  const data = Buffer.concat([authenticatorData(deviation.rpId ?? options.rp.id, flags, passkey.counter), credential])
  // {"fmt": "none", "attStmt": {}, "authData": bytes}.
  const attestation = Buffer.concat([
    Buffer.from('a363666d74646e6f6e656761747453746d74a068617574684461746159', 'hex'),
    Buffer.from([data.length >> 8, data.length & 0xff]),
    data,
  ])
  const response = {
    clientDataJSON: clientData('webauthn.create', options.challenge, origin, deviation).toString('base64url'),
    attestationObject: attestation.toString('base64url'),
    transports: ['internal'],
  }
  return { passkey, json: credentialJson(passkey, response) }
}

/** The JSON of `navigator.credentials.get`. */
export function usePasskey(
  passkey: SoftPasskey,
  options: RequestOptions,
  origin: string,
  deviation: Deviation = {},
): string {
  passkey.counter += 1
  const data = authenticatorData(deviation.rpId ?? options.rpId, deviation.flags ?? 5, passkey.counter)
  const client = clientData('webauthn.get', options.challenge, origin, deviation)
  const signature = sign('sha256', Buffer.concat([data, createHash('sha256').update(client).digest()]), passkey.key)
  return credentialJson(passkey, {
    clientDataJSON: client.toString('base64url'),
    authenticatorData: data.toString('base64url'),
    signature: signature.toString('base64url'),
  })
}

function authenticatorData(rpId: string, flags: number, counter: number): Buffer {
  const count = Buffer.alloc(4)
  count.writeUInt32BE(counter)
  return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.from([flags]), count])
}

function clientData(type: string, challenge: string, origin: string, deviation: Deviation): Buffer {
  const { crossOrigin = false } = deviation
  const data = { type, challenge: deviation.challenge ?? challenge, origin: deviation.origin ?? origin, crossOrigin }
  return Buffer.from(JSON.stringify(data))
}

function credentialJson({ id }: SoftPasskey, response: object): string {
  const encoded = id.toString('base64url')
  return JSON.stringify({ id: encoded, rawId: encoded, type: 'public-key', clientExtensionResults: {}, response })
}
