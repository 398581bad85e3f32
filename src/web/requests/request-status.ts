// Where one person stands with asking for access to one app: for the denied page and the portal.

import { newRequestPath } from './new-request-page.ts'
import type { GrantRequests } from '../../grants/requests/repository.ts'
import type { Grants } from '../../grants/grants.ts'
import type { Subject } from '../../policy/subject.ts'

/** Addresses are absolute. */
export interface RequestStatus {
  /** The form, for somebody who may ask. */
  readonly ask: string | undefined
  /** The same for an emergency. */
  readonly emergency: string | undefined
  /** An own request nobody has decided yet, and when it was asked (epoch milliseconds). */
  readonly pending: { readonly href: string; readonly at: number } | undefined
  /** The own grant that ended last: when, and whether somebody ended it before its time. */
  readonly ended: { readonly at: number; readonly early: boolean } | undefined
}

/** `gateway`: its origin. From memory: a denied page asks nobody. */
export function requestStatusOf(
  parts: { readonly requests: Pick<GrantRequests, 'offerFor' | 'of'>; readonly grants: Pick<Grants, 'of'> },
  subject: Subject,
  app: string,
  gateway: string,
  now: number,
): RequestStatus {
  const offer = parts.requests.offerFor(subject, app)
  const open = parts.requests.of(subject).find((one) => one.app === app && one.state === 'open')
  const ends = parts.grants
    .of(subject, app)
    .map(({ until, revokedAt }) => ({ at: Math.min(until, revokedAt ?? until), early: (revokedAt ?? until) < until }))
    .filter(({ at }) => at <= now)
    .toSorted((a, b) => b.at - a.at)
  return {
    ask: offer !== undefined && offer.levels.length > 0 ? `${gateway}${newRequestPath(app)}` : undefined,
    emergency: offer?.emergency && `${gateway}${newRequestPath(app, { emergency: true })}`,
    pending: open && { href: `${gateway}/requests/${open.id}`, at: open.askedAt },
    ended: ends[0],
  }
}
