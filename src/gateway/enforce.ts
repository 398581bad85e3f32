// Policy enforcement point: forwards, challenges or denies as decided. Only an allow reaches an upstream.

import { timeZoneOf } from '../identity/users/time-zone.ts'
import { browserTarget } from '../http/browser-target.ts'
import type { Session } from '../identity/session/session.ts'
import type { StepUp } from '../identity/oidc/return-context.ts'
import type { AccessRequest } from '../policy/access-request.ts'
import type { Decision, Remedy } from '../policy/decision.ts'
import { requestStatusOf, type RequestStatus } from '../web/requests/request-status.ts'
import { challenge } from '../web/errors/challenge.ts'
import { appView } from './app-view.ts'
import { reportOtherEmbedder } from './embedder.ts'
import { signedInPath } from '../web/sign-in/signed-in.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'
import { forwardToApp } from './forward.ts'
import { bindGrant, reportInheritedGrants, restsOnUnboundGrant } from './bind-grant.ts'
import { bindDevice, endSessionOfOtherDevice } from './bind-device.ts'
import { authorize } from './authorize.ts'
import { withCorsHeaders } from './cors-headers.ts'
import type { Dependencies } from './dependencies.ts'
import { denial, isOtherDevice } from './pre-policy.ts'
import { record, type AppRequest, type AccessOutcome } from './record.ts'
import { sendReply } from './send-reply.ts'

/** Resolves when the exchange has ended and is recorded. `deviceToBind`: see `AccessFacts`. */
export function enforce(deps: Dependencies, appRequest: AppRequest, deviceToBind: string | undefined): Promise<void> {
  const { session, access } = appRequest
  if (session === undefined) return dispatch(deps, appRequest)
  deps.sessions.touch(session)
  if (isOtherDevice(session, access.device)) {
    return endSessionOfOtherDevice(deps, session).then(() => denyOrChallenge(deps, appRequest))
  }
  if (deviceToBind !== undefined) return bindAndCarryOut(deps, appRequest, session, deviceToBind)
  return carryOut(deps, appRequest, session)
}

/** Binds the grant that the allow rests on, if it must be; normally nothing waits. */
function carryOut(deps: Dependencies, appRequest: AppRequest, session: Session): Promise<void> {
  const { target, access, decision } = appRequest
  if (restsOnUnboundGrant(deps, decision)) {
    return bindGrant(deps, session, appRequest).then((bound) => carryOut(deps, bound, session))
  }
  if (decision.effect === 'allow') deps.users.recordUse(session, target.app.config.name, access.now)
  return dispatch(deps, appRequest)
}

/** A binding that could not be written does not count: the request is authorized again without the device. */
async function bindAndCarryOut(
  deps: Dependencies,
  appRequest: AppRequest,
  session: Session,
  device: string,
): Promise<void> {
  const bound = await bindDevice(deps, session, device)
  return carryOut(deps, bound ? appRequest : withoutDevice(deps, appRequest), session)
}

function withoutDevice(deps: Dependencies, appRequest: AppRequest): AppRequest {
  const { target, who, source } = appRequest
  const access: AccessRequest = { ...appRequest.access, device: { state: 'absent' } }
  return { ...appRequest, access, decision: authorize(deps, target, who, access, source) }
}

function dispatch(deps: Dependencies, appRequest: AppRequest): Promise<void> {
  if (appRequest.decision.effect !== 'allow') return denyOrChallenge(deps, appRequest)
  const { session, exchange } = appRequest
  if (session === undefined) return forwardAllowed(deps, appRequest, undefined)
  const kind = exchange.kind === 'upgrade' ? 'websocket' : 'http'
  const release = deps.concurrency.acquire(session.subject, kind)
  if (release !== undefined) return forwardAllowed(deps, appRequest, release)
  // Concurrency limit of this subject.
  deps.metrics.throttled(kind === 'http' ? 'request' : kind)
  return denyOrChallenge(deps, { ...appRequest, decision: throttledDecision(appRequest) })
}

function forwardAllowed(deps: Dependencies, appRequest: AppRequest, release: (() => void) | undefined): Promise<void> {
  return forwardOrReject(deps, appRequest).then(
    (outcome) => {
      release?.()
      record(deps, appRequest, outcome)
    },
    (error: unknown) => {
      release?.()
      throw error
    },
  )
}

/** Turns a synchronous throw into a rejection. */
function forwardOrReject(deps: Dependencies, appRequest: AppRequest): Promise<AccessOutcome> {
  try {
    return forwardToApp(deps, appRequest)
  } catch (error) {
    return Promise.reject(error)
  }
}

