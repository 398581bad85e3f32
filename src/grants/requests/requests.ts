// Repository of access requests: create, approve, deny, withdraw, review; replicated to every node.
//
// A decision is one compare-and-set on the request, including the terms of the grant. Only then is the grant written,
// under an id derived from the request: if a node fails in between, any other node completes the write, and at most one
// grant results (write-ahead, idempotent).

import { subjectKey, type Subject } from '../../policy/subject.ts'
import type { GrantRequest, Person } from './request.ts'
import type { GrantRequests } from './repository.ts'
import { createRequestCreation, type CreateRequest } from './create.ts'
import { createRequestDecisions } from './decide.ts'
import { followUpOffer } from './follow-up.ts'
import { createRequestWriting, type RequestsDependencies } from './write.ts'

export type { RequestsDependencies } from './write.ts'

export function createGrantRequests(deps: RequestsDependencies): GrantRequests & CreateRequest {
  const { entitlements } = deps
  const writing = createRequestWriting(deps)
  const { replica } = writing
  const { index } = replica
  const creation = createRequestCreation(deps, writing)
  const decisions = createRequestDecisions(deps, writing)

  function ownRequests(subject: Subject): readonly GrantRequest[] {
    const key = subjectKey(subject)
    return index.all().filter(({ by }) => subjectKey(by) === key)
  }

  const person = (subject: Subject): Person => ({ ...subject })

  return {
    offerFor: (subject, app) => entitlements().offer(subject, app),
    followUpFor(subject, grant) {
      const followed = index
        .all()
        .some(({ state, extends: id, followUp }) => followUp !== undefined && id === grant.id && state === 'approved')
      return followed ? undefined : followUpOffer(grant, person(subject), entitlements(), deps.now())
    },
    isSponsor: (subject, sponsor) => entitlements().isSponsor(subject, sponsor),
    ...creation,
    ...decisions,
    get: (id) => index.get(id),
    of: ownRequests,
    awaitingDecision(subject) {
      const rules = entitlements()
      return index
        .all()
        .filter(
          (request) =>
            request.state === 'open' &&
            rules.mayDecideRequest(subject, request) &&
            rules.comparePeople(request.by, person(subject)) !== 'same' &&
            !request.approvals.some((one) => rules.comparePeople(one.by, person(subject)) === 'same'),
        )
    },
    unreviewed(subject) {
      const rules = entitlements()
      return index
        .all()
        .filter(
          ({ emergency, reviewed, app, by }) =>
            emergency &&
            reviewed === undefined &&
            rules.mayDecide(subject, app, 'emergency') &&
            rules.comparePeople(by, person(subject)) !== 'same',
        )
    },
    isApprover: (subject) => entitlements().mayDecideAnything(subject),
    mayView(subject, request) {
      const { app, by, emergency } = request
      const rules = entitlements()
      if (rules.comparePeople(by, person(subject)) === 'same') return false
      return emergency ? rules.oversees(subject, app, 'view') : rules.mayDecideRequest(subject, request)
    },
    mayEnd(subject, request) {
      const { app, by, emergency } = request
      const rules = entitlements()
      if (rules.comparePeople(by, person(subject)) === 'same') return false
      return emergency ? rules.oversees(subject, app, 'end') : rules.mayDecideRequest(subject, request)
    },
    all: () => index.all(),
    load: replica.load,
    stop: replica.stop,
  }
}
