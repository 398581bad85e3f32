// State machine of a session's standing at its provider: what each event there does to a session, as one table.

import { never } from '../../policy/never.ts'
import type { Session } from '../session/session.ts'

/**
 * `confirmed`: the provider stated every fact at the last revalidation. `facts_unconfirmed`: it confirmed the grant but
 * not every fact; they are kept once. `sign_in_needed`: facts are unknown; a rule that needs one sends its user to a silent
 * sign-in. `ended` is final.
 */
export type Standing = 'confirmed' | 'facts_unconfirmed' | 'sign_in_needed' | 'ended'

/**
 * Standing after an event. `unreachable`: the standing stays, and so does `revalidateAt`; the session is valid for `grace`
 * after it, then its requests are answered 503 until the provider answers.
 */
export type NextStanding = Standing | 'unreachable'

export type StandingEvent =
  /** A refresh: what came with it. UserInfo is not asked where the ID token states everything. */
  | 'id_token'
  | 'id_token_without_userinfo'
  | 'id_token_without_directory'
  | 'userinfo'
  | 'userinfo_thin'
  | 'userinfo_without_groups'
  | 'neither'
  /** The times of the ID token do not hold: one of the two clocks is wrong, or an old token was repeated. */
  | 'clock'
  /** A refresh: nothing that can be used. */
  | 'unreachable'
  | 'client_refused'
  | 'malformed'
  | 'key_unknown'
  | 'refused'
  | 'id_token_invalid'
  | 'other_subject'
  /** No question to the provider is possible. */
  | 'provider_removed'
  | 'no_refresh_token'
  | 'no_refresh_token_too_long'
  /** A sign-in of the same user in the same browser. */
  | 'signed_in'
  | 'signed_in_without_userinfo'
  | 'signed_in_without_directory'
  | 'step_up_failed'
  /** Ends that no revalidation causes: sign-out, command, logout token, limits, a sign-in of another user. */
  | 'session_ended'

type Row = Readonly<Record<Exclude<Standing, 'ended'>, NextStanding>>

const stays: Row = { confirmed: 'confirmed', facts_unconfirmed: 'facts_unconfirmed', sign_in_needed: 'sign_in_needed' }
const always = (next: NextStanding): Row => ({ confirmed: next, facts_unconfirmed: next, sign_in_needed: next })
/** Facts that are not repeated are kept once: a user who lost a group must not keep it for as long as the provider is silent. */
const keptOnce: Row = {
  confirmed: 'facts_unconfirmed',
  facts_unconfirmed: 'sign_in_needed',
  sign_in_needed: 'sign_in_needed',
}

/** The documentation shows it (`docs/explanation/session-standing.md`); a test compares both. */
export const transitions: Readonly<Record<StandingEvent, Row>> = {
  id_token: always('confirmed'),
  id_token_without_userinfo: keptOnce,
  // Everything but the groups was stated: only they are left from before.
  id_token_without_directory: keptOnce,
  // Facts once unknown stay so until an ID token states them: UserInfo repeats only what it knows.
  userinfo: { ...always('confirmed'), sign_in_needed: 'sign_in_needed' },
  userinfo_thin: keptOnce,
  // Providers omit the claim for a user without groups, so its absence is news.
  userinfo_without_groups: always('sign_in_needed'),
  neither: keptOnce,
  // Nothing in such a token is believed; the grant itself was confirmed, so it is as if the token had not come.
  clock: keptOnce,
  unreachable: always('unreachable'),
  // It says nothing about the user: an administrator must correct it.
  client_refused: always('unreachable'),
  malformed: always('unreachable'),
  // OIDC Core 10.1.1: a new key is no refusal.
  key_unknown: always('unreachable'),
  refused: always('ended'),
  id_token_invalid: always('ended'),
  // OIDC Core 5.3.2, 12.2.
  other_subject: always('ended'),
  provider_removed: always('ended'),
  no_refresh_token: stays,
  no_refresh_token_too_long: always('ended'),
  signed_in: always('confirmed'),
  signed_in_without_userinfo: always('sign_in_needed'),
  signed_in_without_directory: always('sign_in_needed'),
  step_up_failed: stays,
  session_ended: always('ended'),
}

export function nextStanding(current: Standing, event: StandingEvent): NextStanding {
  // A late answer never revives a session.
  return current === 'ended' ? 'ended' : transitions[event][current]
}

export function standingOf({ ended, unconfirmed }: Pick<Session, 'ended' | 'unconfirmed'>): Standing {
  if (ended !== undefined) return 'ended'
  if (unconfirmed === undefined) return 'confirmed'
  return unconfirmed.lost ? 'sign_in_needed' : 'facts_unconfirmed'
}

/** As a session records its standing. Throws for standings that are not written so. */
export function unconfirmedAt(standing: NextStanding, before: Session['unconfirmed']): Session['unconfirmed'] {
  const revalidations = (before?.revalidations ?? 0) + 1
  switch (standing) {
    case 'confirmed':
      return undefined
    case 'facts_unconfirmed':
      return { revalidations, lost: false }
    case 'sign_in_needed':
      return { revalidations, lost: true }
    case 'unreachable':
    case 'ended':
      throw Object.assign(new Error(`no facts are written for ${standing}`), { code: 'standing_unwritten' })
    default:
      return never(standing)
  }
}
