// The ACME account (RFC 8555 7.3): one per directory and external account binding, its key sealed in the store.

import { createHash } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, FlattenedSign, generateKeyPair, importJWK, type JWK } from 'jose'
import type { AcmeSettings } from '../config/acme-settings.ts'
import type { SealedCollection } from '../store/sealed-collection.ts'
import { AcmeFailure } from './acme-failure.ts'
import type { SignedRequests, Signer } from './signed-requests.ts'

export interface AccountRecord {
  /** Private key, P-256. */
  readonly jwk: JWK
  readonly url: string | undefined
  readonly email: string | undefined
}

export interface Account {
  readonly signer: Signer
  /** RFC 7638, of the account key: part of every key authorization. */
  readonly thumbprint: string
}

export type AccountRecords = Pick<SealedCollection<AccountRecord>, 'read' | 'set'>

/**
 * The account of these settings, registered if it is new. Only for the node that orders: nothing here is safe against another
 * one. Rejects with `AcmeFailure`, or as the store does.
 */
export async function openAccount(
  settings: AcmeSettings,
  requests: SignedRequests,
  records: AccountRecords,
): Promise<Account> {
  const id = accountId(settings)
  const known = await records.read(id)
  const jwk = known?.jwk ?? (await newKey())
  // Before it is used: an account whose key is lost can be neither used nor closed.
  if (known === undefined) await records.set(id, { jwk, url: undefined, email: undefined })
  const key = (await importJWK(jwk, 'ES256')) as CryptoKey
  const { email } = settings
  const url = known?.url ?? (await register(settings, jwk, key, requests))
  const signer: Signer = { key, id: { kid: url } }
  if (known?.url !== undefined && known.email !== email) await requests.post(url, { contact: contact(email) }, signer)
  if (known?.url !== url || known.email !== email) await records.set(id, { jwk, url, email })
  return { signer, thumbprint: await calculateJwkThumbprint(publicPart(jwk)) }
}

/** The authority does not know it any more: the next `openAccount` registers its key again. */
export async function forgetAccount(settings: AcmeSettings, records: AccountRecords): Promise<void> {
  const known = await records.read(accountId(settings))
  if (known !== undefined) await records.set(accountId(settings), { ...known, url: undefined })
}

/** RFC 8555 7.3: of a key that has an account already, the authority returns that one. */
async function register(settings: AcmeSettings, jwk: JWK, key: CryptoKey, requests: SignedRequests): Promise<string> {
  const { newAccount } = await requests.directory()
  const binding = settings.eab && (await bindAccount(settings.eab, publicPart(jwk), newAccount))
  const payload = {
    termsOfServiceAgreed: true,
    contact: contact(settings.email),
    ...(binding && { externalAccountBinding: binding }),
  }
  const { location } = await requests.post(newAccount, payload, { key, id: { jwk: publicPart(jwk) } })
  if (location === undefined) throw new AcmeFailure('unusable_answer', 'the authority gave the new account no URL')
  return location
}

/** RFC 8555 7.3.4: the public key, signed with the key of the external account. */
function bindAccount({ kid, hmac }: NonNullable<AcmeSettings['eab']>, jwk: JWK, url: string): Promise<object> {
  return new FlattenedSign(new TextEncoder().encode(JSON.stringify(jwk)))
    .setProtectedHeader({ alg: 'HS256', kid, url })
    .sign(Buffer.from(hmac, 'base64url'))
}

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return exportJWK(privateKey)
}

/** RFC 7518 6.2.1: everything but `d`. */
function publicPart({ kty, crv, x, y }: JWK): JWK {
  return { kty, crv, x, y } as JWK
}

function contact(email: string | undefined): string[] {
  return email === undefined ? [] : [`mailto:${email}`]
}

function accountId({ directory, eab }: AcmeSettings): string {
  return createHash('sha256')
    .update(JSON.stringify([directory, eab?.kid ?? null]))
    .digest('base64url')
    .slice(0, 22)
}
