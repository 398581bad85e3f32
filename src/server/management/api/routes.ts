// What an administrator may ask and do at the socket: a table of routes, JSON in and JSON out.

import { emergencyCodeRoutes } from './emergency-codes.ts'
import { grantRoutes } from './grants.ts'
import { requestRoutes } from './requests.ts'
import { reviewRoutes } from './reviews.ts'
import { sessionRoutes } from './sessions.ts'
import { ok, rejected, type ApiHandler, type ApiResponse, type Input } from './response.ts'
import type { Dependencies } from '../../../gateway/dependencies.ts'
import { statusOf, type RuntimeState } from '../status.ts'

export { adminActor as administrator, type ApiResponse as Answered } from './response.ts'

export type ManagementHandler = (method: string, path: string, input: Input) => Promise<ApiResponse>

const routes: Readonly<Record<string, ApiHandler>> = {
  'GET /status': async (parts, input, running) => ok(await statusOf(parts, running, input['count_sessions'] !== false)),
  'POST /reload': async (_parts, _input, running) => ok(await running.reload()),
  ...sessionRoutes,
  ...grantRoutes,
  ...requestRoutes,
  ...reviewRoutes,
  ...emergencyCodeRoutes,
}

/** `path` may carry a query, which counts as input. Rejects only with the unforeseen. */
export async function handleManagementRequest(
  deps: Dependencies,
  running: RuntimeState,
  method: string,
  path: string,
  input: Input,
): Promise<ApiResponse> {
  const [place = '', query = ''] = path.split('?', 2)
  const name = `${method} ${place}`
  const handler = Object.hasOwn(routes, name) ? routes[name] : undefined
  if (handler === undefined) return rejected(404, `there is no "${name}"`)
  return handler(deps, query === '' ? input : { ...Object.fromEntries(new URLSearchParams(query)), ...input }, running)
}
