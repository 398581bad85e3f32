// `/.einlass/arrive`: redeems a one-time sign-in ticket for a session cookie on an app host (cross-host handoff).

import { setSessionCookie } from '../../identity/session/cookies.ts'
import { addressOn, homeOf, ownOrigin } from '../kit/app-home.ts'
import { fieldsOf } from '../kit/form.ts'
import { redirect, type PageRequest, type Reply } from '../kit/reply.ts'
import { viewerOf } from '../kit/viewer.ts'
import type { RouteMatch, WebDependencies } from '../kit/dependencies.ts'
import { expiredLink } from './expired-link.ts'

/** `GET /.einlass/arrive?ticket=`: sets the cookie of this host and redirects to the page requested originally. */
export async function redeemHandoff(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  const app = matched.app!
  const origin = ownOrigin(request)
  const fields = fieldsOf(request.query)
  const result = await deps.signIn.redeemTicket({
    ticket: fields('ticket') ?? '',
    host: request.host,
    cookies: request.header('cookie'),
    page: fields('page'),
  })
  if (result.state === 'refused') {
    // The origin is written out, so that a target like `//elsewhere` stays a path of this host.
    const page = result.target === undefined ? homeOf(addressOn(app, request.host)) : origin + result.target
    // Loaded again, or of another tab: with a session on this host nothing needs to be said.
    return (await viewerOf(deps, request)) ? redirect(request, page) : expiredLink(request, page)
  }
  return redirect(request, origin + result.target, [
    'Set-Cookie',
    setSessionCookie(result.cookie),
    'Set-Cookie',
    result.spent,
  ])
}
