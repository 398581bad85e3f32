// Routing table of the admin API: method and path to handler.

import { emergencyCodeRoutes } from './emergency-codes.ts'
import { grantRoutes } from './grants.ts'
import { passkeyRoutes } from './passkeys.ts'
import { requestRoutes } from './requests.ts'
import { reviewRoutes } from './reviews.ts'
import { sessionRoutes } from './sessions.ts'
import { ok, rejected, type ApiRoutes, type ApiResponse, type Input } from './response.ts'
import type { Dependencies } from '../../../gateway/dependencies.ts'
import { statusOf, type RuntimeState } from '../status.ts'

export { adminActor, type ApiResponse } from './response.ts'

export type ManagementHandler = (method: string, path: string, input: Input) => Promise<ApiResponse>

export const routes: ApiRoutes = {
  'GET /status': {
    describes: 'Version, configuration, store, sessions, workers, upstreams and audit of the running gateway.',
    input: { count_sessions: '`false`, in the body: does not count sessions, for which all of them are read' },
    output:
      '`{version, versions, outdated, configuration, store, sessions, grants, requests, emergencies, open, workers, upstreams, audit, ...}`',
    errors: {},
    handle: async (deps, input, running) => ok(await statusOf(deps, running, input['count_sessions'] !== false)),
  },
  'POST /reload': {
    describes: 'Reads the configuration again, as SIGHUP does. One that is not valid is refused, the old one stays.',
    input: {},
    output: '`{state: "applied", hash, needsRestart}`, `{state: "unchanged", hash}` or `{state: "refused", problems}`',
    errors: {},
    handle: async (_deps, _input, running) => ok(await running.reload()),
  },
  ...sessionRoutes,
  ...grantRoutes,
  ...requestRoutes,
  ...reviewRoutes,
  ...emergencyCodeRoutes,
  ...passkeyRoutes,
}

/** Parameters of a query in `path` count as input; the body takes precedence. Rejects on unexpected errors only. */
export async function handleManagementRequest(
  deps: Dependencies,
  running: RuntimeState,
  method: string,
  path: string,
  input: Input,
): Promise<ApiResponse> {
  const [pathname = '', query = ''] = path.split('?', 2)
  const name = `${method} ${pathname}`
  const route = Object.hasOwn(routes, name) ? routes[name as keyof typeof routes] : undefined
  if (route === undefined) return rejected(404, `no such endpoint: ${name}`)
  const all = query === '' ? input : { ...Object.fromEntries(new URLSearchParams(query)), ...input }
  // Only fields the route describes, so that its description is complete.
  const described = Object.fromEntries(Object.entries(all).filter(([field]) => Object.hasOwn(route.input, field)))
  return route.handle(deps, described, running)
}
