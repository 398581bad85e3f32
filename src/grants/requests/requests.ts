// The repository of requests for access: asking, agreeing, refusing, withdrawing; one view on every node.
//
// Whatever is decided is one compare-and-set on the request itself, with everything that shall come of it written in
// it. Only then the grant is written, under a name that follows from the request, so that a node that dies in between
// leaves nothing half done: whichever node sees the decision next carries it out, and nobody does so twice.

import { subjectKey, type Subject } from '../../policy/subject.ts'
import type { GrantRequest, Person } from './request.ts'
import type { GrantRequests } from './repository.ts'
import { createRequestCreation, type CreateRequest } from './create.ts'
import { createRequestDecisions } from './decide.ts'
import { createRequestWriting, type RequestsDependencies } from './write.ts'

export type { RequestsDependencies as RequestsParts } from './write.ts'

export function createGrantRequests(deps: RequestsDependencies): GrantRequests & CreateRequest {
  const { entitlements } = deps
  const writing = createRequestWriting(deps)
  const { replica } = writing
  const { index } = replica
  const creation = createRequestCreation(deps, writing)
  const decisions = createRequestDecisions(deps, writing)

  function mine(subject: Subject): readonly GrantRequest[] {
    const key = subjectKey(subject)
    return index.all().filter(({ by }) => subjectKey(by) === key)
  }

  const me = (subject: Subject): Person => ({ ...subject })

  return {
    offerFor: (subject, app) => entitlements().offer(subject, app),
    ...creation,
    ...decisions,
    get: (id) => index.get(id),
    of: mine,
    awaitingDecision(subject) {
      const rules = entitlements()
      return index
        .all()
        .filter(
          ({ state, app, by, approvals }) =>
            state === 'open' &&
            rules.mayDecide(subject, app, 'requests') &&
            !rules.samePerson(by, me(subject)) &&
            !approvals.some((one) => rules.samePerson(one.by, me(subject))),
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
            !rules.samePerson(by, me(subject)),
        )
    },
    approves: (subject) => entitlements().mayDecideAnything(subject),
    concerns(subject, { app, by, emergency }) {
      const rules = entitlements()
      return rules.mayDecide(subject, app, emergency ? 'emergency' : 'requests') && !rules.samePerson(by, me(subject))
    },
    all: () => index.all(),
    load: replica.load,
    stop: replica.stop,
  }
}
