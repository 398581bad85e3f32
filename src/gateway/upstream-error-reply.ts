// Builds the error response when the upstream failed or a transfer limit was exceeded.

import { timeZoneOf } from '../identity/users/time-zone.ts'
import { browserTarget } from '../http/browser-target.ts'
import type { Decision } from '../policy/decision.ts'
import type { ForwardResult } from '../proxy/upstream.ts'
import { challenge } from '../web/errors/challenge.ts'
import { badRequest, headersRefused, tooLarge, upstreamUnavailable } from '../web/errors/error-pages.ts'
import type { Reply } from '../web/kit/reply.ts'
import { appView } from './app-view.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'
import { withCorsHeaders } from './cors-headers.ts'
import { limitSetting, type LimitSetting } from './limit-setting.ts'
import { denial } from './pre-policy.ts'
import type { Dependencies } from './dependencies.ts'
import type { AppRequest } from './record.ts'
import { never } from '../policy/never.ts'

type FailedResult = Pick<ForwardResult, 'limit'> & { readonly errorStatus: NonNullable<ForwardResult['errorStatus']> }

export function upstreamErrorReply(
  deps: Dependencies,
  decided: AppRequest,
  request: CanonicalRequest,
  { errorStatus: status, limit }: FailedResult,
): Reply {
  // A stranger on a public path learns no keys of the configuration.
  const setting = limit && decided.session && limitSetting(decided.target.app, limit, decided.exchange.kind)
  return withCorsHeaders(decided.target.app.config, request, errorReply(deps, decided, request, status, setting))
}

function errorReply(
  deps: Dependencies,
  { target, session, access }: AppRequest,
  request: CanonicalRequest,
  status: FailedResult['errorStatus'],
  setting: LimitSetting | undefined,
): Reply {
  const { config } = target.app
  const again = request.method === 'GET' ? target.address.origin + browserTarget(request.target) : undefined
  switch (status) {
    case 408:
      return badRequest(request, status)
    case 413:
      return tooLarge(request, setting)
    case 431:
      return headersRefused(request, config)
    case 502:
    case 504:
      return upstreamUnavailable(request, status, config, again, setting)
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
      app: appView(target),
      viewer: session && { name: session.subject.name, email: session.subject.email },
      gateway: deps.activeConfig().configuration.gateway.origin,
      signIn: undefined,
      again: undefined,
      timeZone: timeZoneOf(deps.activeConfig().configuration.gateway, session),
      now: access.now,
      acrValues: [],
      cookies: [],
    })
  }
}