/** Records the decision as enforced: a challenge for which no sign-in can be started becomes a denial. */
async function denyOrChallenge(deps: Dependencies, appRequest: AppRequest): Promise<void> {
  const { request, exchange, session, access } = appRequest
  if (session !== undefined) reportInheritedGrants(deps, session, access, request)
  reportOtherEmbedder(deps, appRequest.target.app.config, request)
  const redirect = signInRedirect(deps, appRequest, request)
  const { decision } = redirect
  const reply = challenge(request, request.method, {
    decision,
    app: appView(appRequest.target),
    viewer: appRequest.session && viewerOf(appRequest.session),
    gateway: deps.activeConfig().configuration.gateway.origin,
    signIn: redirect.signIn,
    again: request.method === 'GET' ? appRequest.target.address.origin + browserTarget(request.target) : undefined,
    requestStatus:
      appRequest.session &&
      requestStatus(deps, appRequest.session, appRequest.target.app.config.name, appRequest.access.now),
    timeZone: timeZoneOf(deps.activeConfig().configuration.gateway, appRequest.session),
    now: appRequest.access.now,
    acrValues: redirect.acrValues,
    cookies: redirect.cookies,
  })
  const bytesOut = sendReply(exchange.response, withCorsHeaders(appRequest.target.app.config, request, reply))
  record(
    deps,
    { ...appRequest, decision },
    {
      status: reply.status,
      bytesIn: 0,
      bytesOut,
      duration: deps.now() - exchange.startedAt,
      end: 'answered',
      upstream: undefined,
    },
  )
}

function throttledDecision({ access }: AppRequest): Decision {
  return denial('throttled', { kind: 'try_again' }, access.now)
}

interface SignInOption {
  readonly decision: Decision
  readonly signIn: string | undefined
  readonly acrValues: readonly string[]
  readonly cookies: readonly string[]
}

const noSignIn: Omit<SignInOption, 'decision'> = { signIn: undefined, acrValues: [], cookies: [] }

/** Milliseconds: a step-up completed this recently is not repeated, because it would give the same result again. */
const freshProofWindow = 15_000

/** Seals the return context of a sign-in or step-up; returns the URL to redirect to, and the cookie that keeps the target. */
function signInRedirect(deps: Dependencies, appRequest: AppRequest, request: CanonicalRequest): SignInOption {
  const { decision, session, target } = appRequest
  const { config } = target.app
  const none: SignInOption = { ...noSignIn, decision }
  const { remedy } = decision
  if (decision.effect !== 'challenge' || (remedy?.kind !== 'sign_in' && remedy?.kind !== 'step_up')) return none
  const { gateway, providers } = deps.activeConfig().configuration
  const stepUp = remedy.kind === 'step_up' ? stepUpOf(remedy, session) : undefined
  if (stepUp !== undefined && !stepUp.silent && hasProof(session, stepUp.level, deps.now() - freshProofWindow)) {
    return { ...none, decision: { ...decision, effect: 'deny', remedy: { kind: 'ask_owner' } } }
  }
  // Scripts and images of a page come back nowhere, and their cookies would displace those of pages.
  if (session === undefined && !request.navigation) return { ...none, signIn: target.address.origin + signedInPath }

  const provider = remedy.kind === 'sign_in' ? remedy.provider : session?.subject.provider
  const returnContext = deps.signIn.returnContexts.create(
    {
      origin: target.address.origin,
      host: target.address.host,
      // Only a GET navigation may be repeated after the sign-in; all else waits in another tab or in a script.
      target:
        !request.navigation || writes(request)
          ? signedInPath
          : request.method === 'GET'
            ? request.target
            : `${target.address.path}/`,
      home: `${target.address.path}/`,
      app: config.name,
      stepUp,
      provider,
    },
    request.header('cookie'),
    !request.navigation,
  )
  return {
    decision,
    signIn: `${gateway.origin}/sign-in?journey=${returnContext.journey}`,
    acrValues: (provider === undefined ? undefined : providers.get(provider))?.stepUp.acrValues ?? [],
    cookies: returnContext.cookies,
  }
}

function writes({ method }: CanonicalRequest): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

/** Any authentication, however old, only states the claims again (`authorize.ts`). */
function stepUpOf({ level, maxAge }: Extract<Remedy, { kind: 'step_up' }>, session: Session | undefined): StepUp {
  const silent = level === 'any' && maxAge === undefined
  return { level, maxAge, ...(silent && { silent }), ...(session && { from: session.generation }) }
}

function hasProof(session: Session | undefined, level: StepUp['level'], since: number): boolean {
  if (session?.authentication.authTime === undefined || session.authentication.authTime < since) return false
  if (level === 'any') return true
  return level === 'mfa' ? session.authentication.mfa : session.authentication.phishingResistant
}

/** Status of the user's access request for the denied page; requests are created on the gateway's host only. */
function requestStatus(deps: Dependencies, { subject }: Session, app: string, now: number): RequestStatus {
  return requestStatusOf(deps, subject, app, deps.activeConfig().configuration.gateway.origin, now)
}

function viewerOf({ subject }: Session): { name: string | undefined; email: string | undefined } {
  return { name: subject.name, email: subject.email }
}
