// Access of guests: the grants and requests that let them sign in at all.

import type { Configuration } from '../config/configuration.ts'
import type { Grants } from '../grants/grants.ts'
import type { GrantRequests } from '../grants/requests/repository.ts'
import type { GuestAccess } from '../identity/guests/guest-access.ts'

export function createGuestAccess(deps: {
  readonly configuration: () => Pick<Configuration, 'apps'>
  readonly grants: Pick<Grants, 'of'>
  readonly requests: Pick<GrantRequests, 'of'>
  /** Epoch milliseconds. */
  readonly now: () => number
}): GuestAccess {
  const { configuration, grants, requests, now } = deps
  return {
    of(subject) {
      const { apps } = configuration()
      const at = now()
      const granted = [...apps.values()].flatMap(({ name, title }) =>
        grants
          .of(subject, name)
          .filter(({ revokedAt, until }) => revokedAt === undefined && until > at)
          .map(({ sponsor, until }) => ({ app: title, sponsor, until })),
      )
      // Asked for and not decided, or approved and the grant not written yet.
      const asked = requests
        .of(subject)
        .filter(({ app, state, settled }) => apps.has(app) && (state === 'open' || (state === 'approved' && !settled)))
        .map(({ app }) => ({ app: apps.get(app)!.title, sponsor: undefined, until: undefined }))
      const all = [...granted, ...asked]
      return all.length === 0 ? undefined : all
    },
  }
}
