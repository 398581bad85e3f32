// Subject after a revalidation: what the provider states replaces what it stated before; what it no longer states expires.

import type { ProviderSettings } from '../../config/configuration.ts'
import type { Subject } from '../../policy/subject.ts'
import type { Session, Unconfirmed } from '../session/session.ts'
import { emailOf } from '../users/email.ts'
import { ownEmail, subjectOf } from './claims.ts'
import { readClaim, type Claims, type ProviderClaims } from './provider-claims.ts'

export interface RefreshedSubject {
  readonly subject: Subject
  readonly unconfirmed: Unconfirmed | undefined
}

/** Revalidations in a row without a word about groups or a claim, after which they are unknown. */
const maxSilent = 2

/**
 * A new ID token replaces all claims. Without one, facts that UserInfo does not repeat are kept once and unknown from the second
 * time on: a person who lost a group must not keep it for as long as the provider says nothing. Groups that an answer of
 * UserInfo lacks are unknown at once, since providers omit the claim of a person without groups.
 */
export function refreshedSubject(
  { subject: before, unconfirmed }: Pick<Session, 'subject' | 'unconfirmed'>,
  statement: ProviderClaims,
  settings: ProviderSettings,
): RefreshedSubject {
  const { idToken, userInfo, directory } = statement
  if (idToken !== undefined && directory?.state !== 'unconfirmed') {
    return { subject: subjectOf(before.sub, statement, settings), unconfirmed: undefined }
  }
  const revalidations = (unconfirmed?.revalidations ?? 0) + 1
  const expired = revalidations >= maxSilent
  if (idToken !== undefined) {
    // The directory that has the groups did not answer: only they are left from before.
    const now = subjectOf(before.sub, statement, settings)
    const subject = expired ? now : { ...now, groups: before.groups, groupsComplete: before.groupsComplete }
    return { subject, unconfirmed: { revalidations, lost: expired || unconfirmed?.lost === true } }
  }
  const subject = userInfo ? merged(before, userInfo, settings, expired) : expired ? withoutFacts(before) : before
  const lost =
    expired ||
    (before.groupsComplete && !subject.groupsComplete) ||
    Object.keys(before.claims).some((claim) => !Object.hasOwn(subject.claims, claim))
  return { subject, unconfirmed: { revalidations, lost: lost || unconfirmed?.lost === true } }
}

/** Every claim may have been stated since: an absent one is unknown, also where a rule says what absence means. */
const allClaims: readonly string[] = ['*']

/** The account stays the same, and so does the address that names it. */
function withoutFacts(before: Subject): Subject {
  return {
    ...before,
    groups: [],
    groupsComplete: false,
    claims: addressClaim(before.email),
    partialClaims: allClaims,
  }
}

function merged(before: Subject, userInfo: Claims, settings: ProviderSettings, expired: boolean): Subject {
  const now = subjectOf(before.sub, { idToken: undefined, userInfo }, settings)
  const stated = readClaim(userInfo, settings.claims.email)
  const aboutEmail = stated !== undefined || userInfo.email_verified !== undefined
  // UserInfo that repeats the address without its proof takes nothing away from it.
  const repeated = userInfo.email_verified === undefined && emailOf(stated) === before.email
  const email = aboutEmail && !repeated ? now.email : ownEmail(before.email, settings)
  const { email: _email, [settings.claims.groups.claim]: _groups, ...kept } = before.claims
  const partial = expired ? allClaims : [...new Set([...(before.partialClaims ?? []), ...(now.partialClaims ?? [])])]
  return {
    ...now,
    email,
    name: now.name ?? before.name,
    username: now.username ?? before.username,
    claims: { ...(!expired && kept), ...now.claims, ...addressClaim(email) },
    ...(partial.length > 0 && { partialClaims: partial }),
  }
}

function addressClaim(email: string | undefined): Subject['claims'] {
  return email === undefined ? {} : { email: [email] }
}
