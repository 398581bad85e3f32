// Deciding about requests: agreeing, refusing, withdrawing; taking back what came of one, and reviewing an emergency.

import { subjectKey, type Subject } from '../../policy/subject.ts'
import type { GrantRequest } from './request.ts'
import type { Acting, GrantRequests } from './repository.ts'
import { checkApproval, checkExtension, latestEnd, refused, termsOf, text } from './checks.ts'
import { asOf } from './index.ts'
import { step, type RequestAct } from './state-machine.ts'
import { grantIdOf, type RequestsParts, type RequestWriting } from './write.ts'
import { actorOf, personOf } from '../grant-events.ts'

export type Deciding = Pick<GrantRequests, 'approve' | 'deny' | 'withdraw' | 'revoke' | 'review'>

export function createDeciding(
  { record, now, grants, entitlements, telling }: RequestsParts,
  { records, change, settle }: RequestWriting,
): Deciding {
  /** Whoever decides is one of those who may, and not the person who asked. Throws `RequestRefused`. */
  function checkDecider(request: GrantRequest, acting: Acting): void {
    if (acting.kind === 'administrator') return
    const rules = entitlements()
    if (rules.samePerson(personOf(acting), request.by)) throw refused('own_request')
    const entitlement = request.emergency ? 'emergency' : 'requests'
    if (!rules.decides(acting.subject, request.app, entitlement)) throw refused('not_an_approver')
  }

  function stepped(request: GrantRequest, act: RequestAct, at: number): GrantRequest {
    const taken = step(asOf(request, at).state, act)
    if (!taken.done) throw refused(taken.refusal, { at: asOf(request, at).closed?.at ?? at })
    return { ...request, state: taken.state }
  }

  async function approve(
    id: string,
    lesser: Parameters<GrantRequests['approve']>[1],
    acting: Acting,
  ): Promise<GrantRequest> {
    const approved = await change(id, async (current) => {
      const at = now()
      const rules = entitlements()
      const settings = rules.requests(current.app)
      if (settings === undefined) {
        throw refused(rules.knows(current.app) ? 'requests_closed' : 'app_unknown', { app: current.app })
      }
      checkDecider(current, acting)
      stepped(current, 'support', at)
      if (!rules.eligible(thenOf(current), current.app, 'requests')) throw refused('not_eligible')
      const me = personOf(acting)
      const earlier = current.approvals.find((one) => rules.samePerson(one.by, me))
      if (earlier !== undefined) throw refused('approved_already', { at: earlier.at })
      const approvals = [...current.approvals, checkApproval(current, lesser, acting, settings, at)]
      // A configuration that asks for more by now is heeded, one that asks for less is not.
      if (approvals.length < Math.max(current.needed, settings.approvals)) return { ...current, approvals }
      const least = termsOf(current, approvals, undefined, at)
      const prolonged =
        current.extends === undefined
          ? undefined
          : checkExtension(
              await grants.read(current.extends),
              subjectKey(current.by),
              current.app,
              least.until - least.from,
              settings,
              at,
              latestEnd(current.by, rules, at),
            )
      return {
        ...stepped(current, 'approve', at),
        approvals,
        closed: { at, by: me, comment: text(lesser.comment) },
        terms: termsOf(current, approvals, prolonged, at),
        grant: prolonged?.id ?? grantIdOf(current.id),
      }
    })
    const activity = approved.state === 'approved' ? 'approved' : 'supported'
    record(telling.requestEvent(now(), activity, approved, actorOf(acting), text(lesser.comment)))
    return settle(approved)
  }

  async function close(
    id: string,
    act: 'deny' | 'withdraw',
    comment: string | undefined,
    acting: Acting,
    may: (current: GrantRequest) => void,
  ): Promise<GrantRequest> {
    const closed = await change(id, (current) => {
      const at = now()
      may(current)
      return { ...stepped(current, act, at), closed: { at, by: personOf(acting), comment: text(comment) } }
    })
    const activity = act === 'deny' ? 'denied' : 'withdrawn'
    record(telling.requestEvent(now(), activity, closed, actorOf(acting), text(comment)))
    return closed
  }

  function isTheirs(request: GrantRequest, acting: Acting): boolean {
    return acting.kind === 'administrator' || subjectKey(acting.subject) === subjectKey(request.by)
  }

  async function revoke(id: string, acting: Acting): Promise<GrantRequest> {
    const request = await records.read(id)
    if (request === undefined) throw refused('request_unknown')
    if (!isTheirs(request, acting)) checkDecider(request, acting)
    // What was decided and not carried out yet must not be carried out afterwards.
    const settled = await settle(request)
    if (settled.grant === undefined || !(await grants.revoke(settled.grant, actorOf(acting))))
      throw refused('grant_over')
    return settled
  }

  async function review(id: string, comment: string | undefined, acting: Acting): Promise<GrantRequest> {
    const reviewed = await change(id, (current) => {
      if (!current.emergency) throw refused('no_review_due')
      checkDecider(current, acting)
      if (current.reviewed !== undefined) throw refused('no_review_due')
      return { ...current, reviewed: { at: now(), by: personOf(acting), comment: text(comment) } }
    })
    record(telling.requestEvent(now(), 'reviewed', reviewed, actorOf(acting), text(comment)))
    return reviewed
  }

  return {
    approve,
    deny: (id, comment, acting) => close(id, 'deny', comment, acting, (current) => checkDecider(current, acting)),
    withdraw: (id, acting) =>
      close(id, 'withdraw', undefined, acting, (current) => {
        // To anybody else it is as if there were none.
        if (!isTheirs(current, acting)) throw refused('request_unknown')
      }),
    revoke,
    review,
  }
}

/** The person as they were when they asked. */
function thenOf({ by, groups, external }: GrantRequest): Subject {
  return { ...by, username: undefined, groups, groupsComplete: true, claims: {}, external }
}
