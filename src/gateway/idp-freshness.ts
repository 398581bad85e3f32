// Revalidates a session at the IdP before its revalidation interval ends (refresh-ahead), so that requests do not wait.

import type { RevalidationResult, Revalidation } from '../identity/oidc/revalidation.ts'
import type { SessionSettings } from '../config/configuration.ts'
import type { Session, SessionEnd } from '../identity/session/session.ts'
import type { Provider } from '../identity/oidc/provider.ts'
import type { Sessions } from '../identity/session/sessions.ts'
import { emergencyProvider } from '../policy/subject.ts'

export type AuthenticationResult =
  | { readonly state: 'live'; readonly session: Session }
  | { readonly state: 'none'; readonly absence: SessionEnd | 'no_session' }
  | { readonly state: 'unreachable'; readonly code: 'store_unreachable' | 'provider_unreachable' }

export interface IdpFreshness {
  /** `settings`: those of the app. A plain value while the session is fresh or within `grace`, else a promise. */
  ensureFresh(session: Session, settings: RevalidationSettings): AuthenticationResult | Promise<AuthenticationResult>
  /** Epoch milliseconds at which an open connection of this session must be checked again. */
  nextCheckAt(session: Session, settings: RevalidationSettings): number
}

/** Milliseconds, both: how long a revalidation counts, and how long after that an unreachable provider is tolerated. */
export type RevalidationSettings = Pick<SessionSettings, 'revalidate' | 'grace'>

interface Attempt {
  readonly answer: Promise<RevalidationResult>
  readonly at: number
  /** `validatedAt` of the session that was asked about. */
  readonly validatedAt: number
}

export interface IdpFreshnessDependencies {
  readonly revalidation: Revalidation
  readonly sessions: Pick<Sessions, 'read'>
  readonly providers: { get(name: string): Pick<Provider, 'available' | 'onUnavailable'> | undefined }
  readonly now: () => number
}

/** Milliseconds: how long a request waits for the provider, and the pause before a failed attempt is repeated. */
const timeout = 12_000
const retryAfter = 2_000
/** Milliseconds: how long a request waits for a provider that did not answer before. */
const probeTimeout = 300

export function createIdpFreshness(deps: IdpFreshnessDependencies): IdpFreshness {
  const { now } = deps
  /** One attempt per session at a time on this node; across nodes a lock in the store ensures it. */
  const attempts = new Map<string, Attempt>()

  const startRevalidation = (session: Session): Promise<RevalidationResult> => {
    const earlier = attempts.get(session.id)
    // A session confirmed since then is asked about anew: the answer about its last interval says nothing about the next.
    const isAnswered = earlier !== undefined && session.validatedAt <= earlier.validatedAt
    if (isAnswered && now() - earlier.at < retryAfter) return earlier.answer
    const attempt = { answer: deps.revalidation.revalidate(session), at: now(), validatedAt: session.validatedAt }
    attempts.set(session.id, attempt)
    setTimeout(() => attempts.get(session.id) === attempt && attempts.delete(session.id), timeout).unref()
    return attempt.answer
  }

  /**
   * Once the provider stops answering, no request waits any longer: the attempt goes on in the background, since it may still
   * receive a rotated refresh token, and is how the gateway learns that the provider answers again.
   */
  const whileAvailable = (session: Session, attempt: Promise<RevalidationResult>): Promise<RevalidationResult> => {
    const provider = deps.providers.get(session.subject.provider)
    return new Promise((resolve, reject) => {
      const giveUp = (): void => resolve({ state: 'unreachable' })
      const timer = provider?.available() === false ? setTimeout(giveUp, probeTimeout) : undefined
      const remove = provider?.onUnavailable(giveUp)
      const stop = (): void => {
        clearTimeout(timer)
        remove?.()
      }
      attempt.finally(stop).then(resolve, reject)
    })
  }

  const waitForRevalidation = async (
    session: Session,
    settings: RevalidationSettings,
  ): Promise<AuthenticationResult> => {
    const deadline = now() + timeout
    for (;;) {
      const answer = await whileAvailable(session, startRevalidation(session))
      if (answer.state === 'confirmed') return { state: 'live', session: answer.session }
      if (answer.state === 'unreachable') return { state: 'unreachable', code: 'provider_unreachable' }
      // Ended, or being revalidated by another node: the store has the current state.
      const found = await deps.sessions.read(session.id)
      if (found.state === 'none') return { state: 'none', absence: found.reason }
      if (found.state === 'unreachable') return { state: 'unreachable', code: 'store_unreachable' }
      if (answer.state === 'ended') return { state: 'none', absence: 'session_revoked' }
      if (now() < freshUntil(found.session, settings)) return { state: 'live', session: found.session }
      if (now() > deadline) return { state: 'unreachable', code: 'provider_unreachable' }
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  return {
    ensureFresh(session, settings) {
      if (isEmergencySession(session)) return { state: 'live', session }
      const left = freshUntil(session, settings) - now()
      if (left > refreshAhead(settings)) return { state: 'live', session }
      if (left + settings.grace <= 0) return waitForRevalidation(session, settings)
      void startRevalidation(session)
      return { state: 'live', session }
    },
    nextCheckAt(session, settings) {
      if (isEmergencySession(session)) return session.endsAt
      const end = freshUntil(session, settings)
      const early = end - refreshAhead(settings)
      return now() < early ? early : end + settings.grace
    },
  }
}

/** Emergency sessions have no identity provider to revalidate at; their end is fixed. */
function isEmergencySession({ subject }: Session): boolean {
  return subject.provider === emergencyProvider
}

/** Epoch milliseconds. An app may require a shorter revalidation interval than the session's. */
function freshUntil(session: Session, settings: RevalidationSettings): number {
  return Math.min(session.revalidateAt, session.validatedAt + settings.revalidate)
}

/** Milliseconds before the end of the interval at which background revalidation starts. */
function refreshAhead({ revalidate }: RevalidationSettings): number {
  return Math.min(30_000, revalidate / 5)
}
