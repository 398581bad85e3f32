// Subject after a sign-in or revalidation: what the provider states replaces what it stated before; what it no longer states expires.

import type { ProviderSettings } from '../../config/provider-settings.ts'
import type { Subject } from '../../policy/subject.ts'
import type { Session, Unconfirmed } from '../session/session.ts'
import { emailOf } from '../users/email.ts'
import { ownEmail, subjectOf } from './claims.ts'
import { readClaim, type Claims, type ProviderClaims } from './provider-claims.ts'
import { nextStanding, standingOf, unconfirmedAt, type StandingEvent } from './standing.ts'

export interface StatedSubject {
  readonly event: StandingEvent
  readonly subject: Subject
  readonly unconfirmed: Unconfirmed | undefined
}

/** How the statement came about, as far as it matters for what is missing in it. */
export interface StatementContext {
  /** UserInfo was needed and did not answer usably: what it would state is unknown, not absent. */
  readonly userInfoFailed?: boolean
  /** The times of the ID token did not hold, and nothing of it is in the statement. */
  readonly clock?: boolean
  /** Claims of the last ID token; undefined when none is kept. */
  readonly lastIdToken?: Claims | undefined
}

/** Every claim may have been stated since: an absent one is unknown, also where a rule says what absence means. */
const allClaims: readonly string[] = ['*']

/** Milliseconds after a sign-in that brought no facts, before a silent one is tried again: it would bring none either. */
const pauseBetweenSignIns = 15_000

/** `at`: epoch milliseconds of the sign-in. The ID token is there; UserInfo may have failed. */
export function signedInSubject(
  sub: string,
  statement: ProviderClaims,
  settings: ProviderSettings,
  { userInfoFailed, at }: { readonly userInfoFailed: boolean; readonly at: number },
): StatedSubject {
  const subject = subjectOf(sub, statement, settings)
  const { directory } = statement
  const withoutDirectory = directory?.state === 'unconfirmed'
  if (!userInfoFailed && !withoutDirectory) return { event: 'signed_in', subject, unconfirmed: undefined }
  const event = userInfoFailed ? 'signed_in_without_userinfo' : 'signed_in_without_directory'
  const statesGroups =
    directory?.state === 'known' || readClaim(statement.idToken ?? {}, settings.claims.groups.claim) !== undefined
  return {
    event,
    subject: {
      ...subject,
      groupsComplete: subject.groupsComplete && !withoutDirectory && statesGroups,
      ...(userInfoFailed && { partialClaims: allClaims }),
    },
    unconfirmed: {
      ...unconfirmedAt(nextStanding('confirmed', event), undefined)!,
      signInAgainFrom: at + pauseBetweenSignIns,
    },
  }
}

/**
 * A new ID token, with UserInfo where that is needed, replaces all facts. Else facts that are not repeated are kept once, and
 * unknown from the second time on. Groups that UserInfo used to state and now lacks are unknown at once.
 */
export function refreshedSubject(
  session: Pick<Session, 'subject' | 'unconfirmed'>,
  statement: ProviderClaims,
  settings: ProviderSettings,
  context: StatementContext = {},
): StatedSubject {
  const { subject: before, unconfirmed } = session
  const standing = standingOf({ ended: undefined, unconfirmed })
  const after = (event: StandingEvent, subject: Subject): StatedSubject => ({
    event,
    subject,
    unconfirmed: unconfirmedAt(nextStanding(standing, event), unconfirmed),
  })
  const { idToken, userInfo, directory } = statement
  if (idToken !== undefined && !context.userInfoFailed) {
    const now = subjectOf(before.sub, statement, settings)
    if (directory?.state !== 'unconfirmed') return after('id_token', now)
    const { groups, groupsComplete } = before
    return after('id_token_without_directory', standing === 'confirmed' ? { ...now, groups, groupsComplete } : now)
  }
  const missing = missingFacts(before, statement, settings, context)
  const event = eventOf(statement, missing, context)
  // The first time in a row: the facts are kept. From then on they are unknown.
  const kept = standing === 'confirmed' || event === 'userinfo' || event === 'id_token'
  const isSilent = idToken === undefined && userInfo === undefined
  return after(event, isSilent && kept ? before : merged(before, statement, settings, { kept, missing }))
}

