// Interface of the session repository, and its dependencies; `sessions.ts` implements it.

import type { Actor, Origin, Recorder } from '../../audit/event.ts'
import type { SessionSettings } from '../../config/configuration.ts'
import type { Authentication, Subject } from '../../policy/subject.ts'
import type { ChangeFeed } from '../../store/change-feed.ts'
import type { Seal } from '../../store/seal.ts'
import type { Store, StoreLog } from '../../store/store.ts'
import type { ReleaseTokens } from './released-tokens.ts'
import type { Session, SessionEnd, SessionWithTokens, Tokens, Unconfirmed } from './session.ts'

/** Result of looking up a session by cookie or id. */
export type SessionLookup =
  | { readonly state: 'live'; readonly session: Session }
  | { readonly state: 'none'; readonly reason: 'no_session' | SessionEnd }
  /** The store is unreachable and `grace` is over. */
  | { readonly state: 'unreachable' }

/** The same with tokens, read from the store on every call. */
export type SessionLookupWithTokens =
  Exclude<SessionLookup, { state: 'live' }> | { readonly state: 'live'; readonly session: SessionWithTokens }

export interface NewSession {
  readonly subject: Subject
  readonly authentication: Authentication
  readonly providerSession: string | undefined
  readonly tokens: Tokens
  readonly unconfirmed?: Unconfirmed | undefined
  readonly userAgent: string | undefined
  readonly address: string | undefined
  /** Epoch milliseconds of the latest possible end, whatever the settings. */
  readonly until?: number
}

export interface Sessions {
  /**
   * Looks up the session a cookie value opens on this host. Returns at once from the local cache while it is current
   * (`changes.fresh`), else reads the store. Checks host, generation, ended, idle and absolute limits on every read. A cookie from
   * before a stronger sign-in opens the session as it was then.
   */
  find(cookie: string, host: string): SessionLookup | Promise<SessionLookup>
  /**
   * The live session a cookie of this host was issued for, also when a stronger sign-in replaced the cookie: to continue or end it,
   * never to act in it. Undefined when there is none. Rejects with `StoreUnreachable`.
   */
  owned(cookie: string, host: string): Promise<Session | undefined>
  /** By id, for leases and commands. */
  read(id: string): SessionLookup | Promise<SessionLookup>
  /** By id, never from the cache: tokens are in the store alone. */
  withTokens(id: string): Promise<SessionLookupWithTokens>
  /**
   * After sign-in. `previous`: current session of this browser; of the same subject it is continued in place, else ended.
   */
  begin(signedIn: NewSession, previous: Session | undefined, origin: Origin): Promise<Session>
  /**
   * Issues a cookie value (256 bits, base64url) that opens `session` on `host` only. `replaceable`: on the gateway's host, where it
   * opens nothing after a stronger sign-in.
   */
  issueCookie(session: Session, host: string, replaceable?: 'replaceable'): Promise<string>
  /** Epoch milliseconds of the last activity known locally, without reading the store; `createdAt` when none is. */
  lastSeen(session: Session): number
  /** Records activity; written at most every tenth of the idle limit, in the background. */
  touch(session: Session): void
  /**
   * Writes new facts of the provider (refresh). Undefined when the session ended or changed meanwhile: then nothing is
   * written.
   */
  update(
    session: Session,
    facts: Partial<
      Pick<
        SessionWithTokens,
        'subject' | 'authentication' | 'tokens' | 'validatedAt' | 'revalidateAt' | 'unconfirmed' | 'device'
      >
    >,
  ): Promise<Session | undefined>
  /**
   * Tokens of a newer sign-in of the same subject that did not prove a step-up: the session goes on with them and is
   * otherwise unchanged. False when it ended or is of another subject. Rejects with `StoreUnreachable`.
   */
  takeOverTokens(id: string, newer: Pick<NewSession, 'subject' | 'tokens' | 'providerSession'>): Promise<boolean>
  /** True for the one call that ended it. Rejects with `StoreUnreachable`. */
  end(id: string, reason: SessionEnd, actor: Actor, origin?: Origin): Promise<boolean>
  /** Live sessions of a subject, or of one provider session id: for the portal and back-channel logout. */
  ofSubject(provider: string, sub: string): Promise<Session[]>
  ofProviderSession(provider: string, sid: string): Promise<Session[]>
  all(): Promise<Session[]>
  /** Writes pending activity, and stops all timers. */
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
  /** Receives tokens of sessions this node ended, and tokens it replaced. */
  readonly release?: ReleaseTokens
  readonly log?: StoreLog
}
