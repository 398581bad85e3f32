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
import { closed } from './judge.ts'
import type { Parts } from './parts.ts'
import { record, type Decided, type Outcome } from './record.ts'
import { write } from './write.ts'

/** Resolves when it is over and recorded. */
export function enforce(parts: Parts, decided: Decided): Promise<void> {
  if (decided.decision.effect !== 'allow') return turnAway(parts, decided)
  const { session, exchange } = decided
  if (session === undefined) return pass(parts, decided, undefined)
  const way = exchange.kind === 'upgrade' ? 'websocket' : 'http'
  const leave = parts.crowd.enter(session.subject, way)
  if (leave !== undefined) return pass(parts, decided, leave)
  // This person has as much under way as they may.
  parts.metrics.throttled(way === 'http' ? 'request' : way)
  return turnAway(parts, { ...decided, decision: throttled(decided) })
}

function pass(parts: Parts, decided: Decided, leave: (() => void) | undefined): Promise<void> {
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
function begun(parts: Parts, decided: Decided): Promise<Outcome> {
  try {
    return carry(parts, decided)
  } catch (error) {
    return Promise.reject(error)
  }
}

/** What is recorded is what was really enforced: a challenge nobody can be sent away with becomes a denial. */
async function turnAway(parts: Parts, decided: Decided): Promise<void> {
  const { request, exchange } = decided
  const way = await wayToSignIn(parts, decided, request)
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
