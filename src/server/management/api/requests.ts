// Admin API for access requests: list, show, approve, deny, withdraw, revoke and review.

import { RequestRejected, type GrantRequest } from '../../../grants/requests/repository.ts'
import {
  adminActor,
  ok,
  pageInput,
  paginate,
  rejected,
  stringInput,
  type ApiRoutes,
  type ApiResponse,
  type Input,
} from './response.ts'
import type { Dependencies } from '../../../gateway/dependencies.ts'

const states = ['open', 'approved', 'denied', 'withdrawn', 'lapsed', 'unreviewed'] as const

const requestId = 'text, required: id of the request'
const oneRequest = 'the request, as `GET /requests/show` answers'

export const requestRoutes: ApiRoutes = {
  'GET /requests': {
    describes: 'Requests for access, the newest first; those that are closed stay for 90 days.',
    input: {
      state: `only those that are ${states.join(', ')}`,
      app: 'text: only for this app',
      ...pageInput,
    },
    output: 'list of requests',
    errors: { 400: '`state` or `limit` is wrong', 404: 'there is no request `after`' },
    handle: listRequests,
  },
  'GET /requests/show': {
    describes: 'One request for access.',
    input: { id: requestId },
    output:
      '`{id, app, level, duration, from, reason, ticket, by, askedAt, lapsesAt, extends, emergency, needed, approvals, state, closed, grant, reviewBy, reviewed, ...}`',
    errors: { 404: 'no such request' },
    handle: async (deps, input) => {
      const request = deps.requests.get(stringInput(input, 'id') ?? '')
      return request === undefined ? requestNotFound(input) : ok(request)
    },
  },
  'POST /requests/approve': {
    describes: 'Approves a request, as one of the approvals it needs.',
    input: {
      id: requestId,
      level: '`read`: less than was asked',
      duration: 'number: milliseconds, less than was asked',
      comment: 'text',
    },
    output: oneRequest,
    errors: { 400: 'not open any more, or more than was asked', 404: 'no such request' },
    handle: approveRequest,
  },
  'POST /requests/deny': {
    describes: 'Denies a request.',
    input: { id: requestId, comment: 'text: why' },
    output: oneRequest,
    errors: { 400: 'not open any more', 404: 'no such request' },
    handle: decide((deps, id, comment) => deps.requests.deny(id, comment, adminActor)),
  },
  'POST /requests/withdraw': {
    describes: 'Withdraws a request in the name of the person who asked.',
    input: { id: requestId },
    output: oneRequest,
    errors: { 400: 'not open any more', 404: 'no such request' },
    handle: decide((deps, id) => deps.requests.withdraw(id, adminActor)),
  },
  'POST /requests/revoke': {
    describes: 'Revokes the grant that came of a request; connections open under it are closed.',
    input: { id: requestId },
    output: oneRequest,
    errors: { 400: 'no grant in force came of it', 404: 'no such request' },
    handle: decide((deps, id) => deps.requests.revoke(id, adminActor)),
  },
  'POST /requests/review': {
    describes: 'Records that an emergency was reviewed afterwards.',
    input: { id: requestId, comment: 'text: with what result' },
    output: oneRequest,
    errors: { 400: 'no emergency, or reviewed already', 404: 'no such request' },
    handle: decide((deps, id, comment) => deps.requests.review(id, comment, adminActor)),
  },
}

async function listRequests(deps: Dependencies, input: Input): Promise<ApiResponse> {
  const state = stringInput(input, 'state')
  const app = stringInput(input, 'app')
  if (state !== undefined && !states.some((one) => one === state)) {
    return rejected(400, `state: write one of ${states.join(', ')}`)
  }
  const matches = (request: GrantRequest): boolean =>
    state === 'unreviewed'
      ? request.emergency && request.reviewed === undefined
      : state === undefined || request.state === state
  return paginate(
    deps.requests.all().filter((request) => matches(request) && (app === undefined || request.app === app)),
    input,
  )
}

async function approveRequest(deps: Dependencies, input: Input): Promise<ApiResponse> {
  const { level, duration } = input
  if (level !== undefined && level !== 'read' && level !== 'full') return rejected(400, 'level: write read or full')
  if (duration !== undefined && !Number.isSafeInteger(duration))
    return rejected(400, 'duration: must be a whole number of milliseconds')
  const comment = stringInput(input, 'comment')
  const restrictions = {
    ...(level === undefined ? {} : { level }),
    ...(duration === undefined ? {} : { duration }),
    ...(comment === undefined ? {} : { comment }),
  } as Parameters<Dependencies['requests']['approve']>[1]
  return decide((all, id) => all.requests.approve(id, restrictions, adminActor))(deps, input)
}

function decide(
  act: (deps: Dependencies, id: string, comment: string | undefined) => Promise<GrantRequest>,
): (deps: Dependencies, input: Input) => Promise<ApiResponse> {
  return async (deps, input) => {
    const id = stringInput(input, 'id')
    if (id === undefined) return requestNotFound(input)
    try {
      return ok(await act(deps, id, stringInput(input, 'comment')))
    } catch (error) {
      if (!(error instanceof RequestRejected)) throw error
      return error.code === 'request_unknown' ? requestNotFound(input) : rejected(400, error.message)
    }
  }
}

function requestNotFound(input: Input): ApiResponse {
  return rejected(404, `no request ${stringInput(input, 'id') ?? ''}; see "einlass requests list"`)
}
