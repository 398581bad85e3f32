// What a client gets when an allowed request brought no answer: the app failed, or a limit was reached on the way.

import type { Result } from '../proxy/upstream.ts'
import { challenge } from '../web/errors/challenge.ts'
import { badRequest, tooLarge, upstreamDown } from '../web/errors/error-pages.ts'
import type { Reply } from '../web/kit/reply.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'
import { denial } from './pre-policy.ts'
import type { Parts } from './dependencies.ts'
import type { AppRequest } from './record.ts'
import { never } from '../policy/never.ts'

export function apology(
  parts: Parts,
  { target, session, access }: AppRequest,
  request: CanonicalRequest,
  status: NonNullable<Result['unanswered']>,
): Reply {
  const { app } = target.site
  const again = request.method === 'GET' ? app.origin + request.target : undefined
  switch (status) {
    case 408:
      return badRequest(request, status)
    case 413:
      return tooLarge(request)
    case 502:
    case 504:
      return upstreamDown(request, status, app, again)
    case 403:
      return challenge(request, request.method, {
        decision: denial('download_limit', { kind: 'ask_owner' }, access.now),
        app,
        viewer: session && { name: session.subject.name, email: session.subject.email },
        gateway: parts.applied().configuration.gateway.origin,
        signIn: undefined,
        again: undefined,
        timeZone: parts.timeZone,
        now: access.now,
        acrValues: [],
        cookies: [],
      })
    default:
      return never(status)
  }
}
