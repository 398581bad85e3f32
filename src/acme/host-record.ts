// What the store holds for one host: its certificate, a pending challenge, and why the last order failed. Sealed.

import type { ChallengeType } from '../config/acme-settings.ts'
import type { KeyPair } from '../http/server/issued-certificates.ts'
import { createSealedCollection, type SealedCollection } from '../store/sealed-collection.ts'
import type { Seal } from '../store/seal.ts'
import type { Store } from '../store/store.ts'
import type { AccountRecord } from './account.ts'

/** All times in epoch milliseconds. */
export interface HostRecord {
  readonly name: string
  readonly certificate: HeldCertificate | undefined
  readonly challenge: PendingChallenge | undefined
  readonly failure: OrderFailure | undefined
}

export interface HeldCertificate extends KeyPair {
  readonly directory: string
  /** Common name or organisation, for display. */
  readonly issuer: string
  readonly notBefore: number
  readonly notAfter: number
  /** When it is renewed, and when the authority is asked for this time again (RFC 9773). */
  readonly renewAt: number
  readonly askAgainAt: number
  /** Days before the end of the last finding; undefined: none yet. */
  readonly warned: number | undefined
}

export interface PendingChallenge {
  readonly type: ChallengeType
  readonly token: string
  readonly keyAuthorization: string
  /** Of tls-alpn-01. */
  readonly proof: KeyPair | undefined
  readonly until: number
}

export interface OrderFailure {
  readonly code: string
  readonly cause: string
  readonly mend: string
  /** Of the first failure in a row, and of the last. */
  readonly since: number
  readonly at: number
  readonly count: number
  readonly nextAttempt: number
  /** The authority itself named that time. */
  readonly postponed: boolean
}

const day = 24 * 3_600_000

export type HostRecords = SealedCollection<HostRecord>

/** Keys `acme-host:<name>` and the set `acme-hosts`; gone 30 days after the certificate ended or the last attempt. */
export function createHostRecords(parts: {
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly now: () => number
}): HostRecords {
  return createSealedCollection<HostRecord>({
    ...parts,
    kind: 'acme-host',
    idsKey: 'acme-hosts',
    until: ({ certificate, challenge, failure }) =>
      Math.max(certificate?.notAfter ?? 0, challenge?.until ?? 0, failure?.nextAttempt ?? 0),
    retention: 30 * day,
    revive({ name, certificate, challenge, failure }) {
      return {
        name,
        certificate: certificate && { ...certificate, warned: certificate.warned },
        challenge: challenge && { ...challenge, proof: challenge.proof },
        failure,
      }
    },
  })
}

/** Keys `acme-account:<id>`: kept for ten years from the last change, as an account is of no use without its key. */
export function createAccountRecords(parts: {
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly now: () => number
}): SealedCollection<AccountRecord> {
  return createSealedCollection<AccountRecord>({
    ...parts,
    kind: 'acme-account',
    idsKey: 'acme-accounts',
    until: parts.now,
    retention: 3650 * day,
    revive: ({ jwk, url, email }) => ({ jwk, url, email }),
  })
}
