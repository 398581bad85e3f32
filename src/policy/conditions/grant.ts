// Condition `grant: required`: has somebody been let in for a while, and is it that while?

import type { AccessRequest } from '../access-request.ts'
import { isRead, readProbe } from '../classify.ts'
import type { Grant } from '../grant.ts'
import type { Verdict } from '../policy.ts'
import type { Compiled, Context } from '../vocabulary.ts'
import { outside } from './time.ts'
import { metUntil, unmet } from './verdict.ts'

/**
 * Met by a grant for this app that is not revoked, in `[from, until)`, in its own schedule, and of level full - or
 * read, for reading. Of several the one that lasts longest counts.
 */
export function grant(_required: 'required', context: Context): Compiled {
  const askFor = context.requests ? ({ kind: 'request_access' } as const) : ({ kind: 'ask_owner' } as const)
  const none = unmet(context.reason('grant_required'), askFor)
  const ended = unmet(context.reason('grant_expired'), askFor)
  const readOnly = context.reason('read_only')

  return {
    name: 'grant',
    summary: 'required',
    probes: [readProbe],
    evaluate({ grants, method, now }: AccessRequest) {
      const read = isRead(method)
      let best: Standing | undefined
      let edge = Infinity
      for (const grant of grants) {
        if (grant.app !== context.app) continue
        const standing = stand(grant, read, now, context)
        edge = Math.min(edge, standing.until)
        if (best === undefined || before(standing, best)) best = standing
      }
      if (best === undefined) return none
      if (best.kind === 'good') return metUntil(best.until, best.grant.id)
      return { ...explain(best), until: edge }
    },
  }

  function explain(best: Standing): Verdict {
    const { kind, grant, until } = best
    if (kind === 'read_only') return unmet(readOnly, askFor)
    if (kind === 'closed') return outside(context, until, zoneOf(grant, context))
    if (kind === 'ended') return ended
    const from = Temporal.Instant.fromEpochMilliseconds(grant.from).toString()
    return unmet(context.reason('grant_pending', { from }), { kind: 'wait', until: grant.from })
  }
}

/** Most useful first. `until`: epoch milliseconds at which time alone changes where the grant stands. */
const kinds = ['good', 'read_only', 'closed', 'pending', 'ended'] as const

interface Standing {
  readonly kind: (typeof kinds)[number]
  readonly grant: Grant
  readonly until: number
}

function stand(grant: Grant, read: boolean, now: number, context: Context): Standing {
  if (grant.revokedAt !== undefined) return { kind: 'ended', grant, until: Infinity }
  if (now < grant.from && grant.from < grant.until) return { kind: 'pending', grant, until: grant.from }
  // Written so that a time that is not a number ends the grant.
  if (!(grant.from <= now && now < grant.until)) return { kind: 'ended', grant, until: Infinity }
  let until = grant.until
  if (grant.schedule !== undefined) {
    const window = context.timetable(grant.schedule)?.(now)
    // The schedule is gone from the configuration: the limit it meant cannot be known, so it is never open.
    if (window === undefined) return { kind: 'ended', grant, until }
    until = Math.min(until, window.edge)
    // A window that opens only after the grant has ended is none.
    if (!window.open) return { kind: window.edge < grant.until ? 'closed' : 'ended', grant, until }
  }
  return { kind: read || grant.level === 'full' ? 'good' : 'read_only', grant, until }
}

/** The better kind; of good ones the longer, of others the one that changes sooner. */
function before(left: Standing, right: Standing): boolean {
  if (left.kind !== right.kind) return kinds.indexOf(left.kind) < kinds.indexOf(right.kind)
  return left.kind === 'good' ? left.until > right.until : left.until < right.until
}

function zoneOf(grant: Grant, context: Context): string {
  return context.vocabulary.schedules.get(grant.schedule ?? '')?.timeZone ?? 'UTC'
}
