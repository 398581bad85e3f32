// Requests for access at the admin socket: which there are, and deciding them as an administrator.

import { RequestRejected, type GrantRequest } from '../../../grants/requests/repository.ts'
import {
  adminActor,
  ok,
  paginate,
  rejected,
  stringInput,
  type ApiHandler,
  type ApiResponse,
  type Input,
} from './response.ts'
import type { Dependencies } from '../../../gateway/dependencies.ts'

export const requestRoutes: Readonly<Record<string, ApiHandler>> = {
  'GET /requests': listRequests,
  'GET /requests/show': async (parts, input) => {
    const request = parts.requests.get(stringInput(input, 'id') ?? '')
    return request === undefined ? requestNotFound(input) : ok(request)
  },
  'POST /requests/approve': approveRequest,
  'POST /requests/deny': decide((parts, id, comment) => parts.requests.deny(id, comment, adminActor)),
  'POST /requests/withdraw': decide((parts, id) => parts.requests.withdraw(id, adminActor)),
  'POST /requests/revoke': decide((parts, id) => parts.requests.revoke(id, adminActor)),
  'POST /requests/review': decide((parts, id, comment) => parts.requests.review(id, comment, adminActor)),
}

const states = ['open', 'approved', 'denied', 'withdrawn', 'lapsed', 'unreviewed'] as const

async function listRequests(deps: Dependencies, input: Input): Promise<ApiResponse> {
  const state = stringInput(input, 'state')
  const app = stringInput(input, 'app')
  if (state !== undefined && !states.some((one) => one === state)) {
    return rejected(400, `state: write one of ${states.join(', ')}`)
  }
  const fits = (request: GrantRequest): boolean =>
    state === 'unreviewed'
      ? request.emergency && request.reviewed === undefined
      : state === undefined || request.state === state
  return paginate(
    deps.requests.all().filter((request) => fits(request) && (app === undefined || request.app === app)),
    input,
  )
}

async function approveRequest(deps: Dependencies, input: Input): Promise<ApiResponse> {
  const { level, duration } = input
  if (level !== undefined && level !== 'read' && level !== 'full') return rejected(400, 'level: write read or full')
  if (duration !== undefined && typeof duration !== 'number') return rejected(400, 'duration: write milliseconds')
  const comment = stringInput(input, 'comment')
  const lesser = {
    ...(level === undefined ? {} : { level }),
    ...(duration === undefined ? {} : { duration }),
    ...(comment === undefined ? {} : { comment }),
  } as Parameters<Dependencies['requests']['approve']>[1]
  return decide((all, id) => all.requests.approve(id, lesser, adminActor))(deps, input)
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
  return rejected(404, `there is no request ${stringInput(input, 'id') ?? ''}; "einlass requests list" shows them`)
}
