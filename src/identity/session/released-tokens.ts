// Tokens that no session uses any more, as handed over to be revoked at their provider.

import type { Session, Tokens } from './session.ts'

export interface ReleasedTokens {
  readonly why:
    | 'session_ended'
    /** By the tokens of a newer sign-in or refresh of the same session. */
    | 'replaced'
    /** Issued to a sign-in or step-up that failed a check. */
    | 'sign_in_failed'
  readonly tokens: Tokens
  readonly provider: string
  /** Undefined when the tokens did not pass the checks that tell. */
  readonly sub: string | undefined
  /** `sid` of the sign-in the tokens are from. */
  readonly providerSession: string | undefined
  /** Session they belonged to, or that of the browser whose sign-in failed. */
  readonly session: string | undefined
}

/** Takes over tokens; returns at once and never throws. */
export type ReleaseTokens = (released: ReleasedTokens) => void

/** Of a session that had these tokens. */
export function releasedBy(
  { id, subject, providerSession }: Pick<Session, 'id' | 'subject' | 'providerSession'>,
  tokens: Tokens,
  why: ReleasedTokens['why'],
): ReleasedTokens {
  return { why, tokens, provider: subject.provider, sub: subject.sub, providerSession, session: id }
}
