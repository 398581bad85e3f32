// Is the provider's word on this session still good? Asks ahead of time in the background, so that nobody waits.

import type { Revalidated, Revalidation } from '../identity/oidc/revalidation.ts'
import type { SessionSettings } from '../config/configuration.ts'
import type { Session, SessionEnd } from '../identity/session/session.ts'
import type { Sessions } from '../identity/session/sessions.ts'
import { emergencyProvider } from '../policy/subject.ts'

export type Confirmed =
  | { readonly state: 'live'; readonly session: Session }
  | { readonly state: 'none'; readonly absence: SessionEnd | 'no_session' }
  | { readonly state: 'unreachable'; readonly code: 'store_unreachable' | 'provider_unreachable' }

export interface Confirmation {
  /** `settings`: those of the app. A plain value while the provider's word is good or `grace` bridges its absence. */
  confirm(session: Session, settings: Asking): Confirmed | Promise<Confirmed>
  /** Epoch milliseconds at which an open connection must ask about this session again. */
  nextQuestion(session: Session, settings: Asking): number
}

/** Milliseconds, both: how long the provider's word is good, and how long its absence is bridged. */
export type Asking = Pick<SessionSettings, 'revalidate' | 'grace'>

export interface ConfirmationParts {
  readonly revalidation: Revalidation
  readonly sessions: Pick<Sessions, 'read'>
  readonly now: () => number
}

/** Milliseconds: how long a request waits for the provider, and how long a failed attempt is not repeated. */
const patience = 12_000
const retryAfter = 2_000

export function createConfirmation(parts: ConfirmationParts): Confirmation {
  const { now } = parts
  /** One attempt per session at a time on this node; across nodes the lock in the store sees to it. */
  const attempts = new Map<string, { readonly answer: Promise<Revalidated>; readonly at: number }>()

  const ask = (session: Session): Promise<Revalidated> => {
    const earlier = attempts.get(session.id)
    if (earlier !== undefined && now() - earlier.at < retryAfter) return earlier.answer
    const attempt = { answer: parts.revalidation.revalidate(session), at: now() }
    attempts.set(session.id, attempt)
    setTimeout(() => attempts.get(session.id) === attempt && attempts.delete(session.id), patience).unref()
    return attempt.answer
  }

  const wait = async (session: Session, settings: Asking): Promise<Confirmed> => {
    const giveUp = now() + patience
    for (;;) {
      const answer = await ask(session)
      if (answer.state === 'confirmed') return { state: 'live', session: answer.session }
      if (answer.state === 'unreachable') return { state: 'unreachable', code: 'provider_unreachable' }
      // Ended here, or being asked by another node: the store knows.
      const found = await parts.sessions.read(session.id)
      if (found.state === 'none') return { state: 'none', absence: found.reason }
      if (found.state === 'unreachable') return { state: 'unreachable', code: 'store_unreachable' }
      if (answer.state === 'ended') return { state: 'none', absence: 'session_revoked' }
      if (now() < wordEnds(found.session, settings)) return { state: 'live', session: found.session }
      if (now() > giveUp) return { state: 'unreachable', code: 'provider_unreachable' }
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  return {
    confirm(session, settings) {
      if (isSealed(session)) return { state: 'live', session }
      const left = wordEnds(session, settings) - now()
      if (left > lead(settings)) return { state: 'live', session }
      if (left + settings.grace <= 0) return wait(session, settings)
      void ask(session)
      return { state: 'live', session }
    },
    nextQuestion(session, settings) {
      if (isSealed(session)) return session.endsAt
      const end = wordEnds(session, settings)
      const early = end - lead(settings)
      return now() < early ? early : end + settings.grace
    },
  }
}

/** Let in by a sealed code because no provider could be asked: nobody can be asked about them, their end is fixed. */
function isSealed({ subject }: Session): boolean {
  return subject.provider === emergencyProvider
}

/** An app may want to hear the provider more often than the session at large does. */
function wordEnds(session: Session, settings: Asking): number {
  return Math.min(session.revalidateAt, session.validatedAt + settings.revalidate)
}

/** Milliseconds before the end at which it is asked in the background. */
function lead({ revalidate }: Asking): number {
  return Math.min(30_000, revalidate / 5)
}