interface MissingFacts {
  readonly groups: boolean
  /** UserInfo answered, and used to be where the groups are. */
  readonly groupsWithdrawn: boolean
  readonly claims: boolean
}

function missingFacts(
  before: Subject,
  statement: ProviderClaims,
  settings: ProviderSettings,
  { lastIdToken }: StatementContext,
): MissingFacts {
  const sources = [statement.idToken, statement.userInfo].filter((one) => one !== undefined)
  const path = settings.claims.groups.claim
  const groups =
    statement.directory?.state !== 'known' && sources.every((source) => readClaim(source, path) === undefined)
  const now = subjectOf(before.sub, statement, settings)
  const fromIdToken = lastIdToken !== undefined && readClaim(lastIdToken, path) !== undefined
  return {
    groups,
    groupsWithdrawn: groups && statement.userInfo !== undefined && !fromIdToken && !hasDirectory(settings),
    claims: Object.keys(ownClaims(before, settings)).some((claim) => !Object.hasOwn(now.claims, claim)),
  }
}

function eventOf(
  { idToken, userInfo }: ProviderClaims,
  missing: MissingFacts,
  { clock }: StatementContext,
): StandingEvent {
  const thin = missing.groups || missing.claims
  if (idToken !== undefined) return thin ? 'id_token_without_userinfo' : 'id_token'
  if (missing.groupsWithdrawn) return 'userinfo_without_groups'
  if (userInfo !== undefined) return thin ? 'userinfo_thin' : 'userinfo'
  return clock ? 'clock' : 'neither'
}

/** The groups are the directory's to state, which is asked about a user whom an ID token names. */
function hasDirectory({ groupsFrom }: ProviderSettings): boolean {
  return groupsFrom === 'graph' || groupsFrom === 'google_directory'
}

/** Claims that are neither the groups nor the address, which have rules of their own. */
function ownClaims({ claims }: Subject, settings: ProviderSettings): Subject['claims'] {
  const { email: _email, [settings.claims.groups.claim]: _groups, ...own } = claims
  return own
}

/** What the statement contains, over what the session knew; the account, and so its names, stay the same. */
function merged(
  before: Subject,
  statement: ProviderClaims,
  settings: ProviderSettings,
  { kept, missing }: { readonly kept: boolean; readonly missing: MissingFacts },
): Subject {
  const now = subjectOf(before.sub, statement, settings)
  const source = { ...statement.userInfo, ...statement.idToken }
  const stated = readClaim(source, settings.claims.email)
  const aboutEmail = stated !== undefined || source.email_verified !== undefined
  // Repeating the address without its proof takes nothing away from it.
  const repeated = source.email_verified === undefined && emailOf(stated) === before.email
  const email = aboutEmail && !repeated ? now.email : ownEmail(before.email, settings)
  const keepsGroups = kept && missing.groups && !missing.groupsWithdrawn
  const { groups, groupsComplete } = keepsGroups ? before : now
  const path = settings.claims.groups.claim
  const keptGroups = keepsGroups && Object.hasOwn(before.claims, path) ? { [path]: before.claims[path]! } : {}
  const partial = kept ? [...new Set([...(before.partialClaims ?? []), ...(now.partialClaims ?? [])])] : allClaims
  return {
    ...now,
    email,
    name: now.name ?? before.name,
    username: now.username ?? before.username,
    groups,
    groupsComplete: groupsComplete && (keepsGroups || !missing.groups),
    claims: { ...(kept && ownClaims(before, settings)), ...keptGroups, ...now.claims, ...addressClaim(email) },
    ...(partial.length > 0 && { partialClaims: partial }),
  }
}

function addressClaim(email: string | undefined): Subject['claims'] {
  return email === undefined ? {} : { email: [email] }
}
