// Carries out one decision: forward, challenge or deny. Only an allow reaches an upstream.

import { nonceCookie, setNonceCookie } from '../identity/cookie.ts'
import type { Session } from '../identity/session.ts'
import type { StepUp } from '../identity/sign-in.ts'
import type { Decision } from '../policy/decision.ts'
import { StoreUnreachable } from '../store/store.ts'
import { askingOf, type Asking } from '../web/asking.ts'
import { challenge } from '../web/challenge.ts'
import type { CanonicalRequest } from './canonical.ts'
import { carry } from './carry.ts'
import type { Exchange } from './exchange.ts'
import { closed } from './judge.ts'
import type { Parts } from './parts.ts'
import type { Decided, Outcome } from './record.ts'
import { write } from './write.ts'

/** Resolves with what was really enforced: a challenge nobody can be sent away with becomes a denial. */
export async function enforce(
  parts: Parts,
  decided: Decided,
  request: CanonicalRequest,
  exchange: Exchange,
): Promise<{ readonly decision: Decision; readonly outcome: Outcome }> {
  if (decided.decision.effect === 'allow') {
    const outcome = await admit(parts, decided, request, exchange)
    if (outcome !== undefined) return { decision: decided.decision, outcome }
  }
  const way =
    decided.decision.effect === 'allow'
      ? { ...nowhere, decision: throttled(decided) }
      : await wayToSignIn(parts, decided, request)
  const decision = way.decision
  const reply = challenge(request, request.method, {
    decision,
    app: decided.site.app,
    viewer: decided.session && personOf(decided.session),
    gateway: parts.applied().configuration.gateway.origin,
    signIn: way.signIn,
    again: request.method === 'GET' ? decided.site.app.origin + request.target : undefined,
    asking: decided.session && standing(parts, decided.session, decided.site.app.name, decided.access.now),
    timeZone: parts.timeZone,
    now: decided.access.now,
    acrValues: way.acrValues,
    cookies: way.cookies,
  })
  const bytesOut = write(exchange.answer, reply)
  const outcome: Outcome = {
    status: reply.status,
    bytesIn: 0,
    bytesOut,
    duration: parts.now() - exchange.startedAt,
    end: 'answered',
    upstream: undefined,
  }
  return { decision, outcome }
}

/** Undefined when this person has as much under way as they may: nothing was done. */
async function admit(
  parts: Parts,
  decided: Decided,
  request: CanonicalRequest,
  exchange: Exchange,
): Promise<Outcome | undefined> {
  const { session } = decided
  if (session === undefined) return carry(parts, decided, request, exchange)
  const way = exchange.kind === 'upgrade' ? 'websocket' : 'http'
  if (!parts.crowd.enter(session.subject, way)) {
    parts.metrics.throttled(way === 'http' ? 'request' : way)
    return undefined
  }
  try {
    return await carry(parts, decided, request, exchange)
  } finally {
    parts.crowd.leave(session.subject, way)
  }
}

function throttled({ access }: Decided): Decision {
  return closed('throttled', { kind: 'try_again' }, access.now)
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
async function wayToSignIn(parts: Parts, decided: Decided, request: CanonicalRequest): Promise<Way> {
  const { decision, session, site } = decided
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
        origin: site.app.origin,
        host: site.app.host,
        // Only what was merely looked at may be opened again on the way back.
        target: request.navigation && request.method === 'GET' ? request.target : '/',
        app: site.app.name,
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
    return { ...none, decision: closed('store_unreachable', { kind: 'try_again' }, parts.now()) }
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
