// Carries out one decision: forward, challenge or deny. Only an allow reaches an upstream.

import { nonceCookie, setNonceCookie } from '../identity/session/cookies.ts'
import type { Session } from '../identity/session/session.ts'
import type { StepUp } from '../identity/oidc/sign-in.ts'
import type { AccessRequest } from '../policy/access-request.ts'
import type { Decision } from '../policy/decision.ts'
import { StoreUnreachable } from '../store/store.ts'
import { askingOf, type Asking } from '../web/requests/request-status.ts'
import { challenge } from '../web/errors/challenge.ts'
import type { CanonicalRequest } from './canonical/canonical-request.ts'
import { carry } from './forward.ts'
import { bindDevice, endSessionOfOtherDevice } from './bind-device.ts'
import { authorize } from './authorize.ts'
import type { Parts } from './dependencies.ts'
import { denial, isOtherDevice } from './pre-policy.ts'
import { record, type AppRequest, type Outcome } from './record.ts'
import { write } from './send-reply.ts'

/** Resolves when the exchange is over and recorded. `deviceToBind`: see `AccessFacts`. */
export function enforce(parts: Parts, appRequest: AppRequest, deviceToBind: string | undefined): Promise<void> {
  const { session, target, access, decision } = appRequest
  if (session === undefined) return carryOut(parts, appRequest)
  parts.sessions.touch(session)
  if (isOtherDevice(session, access.device)) {
    return endSessionOfOtherDevice(parts, session).then(() => denyOrChallenge(parts, appRequest))
  }
  if (deviceToBind !== undefined) return bindAndCarryOut(parts, appRequest, session, deviceToBind)
  if (decision.effect === 'allow') parts.people.used(session, target.site.app.name, access.now)
  return carryOut(parts, appRequest)
}

/** A binding that could not be written does not count: the request is authorized again without the device. */
async function bindAndCarryOut(parts: Parts, appRequest: AppRequest, session: Session, device: string): Promise<void> {
  const bound = await bindDevice(parts, session, device)
  const decided = bound ? appRequest : withoutDevice(parts, appRequest)
  const { target, access, decision } = decided
  if (decision.effect === 'allow') parts.people.used(session, target.site.app.name, access.now)
  return carryOut(parts, decided)
}

function withoutDevice(parts: Parts, appRequest: AppRequest): AppRequest {
  const { target, who, webSocket } = appRequest
  const access: AccessRequest = { ...appRequest.access, device: { state: 'absent' } }
  return { ...appRequest, access, decision: authorize(parts, target, who, access, webSocket) }
}

function carryOut(parts: Parts, appRequest: AppRequest): Promise<void> {
  if (appRequest.decision.effect !== 'allow') return denyOrChallenge(parts, appRequest)
  const { session, exchange } = appRequest
  if (session === undefined) return pass(parts, appRequest, undefined)
  const way = exchange.kind === 'upgrade' ? 'websocket' : 'http'
  const release = parts.crowd.enter(session.subject, way)
  if (release !== undefined) return pass(parts, appRequest, release)
  // This subject has as many requests or connections open as allowed.
  parts.metrics.throttled(way === 'http' ? 'request' : way)
  return denyOrChallenge(parts, { ...appRequest, decision: throttled(appRequest) })
}

function pass(parts: Parts, decided: AppRequest, leave: (() => void) | undefined): Promise<void> {
  return begun(parts, decided).then(
    (outcome) => {
      leave?.()
      record(parts, decided, outcome)
    },
    (error: unknown) => {
      leave?.()
      throw error
    },
  )
}

/** Whatever breaks on the way breaks the promise. */
function begun(parts: Parts, decided: AppRequest): Promise<Outcome> {
  try {
    return carry(parts, decided)
  } catch (error) {
    return Promise.reject(error)
  }
}

