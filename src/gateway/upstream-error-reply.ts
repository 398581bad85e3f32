// Builds the error response when the upstream failed or a transfer limit was exceeded.

import type { Decision } from '../policy/decision.ts'
import type { ForwardResult } from '../proxy/upstream.ts'
import { challenge } from '../web/errors/challenge.ts'
import { badRequest, headersRefused, tooLarge, upstreamUnavailable } from '../web/errors/error-pages.ts'
import type { Reply } from '../web/kit/reply.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'
import { withCorsHeaders } from './cors-headers.ts'
import { denial } from './pre-policy.ts'
import type { Dependencies } from './dependencies.ts'
import type { AppRequest } from './record.ts'
import { never } from '../policy/never.ts'

export function upstreamErrorReply(
  deps: Dependencies,
  decided: AppRequest,
  request: CanonicalRequest,
  status: NonNullable<ForwardResult['errorStatus']>,
): Reply {
  return withCorsHeaders(decided.target.app.config, request, errorReply(deps, decided, request, status))
}

function errorReply(
  deps: Dependencies,
  { target, session, access }: AppRequest,
  request: CanonicalRequest,
  status: NonNullable<ForwardResult['errorStatus']>,
): Reply {
  const { config } = target.app
  const again = request.method === 'GET' ? target.address.origin + request.target : undefined
  switch (status) {
    case 408:
      return badRequest(request, status)
    case 413:
      return tooLarge(request)
    case 431:
      return headersRefused(request, config)
    case 502:
    case 504:
      return upstreamUnavailable(request, status, config, again)
    case 403:
      return refused(denial('download_limit', { kind: 'ask_owner' }, access.now))
    case 503:
      return refused(denial('throttled', { kind: 'try_again' }, access.now), status)
    default:
      return never(status)
  }

  function refused(decision: Decision, status?: number): Reply {
    return challenge(request, request.method, {
      decision,
      status,
      app: config,
      viewer: session && { name: session.subject.name, email: session.subject.email },
      gateway: deps.activeConfig().configuration.gateway.origin,
      signIn: undefined,
      again: undefined,
      timeZone: deps.timeZone,
      now: access.now,
      acrValues: [],
      cookies: [],
    })
  }
}
