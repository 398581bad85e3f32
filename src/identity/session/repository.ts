// What the repository of sessions offers and needs; `sessions.ts` makes one.

import type { Actor, Origin, Recorder } from '../../audit/event.ts'
import type { SessionSettings } from '../../config/configuration.ts'
import type { Authentication, Subject } from '../../policy/subject.ts'
import type { ChangeFeed } from '../../store/change-feed.ts'
import type { Seal } from '../../store/seal.ts'
import type { Store, StoreLog } from '../../store/store.ts'
import type { Session, SessionEnd, SessionWithTokens, Tokens } from './session.ts'

/** What looking a cookie up gives. */
export type SessionLookup =
  | { readonly state: 'live'; readonly session: Session }
  | { readonly state: 'none'; readonly reason: 'no_session' | SessionEnd }
  /** The store cannot be asked and `grace` is over. */
  | { readonly state: 'unreachable' }

/** The same, read from the store just now. */
export type SessionLookupWithTokens =
  Exclude<SessionLookup, { state: 'live' }> | { readonly state: 'live'; readonly session: SessionWithTokens }

export interface NewSession {
  readonly subject: Subject
  readonly authentication: Authentication
  readonly providerSession: string | undefined
  readonly tokens: Tokens
  readonly userAgent: string | undefined
  readonly address: string | undefined
  /** Epoch milliseconds at which it ends at the latest, whatever the settings say. */
  readonly until?: number
}

export interface Sessions {
  /**
   * The session a cookie value opens on this host. Answers at once from the local cache when it may
   * (`changes.fresh`), else asks the store. Checks host, generation, ended, idle and absolute limits on every read.
   */
  find(cookie: string, host: string): SessionLookup | Promise<SessionLookup>
  /** By id, for leases and commands. */
  read(id: string): SessionLookup | Promise<SessionLookup>
  /** By id, never from the cache: what the provider gave is in the store alone. */
  withTokens(id: string): Promise<SessionLookupWithTokens>
  /** After sign-in. `previous`: the session this browser had; for the same person it is raised in place, else ended. */
  begin(signedIn: NewSession, previous: Session | undefined, origin: Origin): Promise<Session>
  /** A new cookie value (256 bits, base64url) that opens `session` on `host` and nowhere else. */
  issueCookie(session: Session, host: string): Promise<string>
  /** Epoch milliseconds of the last activity known here, without asking the store; `createdAt` when none is. */
  lastSeen(session: Session): number
  /** Notes activity; written at most every tenth of the idle limit, in the background. */
  touch(session: Session): void
  /** New facts from the provider (refresh). False when the session ended or changed meanwhile: nothing is written then. */
  update(
    session: Session,
    facts: Partial<
      Pick<SessionWithTokens, 'subject' | 'authentication' | 'tokens' | 'validatedAt' | 'revalidateAt' | 'device'>
    >,
  ): Promise<Session | undefined>
  end(id: string, reason: SessionEnd, actor: Actor, origin?: Origin): Promise<boolean>
  /** Sessions of a person, or of one provider session id: for the portal and back-channel logout. */
  ofSubject(provider: string, sub: string): Promise<Session[]>
  ofProviderSession(provider: string, sid: string): Promise<Session[]>
  all(): Promise<Session[]>
  /** Writes what `touch` still keeps, and stops all timers. */
  stop(): Promise<void>
}

export interface SessionsOptions {
  readonly store: Store
  readonly changes: ChangeFeed
  readonly seal: Seal
  readonly record: Recorder
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly settings: () => SessionSettings
  readonly log?: StoreLog
}
