// Requests for access at the admin socket: which there are, and deciding them as an administrator.

import { RequestRefused, type GrantRequest } from '../../../grants/requests/repository.ts'
import { administrator, done, page, refused, text, type Act, type Answered, type Input } from './response.ts'
import type { Parts } from '../../../gateway/dependencies.ts'

export const requestActs: Readonly<Record<string, Act>> = {
  'GET /requests': listRequests,
  'GET /requests/show': async (parts, input) => {
    const request = parts.requests.get(text(input, 'id') ?? '')
    return request === undefined ? none(input) : done(request)
  },
  'POST /requests/approve': approveRequest,
  'POST /requests/deny': decide((parts, id, comment) => parts.requests.deny(id, comment, administrator)),
  'POST /requests/withdraw': decide((parts, id) => parts.requests.withdraw(id, administrator)),
  'POST /requests/revoke': decide((parts, id) => parts.requests.revoke(id, administrator)),
  'POST /requests/review': decide((parts, id, comment) => parts.requests.review(id, comment, administrator)),
}

const states = ['open', 'approved', 'denied', 'withdrawn', 'lapsed', 'unreviewed'] as const

async function listRequests(parts: Parts, input: Input): Promise<Answered> {
  const state = text(input, 'state')
  const app = text(input, 'app')
  if (state !== undefined && !states.some((one) => one === state)) {
    return refused(400, `state: write one of ${states.join(', ')}`)
  }
  const fits = (request: GrantRequest): boolean =>
    state === 'unreviewed'
      ? request.emergency && request.reviewed === undefined
      : state === undefined || request.state === state
  return page(
    parts.requests.all().filter((request) => fits(request) && (app === undefined || request.app === app)),
    input,
  )
}

async function approveRequest(parts: Parts, input: Input): Promise<Answered> {
  const { level, duration } = input
  if (level !== undefined && level !== 'read' && level !== 'full') return refused(400, 'level: write read or full')
  if (duration !== undefined && typeof duration !== 'number') return refused(400, 'duration: write milliseconds')
  const comment = text(input, 'comment')
  const lesser = {
    ...(level === undefined ? {} : { level }),
    ...(duration === undefined ? {} : { duration }),
    ...(comment === undefined ? {} : { comment }),
  } as Parameters<Parts['requests']['approve']>[1]
  return decide((all, id) => all.requests.approve(id, lesser, administrator))(parts, input)
}

function decide(
  act: (parts: Parts, id: string, comment: string | undefined) => Promise<GrantRequest>,
): (parts: Parts, input: Input) => Promise<Answered> {
  return async (parts, input) => {
    const id = text(input, 'id')
    if (id === undefined) return none(input)
    try {
      return done(await act(parts, id, text(input, 'comment')))
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error
      return error.code === 'request_unknown' ? none(input) : refused(400, error.message)
    }
  }
}

function none(input: Input): Answered {
  return refused(404, `there is no request ${text(input, 'id') ?? ''}; "einlass requests list" shows them`)
}
