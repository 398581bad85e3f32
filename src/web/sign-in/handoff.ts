// `/.einlass/arrive`: redeems a one-time sign-in ticket for a session cookie on an app host (cross-host handoff).

import { setSessionCookie } from '../../identity/session/cookies.ts'
import { addressOn, homeOf, ownOrigin } from '../kit/app-home.ts'
import { fieldsOf } from '../kit/form.ts'
import { redirect, setCookies, type PageRequest, type Reply } from '../kit/reply.ts'
import { viewerOf } from '../kit/viewer.ts'
import type { RouteMatch, WebDependencies } from '../kit/dependencies.ts'
import { expiredLink } from './expired-link.ts'
import { endOfChain, toOtherHosts } from './other-hosts.ts'

/**
 * `GET /.einlass/arrive?ticket=&page=`: sets the cookie of this host and redirects to the page requested originally, for an
 * application of several hosts by way of the others. Without a ticket it is the way back from there.
 */
export async function redeemHandoff(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  const app = matched.app!
  const origin = ownOrigin(request)
  const fields = fieldsOf(request.query)
  const ticket = fields('ticket')
  const arrival = { host: request.host, cookies: request.header('cookie'), page: fields('page') }
  if (ticket === undefined) {
    const back = deps.signIn.returned(arrival)
    const page = back === undefined ? homeOf(addressOn(app, request.host)) : origin + back.target
    const cookies = [...endOfChain, ...(back === undefined ? [] : [back.spent])]
    return (await viewerOf(deps, request)) ? redirect(request, page, setCookies(cookies)) : expiredLink(request, page)
  }
  const result = await deps.signIn.redeemTicket({ ticket, ...arrival })
  if (result.state === 'refused') {
    // The origin is written out, so that a target like `//elsewhere` stays a path of this host.
    const page = result.target === undefined ? homeOf(addressOn(app, request.host)) : origin + result.target
    // Loaded again, or of another tab: with a session on this host nothing needs to be said.
    return (await viewerOf(deps, request)) ? redirect(request, page) : expiredLink(request, page)
  }
  const session = setSessionCookie(result.cookie)
  return (
    toOtherHosts(deps, request, result, session) ??
    redirect(request, origin + result.target, setCookies([session, result.spent]))
  )
}
