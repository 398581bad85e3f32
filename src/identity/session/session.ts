// Session of a subject in one browser: the record that the cookies of all app hosts refer to.

import type { Authentication, Subject } from '../../policy/subject.ts'

export interface Session {
  /** 128 random bits, base64url. Names the session in logs and commands; never the cookie, never a credential. */
  readonly id: string
  readonly subject: Subject
  readonly authentication: Authentication
  /** `sid` of the ID token, for back-channel logout. */
  readonly providerSession: string | undefined
  /** Epoch milliseconds. `endsAt` is absolute: nothing extends it. */
  readonly createdAt: number
  readonly endsAt: number
  /** Idle limit in milliseconds; a stricter limit of an app is checked as well. */
  readonly idle: number
  /** Last confirmation by the provider, and when the next revalidation is due; epoch milliseconds. */
  readonly validatedAt: number
  readonly revalidateAt: number
  /**
   * Incremented when a sign-in proves something else than the one before; a cookie of an older generation opens the session as
   * that sign-in left it (`earlier-sign-ins.ts`), on the gateway's host nothing.
   */
  readonly generation: number
  /** Sign-ins of older generations, oldest first. */
  readonly earlier?: readonly EarlierSignIn[] | undefined
  /** Incremented at every write; with the id it identifies one state of the session. */
  readonly version: number
  /** Device pinned by the first signed posture token; another device ends the session. */
  readonly device: string | undefined
  /** Shown to the user in the list of sessions. */
  readonly userAgent: string | undefined
  readonly address: string | undefined
  /** Since the last ID token; undefined when the last revalidation, or the sign-in, returned one. */
  readonly unconfirmed?: Unconfirmed | undefined
  /** Set once, never unset. */
  readonly ended: { readonly at: number; readonly reason: SessionEnd } | undefined
}

/** What a sign-in proved, and when the session would have ended with it (epoch milliseconds). */
export interface EarlierSignIn {
  readonly generation: number
  readonly authentication: Authentication
  readonly endsAt: number
}

/** What sign-ins and revalidations leave open: OIDC Core 12.2 makes the ID token optional, and UserInfo may fail. */
export interface Unconfirmed {
  /** Such statements in a row. */
  readonly revalidations: number
  /** Groups or claims of the subject became unknown; a new sign-in, usually without interaction, states them again. */
  readonly lost: boolean
  /** Epoch milliseconds before which that sign-in would bring nothing new; undefined: now. */
  readonly signInAgainFrom?: number
}

/** As stored, sealed. Tokens are needed rarely: no node caches them, and they never leave `identity/`. */
export interface SessionWithTokens extends Session {
  readonly tokens: Tokens
}

export interface Tokens {
  readonly refresh: string | undefined
  readonly idToken: string | undefined
  /** Issuer of its metadata at that sign-in: tokens go to no other. Absent in records from before it was kept. */
  readonly issuer?: string
}

export type SessionEnd = 'session_expired' | 'session_idle' | 'session_revoked'
