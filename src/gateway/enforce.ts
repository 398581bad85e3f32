// Carries out one decision: forward, challenge or deny. Only an allow reaches an upstream.

import { nonceCookie, setNonceCookie } from '../identity/session/cookies.ts'
import type { Session } from '../identity/session/session.ts'
import type { StepUp } from '../identity/oidc/sign-in.ts'
import type { AccessRequest } from '../policy/access-request.ts'
import type { Decision } from '../policy/decision.ts'
import { StoreUnreachable } from '../store/store.ts'
import { requestStatusOf, type RequestStatus } from '../web/requests/request-status.ts'
import { challenge } from '../web/errors/challenge.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'
import { forwardToApp } from './forward.ts'
import { bindDevice, endSessionOfOtherDevice } from './bind-device.ts'
import { authorize } from './authorize.ts'
import type { Dependencies } from './dependencies.ts'
import { denial, isOtherDevice } from './pre-policy.ts'
import { record, type AppRequest, type AccessOutcome } from './record.ts'
import { sendReply } from './send-reply.ts'

/** Resolves when the exchange is over and recorded. `deviceToBind`: see `AccessFacts`. */
export function enforce(deps: Dependencies, appRequest: AppRequest, deviceToBind: string | undefined): Promise<void> {
  const { session, target, access, decision } = appRequest
  if (session === undefined) return dispatch(deps, appRequest)
  deps.sessions.touch(session)
  if (isOtherDevice(session, access.device)) {
    return endSessionOfOtherDevice(deps, session).then(() => denyOrChallenge(deps, appRequest))
  }
  if (deviceToBind !== undefined) return bindAndCarryOut(deps, appRequest, session, deviceToBind)
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
  const decided = bound ? appRequest : withoutDevice(deps, appRequest)
  const { target, access, decision } = decided
  if (decision.effect === 'allow') deps.users.recordUse(session, target.app.config.name, access.now)
  return dispatch(deps, decided)
}

function withoutDevice(deps: Dependencies, appRequest: AppRequest): AppRequest {
  const { target, who, webSocket } = appRequest
  const access: AccessRequest = { ...appRequest.access, device: { state: 'absent' } }
  return { ...appRequest, access, decision: authorize(deps, target, who, access, webSocket) }
}

function dispatch(deps: Dependencies, appRequest: AppRequest): Promise<void> {
  if (appRequest.decision.effect !== 'allow') return denyOrChallenge(deps, appRequest)
  const { session, exchange } = appRequest
  if (session === undefined) return forwardAllowed(deps, appRequest, undefined)
  const way = exchange.kind === 'upgrade' ? 'websocket' : 'http'
  const release = deps.concurrency.acquire(session.subject, way)
  if (release !== undefined) return forwardAllowed(deps, appRequest, release)
  // This subject has as many requests or connections open as allowed.
  deps.metrics.throttled(way === 'http' ? 'request' : way)
  return denyOrChallenge(deps, { ...appRequest, decision: throttledDecision(appRequest) })
}

function forwardAllowed(deps: Dependencies, appRequest: AppRequest, release: (() => void) | undefined): Promise<void> {
  return recordUse(deps, appRequest).then(
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

/** Whatever breaks on the way breaks the promise. */
function recordUse(deps: Dependencies, appRequest: AppRequest): Promise<AccessOutcome> {
  try {
    return forwardToApp(deps, appRequest)
  } catch (error) {
    return Promise.reject(error)
  }
}

/** What is recorded is what was really enforced: a challenge nobody can be sent away with becomes a denial. */
async function denyOrChallenge(deps: Dependencies, appRequest: AppRequest): Promise<void> {
  const { request, exchange } = appRequest
  const way = await signInRedirect(deps, appRequest, request)
  const decision = way.decision
  const reply = challenge(request, request.method, {
    decision,
    app: appRequest.target.app.config,
    viewer: appRequest.session && viewerPerson(appRequest.session),
    gateway: deps.activeConfig().configuration.gateway.origin,
    signIn: way.signIn,
    again: request.method === 'GET' ? appRequest.target.app.config.origin + request.target : undefined,
    asking:
      appRequest.session &&
      requestStatus(deps, appRequest.session, appRequest.target.app.config.name, appRequest.access.now),
    timeZone: deps.timeZone,
    now: appRequest.access.now,
    acrValues: way.acrValues,
    cookies: way.cookies,
  })
  const bytesOut = sendReply(exchange.answer, reply)
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

/** A step-up proven this recently is not asked for once more: what is still missing, asking again would not bring. */
const freshProofWindow = 15_000

/** Remembers where the person wanted to go, and says where to send them. */
async function signInRedirect(
  deps: Dependencies,
  appRequest: AppRequest,
  request: CanonicalRequest,
): Promise<SignInOption> {
  const { decision, session, target } = appRequest
  const { config } = target.app
  const none: SignInOption = { ...noSignIn, decision }
  const { remedy } = decision
  if (decision.effect !== 'challenge' || (remedy?.kind !== 'sign_in' && remedy?.kind !== 'step_up')) return none
  const { gateway, providers } = deps.activeConfig().configuration
  const stepUp = remedy.kind === 'step_up' ? { level: remedy.level, maxAge: remedy.maxAge } : undefined
  if (stepUp !== undefined && hasProof(session, stepUp.level, deps.now() - freshProofWindow)) {
    return { ...none, decision: { ...decision, effect: 'deny', remedy: { kind: 'ask_owner' } } }
  }
  // A stranger's script gets no journey of its own: nothing is kept for whoever merely asks.
  if (session === undefined && !request.navigation) return { ...none, signIn: `${gateway.origin}/sign-in` }

  if (!deps.signIn.mayStart(request.address)) return { ...none, decision: throttledDecision(appRequest) }

  const provider = remedy.kind === 'sign_in' ? remedy.provider : session?.subject.provider
  try {
    const returnContext = await deps.signIn.createReturnContext(
      {
        origin: config.origin,
        host: config.host,
        // Only what was merely looked at may be opened again on the way back.
        target: request.navigation && request.method === 'GET' ? request.target : '/',
        app: config.name,
        stepUp,
        provider,
      },
      nonceCookie(request.header('cookie')),
    )
    return {
      decision,
      signIn: `${gateway.origin}/sign-in?journey=${returnContext.id}`,
      acrValues: (provider === undefined ? undefined : providers.get(provider))?.stepUp.acrValues ?? [],
      cookies: [setNonceCookie(returnContext.nonce)],
    }
  } catch (error) {
    if (!(error instanceof StoreUnreachable)) throw error
    return { ...none, decision: denial('store_unreachable', { kind: 'try_again' }, deps.now()) }
  }
}

function hasProof(session: Session | undefined, level: StepUp['level'], since: number): boolean {
  if (session?.authentication.authTime === undefined || session.authentication.authTime < since) return false
  if (level === 'any') return true
  return level === 'mfa' ? session.authentication.mfa : session.authentication.phishingResistant
}

/** What the denied page says of asking for access; it can be asked for on the gateway's host alone. */
function requestStatus(deps: Dependencies, { subject }: Session, app: string, now: number): RequestStatus {
  return requestStatusOf(deps, subject, app, deps.activeConfig().configuration.gateway.origin, now)
}

function viewerPerson({ subject }: Session): { name: string | undefined; email: string | undefined } {
  return { name: subject.name, email: subject.email }
}
