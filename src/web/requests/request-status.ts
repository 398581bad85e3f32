// Status of a user's access requests for one app, for the denied page and the portal.

import { newRequestPath } from './new-request-page.ts'
import type { GrantRequests } from '../../grants/requests/repository.ts'
import type { Grants } from '../../grants/grants.ts'
import type { Subject } from '../../policy/subject.ts'

/** Addresses are absolute. */
export interface RequestStatus {
  /** Request form, if the user may request access. */
  readonly ask: string | undefined
  /** Emergency access form, if offered. */
  readonly emergency: string | undefined
  /** The user's open request, and when it was made (epoch milliseconds). */
  readonly pending: { readonly href: string; readonly at: number } | undefined
  /** The user's most recently ended grant: when (epoch milliseconds), and whether it was revoked early. */
  readonly ended: { readonly at: number; readonly early: boolean } | undefined
}

/** `gateway`: origin of the gateway. Reads in-memory replicas only, so a denied page waits for no store. */
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
