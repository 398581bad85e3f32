// One person in one browser: the record every app host's cookie leads to.

import type { Authentication, Subject } from '../../policy/subject.ts'

export interface Session {
  /** 128 random bits, base64url. Names the session in logs and commands; never the cookie, never a credential. */
  readonly id: string
  readonly subject: Subject
  readonly authentication: Authentication
  /** `sid` of the ID token, for back-channel logout. */
  readonly providerSession: string | undefined
  /** Epoch milliseconds. `endsAt` is absolute: nothing moves it. */
  readonly createdAt: number
  readonly endsAt: number
  /** Milliseconds of silence after which it is idle; the strictest app's own limit is checked as well. */
  readonly idle: number
  /** When the provider last confirmed it, and when it must be asked again. */
  readonly validatedAt: number
  readonly revalidateAt: number
  /** Counts up at every sign-in and step-up; cookies of an older generation no longer open it. */
  readonly generation: number
  /** Counts up at every write; with the id it names one state of the session. */
  readonly version: number
  /** Device the first signed posture token pinned; another device ends the session. */
  readonly device: string | undefined
  /** Shown to the person beside "end this session". */
  readonly userAgent: string | undefined
  readonly address: string | undefined
  /** Set once, never unset. */
  readonly ended: { readonly at: number; readonly reason: SessionEnd } | undefined
}

/** As it lies in the store, sealed. Tokens are needed once in hours: no node keeps them, and they never leave `identity/`. */
export interface SessionWithTokens extends Session {
  readonly tokens: Tokens
}

export interface Tokens {
  readonly refresh: string | undefined
  readonly idToken: string | undefined
}

export type SessionEnd = 'session_expired' | 'session_idle' | 'session_revoked'
