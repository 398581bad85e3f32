// Decisions on access requests: approve, deny, withdraw, revoke the resulting grant, review an emergency.

import { subjectKey, type Subject } from '../../policy/subject.ts'
import type { GrantRequest } from './request.ts'
import type { ActingUser, GrantRequests } from './repository.ts'
import { checkApproval, checkExtension, latestEnd, rejected, termsOf, text } from './checks.ts'
import { stateAt } from './index.ts'
import { transition, type RequestAction } from './state-machine.ts'
import { grantIdOf, type RequestsDependencies, type RequestWriting } from './write.ts'
import type { RequestSettings } from '../../config/request-settings.ts'
import type { Entitlements } from '../entitlements.ts'
import { checkFollowUp, followUpTerms } from './follow-up.ts'
import { actorOf, personOf } from '../grant-events.ts'

export type RequestDecisions = Pick<GrantRequests, 'approve' | 'deny' | 'withdraw' | 'revoke' | 'review'>

export function createRequestDecisions(
  { record, now, grants, entitlements, grantEvents }: RequestsDependencies,
  { records, change, applyTerms }: RequestWriting,
): RequestDecisions {
  /** The decider must be an approver (or reviewer) and not the requester (separation of duties). Throws `RequestRejected`. */
  function checkDecider(request: GrantRequest, acting: ActingUser): void {
    if (acting.kind === 'administrator') return
    const rules = entitlements()
    if (rules.comparePeople(personOf(acting), request.by) === 'same') throw rejected('own_request')
    const may = request.emergency
      ? rules.mayDecide(acting.subject, request.app, 'emergency')
      : rules.mayDecideRequest(acting.subject, request)
    if (!may) throw rejected('not_an_approver')
  }

  /** An emergency may be ended by everybody who oversees it: waiting for its reviewer would keep it open. */
  function checkMayEnd(request: GrantRequest, acting: ActingUser): void {
    const overseen = acting.kind === 'person' && entitlements().oversees(acting.subject, request.app, 'end')
    if (request.emergency && overseen && entitlements().comparePeople(personOf(acting), request.by) !== 'same') return
    checkDecider(request, acting)
  }

  /** The decider must certainly be another person: for what gives or confirms access. Throws `RequestRejected`. */
  function checkOtherPerson(request: GrantRequest, acting: ActingUser): void {
    checkDecider(request, acting)
    if (acting.kind === 'administrator') return
    if (entitlements().comparePeople(personOf(acting), request.by) !== 'different')
      throw rejected('same_person_unclear')
  }

  function applyTransition(request: GrantRequest, act: RequestAction, at: number): GrantRequest {
    const result = transition(stateAt(request, at).state, act)
    if (!result.done) throw rejected(result.refusal, { at: stateAt(request, at).closed?.at ?? at })
    return { ...request, state: result.state }
  }

  async function approve(
    id: string,
    reduced: Parameters<GrantRequests['approve']>[1],
    acting: ActingUser,
  ): Promise<GrantRequest> {
    const approved = await change(id, async (current) => {
      const at = now()
      const rules = entitlements()
      if (current.followUp !== undefined) return approveFollowUp(current, reduced, acting, at)
      const settings = rules.requests(current.app)
      if (settings === undefined) {
        throw rejected(rules.hasApp(current.app) ? 'requests_closed' : 'app_unknown', { app: current.app })
      }
      checkOtherPerson(current, acting)
      applyTransition(current, 'support', at)
      if (!rules.eligible(requesterAtRequest(current), current.app, 'requests')) throw rejected('not_eligible')
      const me = personOf(acting)
      for (const { by, at } of current.approvals) {
        const comparison = rules.comparePeople(by, me)
        if (comparison === 'same') throw rejected('approved_already', { at })
        if (comparison === 'unclear') throw rejected('same_person_unclear')
      }
      const approvals = [...current.approvals, checkApproval(current, reduced, acting, settings, at)]
      // If the configuration has changed since the request, the higher number of approvals applies.
      if (approvals.length < Math.max(current.needed, settings.approvals)) return { ...current, approvals }
      const approvedTerms = termsOf(current, approvals, undefined, at)
      const extended =
        current.extends === undefined
          ? undefined
          : checkExtension(
              await grants.read(current.extends),
              subjectKey(current.by),
              current.app,
              approvedTerms.until - approvedTerms.from,
              settings,
              at,
              latestEnd(current.by, rules, at),
            )
      return {
        ...applyTransition(current, 'approve', at),
        approvals,
        closed: { at, by: me, comment: text(reduced.comment) },
        terms: termsOf(current, approvals, extended, at),
        grant: extended?.id ?? grantIdOf(current.id),
      }
    })
    const activity = approved.state === 'approved' ? 'approved' : 'supported'
    record(grantEvents.requestEvent(now(), activity, approved, actorOf(acting), text(reduced.comment)))
    return applyTerms(approved)
  }

  /** Against the grant as it is now: its end, its holder and its sponsor may have changed since the request. */
  async function approveFollowUp(
    current: GrantRequest,
    reduced: Parameters<GrantRequests['approve']>[1],
    acting: ActingUser,
    at: number,
  ): Promise<GrantRequest> {
    const rules = entitlements()
    checkOtherPerson(current, acting)
    applyTransition(current, 'support', at)
    const { level, duration } = current
    const { grant, sponsor } = checkFollowUp(
      await grants.find(current.extends!),
      current.by,
      { app: current.app, level, duration: Math.min(duration, reduced.duration ?? duration) },
      rules,
      at,
    )
    if (sponsor !== current.followUp!.sponsor) throw rejected('not_an_approver')
    const offered = { levels: [grant.level], maxDuration: current.duration, freshMfa: freshMfaOf(rules, current.app) }
    const approval = checkApproval(current, reduced, acting, offered, at)
    return {
      ...applyTransition(current, 'approve', at),
      approvals: [approval],
      closed: { at, by: personOf(acting), comment: text(reduced.comment) },
      terms: followUpTerms(current, [approval], grant),
      grant: grantIdOf(current.id),
    }
  }

  async function close(
    id: string,
    act: 'deny' | 'withdraw',
    comment: string | undefined,
    acting: ActingUser,
    isAllowed: (current: GrantRequest) => void,
  ): Promise<GrantRequest> {
    const closed = await change(id, (current) => {
      const at = now()
      isAllowed(current)
      return { ...applyTransition(current, act, at), closed: { at, by: personOf(acting), comment: text(comment) } }
    })
    const activity = act === 'deny' ? 'denied' : 'withdrawn'
    record(grantEvents.requestEvent(now(), activity, closed, actorOf(acting), text(comment)))
    return closed
  }

  function isOwnRequest(request: GrantRequest, acting: ActingUser): boolean {
    return acting.kind === 'administrator' || subjectKey(acting.subject) === subjectKey(request.by)
  }

  async function revoke(id: string, acting: ActingUser): Promise<GrantRequest> {
    const request = await records.read(id)
    if (request === undefined) throw rejected('request_unknown')
    if (!isOwnRequest(request, acting)) checkMayEnd(request, acting)
    // Apply a pending approval first, so that no node applies it after the revocation.
    const settled = await applyTerms(request)
    if (settled.grant === undefined || !(await grants.revoke(settled.grant, actorOf(acting))))
      throw rejected('grant_over')
    return settled
  }

  async function review(id: string, comment: string | undefined, acting: ActingUser): Promise<GrantRequest> {
    const reviewed = await change(id, (current) => {
      if (!current.emergency) throw rejected('no_review_due')
      checkOtherPerson(current, acting)
      if (current.reviewed !== undefined) throw rejected('no_review_due')
      return { ...current, reviewed: { at: now(), by: personOf(acting), comment: text(comment) } }
    })
    record(grantEvents.requestEvent(now(), 'reviewed', reviewed, actorOf(acting), text(comment)))
    return reviewed
  }

  return {
    approve,
    deny: (id, comment, acting) => close(id, 'deny', comment, acting, (current) => checkDecider(current, acting)),
    withdraw: (id, acting) =>
      close(id, 'withdraw', undefined, acting, (current) => {
        // Do not reveal the request to other users.
        if (!isOwnRequest(current, acting)) throw rejected('request_unknown')
      }),
    revoke,
    review,
  }
}

function freshMfaOf(rules: Entitlements, app: string): RequestSettings['freshMfa'] {
  return rules.requests(app)?.freshMfa ?? { ask: undefined, approve: undefined }
}

/** The subject with its attributes at the time of the request. */
function requesterAtRequest({ by, groups, external }: GrantRequest): Subject {
  return { ...by, username: undefined, groups, groupsComplete: true, claims: {}, external }
}
