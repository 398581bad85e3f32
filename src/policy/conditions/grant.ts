// Condition `grant: required`: the subject holds a valid grant of sufficient level for the app.

import type { AccessRequest } from '../access-request.ts'
import { isRead, readProbe } from '../request-class.ts'
import { isOfOtherAccount, type Grant } from '../grant.ts'
import type { Verdict } from '../policy.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Compiled, CompileContext } from '../compile-context.ts'
import { outsideSchedule } from './time.ts'
import { metUntil, unmet } from './verdict.ts'

/**
 * Met by a grant for this app that is not revoked, not bound to another account, in `[from, until)`, within its schedule, and of level full (or
 * read, for reading). Of several valid grants, the one that lasts longest is used.
 */
export function grant(_required: 'required', context: CompileContext): Compiled {
  const none = requestableReason('grant_required', context)
  const ended = requestableReason('grant_expired', context)
  const readOnly = requestableReason('read_only', context)
  const inherited = requestableReason('grant_of_other_account', context)

  return {
    name: 'grant',
    summary: 'required',
    probes: [readProbe],
    evaluate(access: AccessRequest) {
      const { grants, method, now } = access
      const read = isRead(method)
      let best: GrantState | undefined
      let edge = Infinity
      for (const grant of grants) {
        if (grant.app !== context.app) continue
        const other = isOfOtherAccount(grant, access.identity?.subject)
        const state = grantState(grant, read, now, context, other)
        edge = Math.min(edge, state.until)
        if (best === undefined || isBetter(state, best)) best = state
      }
      if (best === undefined) return none(access)
      if (best.kind === 'good') return metUntil(best.until, best.grant.id)
      return { ...explain(best, access), until: edge }
    },
  }

  function explain(best: GrantState, access: AccessRequest): Verdict {
    const { kind, grant, until } = best
    if (kind === 'read_only') return readOnly(access)
    if (kind === 'closed') return outsideSchedule(context, until, zoneOf(grant, context))
    if (kind === 'ended') return ended(access)
    if (kind === 'inherited') return inherited(access)
    const from = Temporal.Instant.fromEpochMilliseconds(grant.from).toString()
    return unmet(context.reason('grant_pending', { from }), { kind: 'wait', until: grant.from })
  }
}

/** Offers `request_access` only to subjects who may request it; others get `ask_owner`. */
function requestableReason(code: ReasonCode, context: CompileContext): (access: AccessRequest) => Verdict {
  const reason = context.reason(code)
  const [ask, askOwner] = [unmet(reason, { kind: 'request_access' }), unmet(reason, { kind: 'ask_owner' })]
  return (access) => {
    const subject = access.identity?.subject
    const guest = subject !== undefined && context.isExternal(subject) ? (subject.email ?? subject.sub) : undefined
    if (guest === undefined) return context.mayAsk(access) ? ask : askOwner
    return unmet(context.reason(code, { guest }), { kind: context.mayAsk(access) ? 'request_access' : 'ask_owner' })
  }
}

/** Most useful first. */
const kinds = ['good', 'read_only', 'closed', 'pending', 'inherited', 'ended'] as const

interface GrantState {
  readonly kind: (typeof kinds)[number]
  readonly grant: Grant
  /** Epoch milliseconds at which time alone changes the state. */
  readonly until: number
}

function grantState(grant: Grant, read: boolean, now: number, context: CompileContext, other: boolean): GrantState {
  if (grant.revokedAt !== undefined) return { kind: 'ended', grant, until: Infinity }
  if (now < grant.from && grant.from < grant.until) return { kind: 'pending', grant, until: grant.from }
  // Negated comparison, so that NaN counts as ended (fail closed).
  if (!(grant.from <= now && now < grant.until)) return { kind: 'ended', grant, until: Infinity }
  if (other) return { kind: 'inherited', grant, until: grant.until }
  let until = grant.until
  if (grant.schedule !== undefined) {
    const window = context.timetable(grant.schedule)?.(now)
    // The schedule was removed from the configuration: its limits are unknown, so the grant counts as ended.
    if (window === undefined) return { kind: 'ended', grant, until }
    until = Math.min(until, window.edge)
    // A window that opens after the end of the grant is of no use.
    if (!window.open) return { kind: window.edge < grant.until ? 'closed' : 'ended', grant, until }
  }
  return { kind: read || grant.level === 'full' ? 'good' : 'read_only', grant, until }
}

/** Better kind first; among valid grants the longer one, among others the one that changes sooner. */
function isBetter(left: GrantState, right: GrantState): boolean {
  if (left.kind !== right.kind) return kinds.indexOf(left.kind) < kinds.indexOf(right.kind)
  return left.kind === 'good' ? left.until > right.until : left.until < right.until
}

function zoneOf(grant: Grant, context: CompileContext): string {
  return context.vocabulary.schedules.get(grant.schedule ?? '')?.timeZone ?? 'UTC'
}
