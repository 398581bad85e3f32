// Ends sessions of guests as soon as their last grant is revoked or runs out, rather than at the next revalidation.

import { guestProvider, type Subject } from '../../policy/subject.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Revalidation } from '../oidc/revalidation.ts'
import type { Sessions } from '../session/sessions.ts'
import { guestSub } from './guest-subject.ts'

/** A grant to a guest. `who`: `guests|sub` or `guests|mailto:address`; `until` in epoch milliseconds. */
export interface GuestGrant {
  readonly who: string
  readonly until: number
  readonly revokedAt: number | undefined
}

export interface GuestGrants {
  all(): readonly GuestGrant[]
  /** Called with the apps whose grants changed, on every node. */
  onChange(listener: () => void): void
}

export interface EndWithAccessDependencies {
  readonly grants: GuestGrants
  readonly sessions: Pick<Sessions, 'ofSubject'>
  readonly revalidation: Revalidation
  /** Whether there are guests at all: else nothing is looked at. */
  readonly open: () => boolean
  readonly log: Logger
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** Milliseconds. */
const interval = 1000

/** Returns how to stop. All nodes do the same: the session ends once. */
export function startEndingWithAccess(deps: EndWithAccessDependencies): () => void {
  const { grants, sessions, revalidation, open, log, now } = deps
  /** `sub` of guests whose access may have ended, until that was looked at. */
  const doubtful = new Set<Subject['sub']>()
  let active = new Map<string, GuestGrant>()
  let changed = true
  let looking = false

  const look = async (): Promise<void> => {
    if (looking || !(open() || active.size > 0)) return
    looking = true
    try {
      if (changed) {
        changed = false
        const current = activeGrants()
        for (const key of active.keys()) if (!current.has(key)) doubtful.add(subOf(key))
        active = current
      }
      const at = now()
      for (const [key, { until }] of active) {
        if (until > at) continue
        active.delete(key)
        doubtful.add(subOf(key))
      }
      for (const sub of doubtful) {
        for (const session of await sessions.ofSubject(guestProvider, sub)) {
          const { state } = await revalidation.revalidate(session)
          if (state === 'unreachable') return
        }
        doubtful.delete(sub)
      }
    } catch (error) {
      log.warn({ err: error }, 'sessions of guests without access could not be ended yet; will retry')
    } finally {
      looking = false
    }
  }

  /** The grant of each guest that lasts longest, by grantee. */
  function activeGrants(): Map<string, GuestGrant> {
    const found = new Map<string, GuestGrant>()
    const at = now()
    for (const grant of grants.all()) {
      if (!grant.who.startsWith(`${guestProvider}|`) || grant.revokedAt !== undefined || grant.until <= at) continue
      if ((found.get(grant.who)?.until ?? -Infinity) < grant.until) found.set(grant.who, grant)
    }
    return found
  }

  grants.onChange(() => {
    changed = true
    void look()
  })
  const timer = setInterval(() => void look(), interval)
  timer.unref()
  return () => clearInterval(timer)
}

function subOf(who: string): string {
  const name = who.slice(guestProvider.length + 1)
  return name.startsWith('mailto:') ? guestSub(name.slice('mailto:'.length)) : name
}
