// `/backchannel-logout/PROVIDER`: back-channel logout endpoint (OpenID Connect Back-Channel Logout 1.0).

import { problem } from '../kit/problem-details.ts'
import { json, type PageRequest, type Reply } from '../kit/reply.ts'
import type { RouteMatch, WebDependencies } from '../kit/dependencies.ts'

/** Called by the provider, so no cookie and no CSRF check: the signed logout token is verified by `identity/`. */
export async function backchannelLogout(
  deps: WebDependencies,
  request: PageRequest,
  matched: RouteMatch,
): Promise<Reply> {
  let form: string
  try {
    form = await request.text()
  } catch {
    return json(request, 400, { error: 'invalid_request' })
  }
  const { status, error } = await deps.signIn.backchannelLogout(matched.parameters['provider']!, form)
  if (status === 503) {
    return problem(request, { status, code: 'store_unreachable', title: 'Try again' }, ['Retry-After', '10'])
  }
  return status === 200 ? json(request, 200, {}) : json(request, status, { error: error ?? 'invalid_request' })
}