/** What is recorded is what was really enforced: a challenge nobody can be sent away with becomes a denial. */
async function denyOrChallenge(parts: Parts, decided: AppRequest): Promise<void> {
  const { request, exchange } = decided
  const way = await signInRedirect(parts, decided, request)
  const decision = way.decision
  const reply = challenge(request, request.method, {
    decision,
    app: decided.target.site.app,
    viewer: decided.session && personOf(decided.session),
    gateway: parts.applied().configuration.gateway.origin,
    signIn: way.signIn,
    again: request.method === 'GET' ? decided.target.site.app.origin + request.target : undefined,
    asking: decided.session && standing(parts, decided.session, decided.target.site.app.name, decided.access.now),
    timeZone: parts.timeZone,
    now: decided.access.now,
    acrValues: way.acrValues,
    cookies: way.cookies,
  })
  const bytesOut = write(exchange.answer, reply)
  record(
    parts,
    { ...decided, decision },
    {
      status: reply.status,
      bytesIn: 0,
      bytesOut,
      duration: parts.now() - exchange.startedAt,
      end: 'answered',
      upstream: undefined,
    },
  )
}

function throttled({ access }: AppRequest): Decision {
  return denial('throttled', { kind: 'try_again' }, access.now)
}

interface Way {
  readonly decision: Decision
  readonly signIn: string | undefined
  readonly acrValues: readonly string[]
  readonly cookies: readonly string[]
}

const nowhere: Omit<Way, 'decision'> = { signIn: undefined, acrValues: [], cookies: [] }

/** A step-up proven this recently is not asked for once more: what is still missing, asking again would not bring. */
const justProven = 15_000

/** Remembers where the person wanted to go, and says where to send them. */
async function signInRedirect(parts: Parts, decided: AppRequest, request: CanonicalRequest): Promise<Way> {
  const { decision, session, target } = decided
  const { app } = target.site
  const none: Way = { ...nowhere, decision }
  const { remedy } = decision
  if (decision.effect !== 'challenge' || (remedy?.kind !== 'sign_in' && remedy?.kind !== 'step_up')) return none
  const { gateway, providers } = parts.applied().configuration
  const stepUp = remedy.kind === 'step_up' ? { level: remedy.level, maxAge: remedy.maxAge } : undefined
  if (stepUp !== undefined && proven(session, stepUp.level, parts.now() - justProven)) {
    return { ...none, decision: { ...decision, effect: 'deny', remedy: { kind: 'ask_owner' } } }
  }
  // A stranger's script gets no journey of its own: nothing is kept for whoever merely asks.
  if (session === undefined && !request.navigation) return { ...none, signIn: `${gateway.origin}/sign-in` }

  if (!parts.signIn.mayDepart(request.address)) return { ...none, decision: throttled(decided) }

  const provider = remedy.kind === 'sign_in' ? remedy.provider : session?.subject.provider
  try {
    const journey = await parts.signIn.depart(
      {
        origin: app.origin,
        host: app.host,
        // Only what was merely looked at may be opened again on the way back.
        target: request.navigation && request.method === 'GET' ? request.target : '/',
        app: app.name,
        stepUp,
        provider,
      },
      nonceCookie(request.header('cookie')),
    )
    return {
      decision,
      signIn: `${gateway.origin}/sign-in?journey=${journey.id}`,
      acrValues: (provider === undefined ? undefined : providers.get(provider))?.stepUp.acrValues ?? [],
      cookies: [setNonceCookie(journey.nonce)],
    }
  } catch (error) {
    if (!(error instanceof StoreUnreachable)) throw error
    return { ...none, decision: denial('store_unreachable', { kind: 'try_again' }, parts.now()) }
  }
}

function proven(session: Session | undefined, level: StepUp['level'], since: number): boolean {
  if (session?.authentication.authTime === undefined || session.authentication.authTime < since) return false
  if (level === 'any') return true
  return level === 'mfa' ? session.authentication.mfa : session.authentication.phishingResistant
}

/** What the denied page says of asking for access; it can be asked for on the gateway's host alone. */
function standing(parts: Parts, { subject }: Session, app: string, now: number): Asking {
  return askingOf(parts, subject, app, parts.applied().configuration.gateway.origin, now)
}

function personOf({ subject }: Session): { name: string | undefined; email: string | undefined } {
  return { name: subject.name, email: subject.email }
}
