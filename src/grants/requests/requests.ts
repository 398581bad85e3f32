// The repository of requests for access: asking, agreeing, refusing, withdrawing; one view on every node.
//
// Whatever is decided is one compare-and-set on the request itself, with everything that shall come of it written in
// it. Only then the grant is written, under a name that follows from the request, so that a node that dies in between
// leaves nothing half done: whichever node sees the decision next carries it out, and nobody does so twice.

import { subjectKey, type Subject } from '../../policy/subject.ts'
import type { GrantRequest, Person } from './request.ts'
import type { GrantRequests } from './repository.ts'
import { createAsking, type Asking } from './create.ts'
import { createDeciding } from './decide.ts'
import { createRequestWriting, type RequestsParts } from './write.ts'

export type { RequestsParts } from './write.ts'

export function createGrantRequests(parts: RequestsParts): GrantRequests & Asking {
  const { entitlements } = parts
  const writing = createRequestWriting(parts)
  const { following } = writing
  const { index } = following
  const asking = createAsking(parts, writing)
  const deciding = createDeciding(parts, writing)

  function mine(subject: Subject): readonly GrantRequest[] {
    const key = subjectKey(subject)
    return index.all().filter(({ by }) => subjectKey(by) === key)
  }

  const me = (subject: Subject): Person => ({ ...subject })

  return {
    offer: (subject, app) => entitlements().offer(subject, app),
    ...asking,
    ...deciding,
    get: (id) => index.get(id),
    of: mine,
    awaiting(subject) {
      const rules = entitlements()
      return index
        .all()
        .filter(
          ({ state, app, by, approvals }) =>
            state === 'open' &&
            rules.decides(subject, app, 'requests') &&
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
            rules.decides(subject, app, 'emergency') &&
            !rules.samePerson(by, me(subject)),
        )
    },
    approves: (subject) => entitlements().decidesAnything(subject),
    concerns(subject, { app, by, emergency }) {
      const rules = entitlements()
      return rules.decides(subject, app, emergency ? 'emergency' : 'requests') && !rules.samePerson(by, me(subject))
    },
    all: () => index.all(),
    load: following.load,
    stop: following.stop,
  }
}
