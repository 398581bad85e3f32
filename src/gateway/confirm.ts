// Is the provider's word on this session still good? Asks ahead of time in the background, so that nobody waits.

import type { Revalidated, Revalidation } from '../identity/revalidation.ts'
import type { Session } from '../identity/session.ts'
import type { Sessions } from '../identity/sessions.ts'
import type { SessionEnd } from '../identity/session.ts'

export type Confirmed =
  | { readonly state: 'live'; readonly session: Session }
  | { readonly state: 'none'; readonly absence: SessionEnd | 'no_session' }
  | { readonly state: 'unreachable'; readonly code: 'store_unreachable' | 'provider_unreachable' }

export interface Confirmation {
  /** A plain value while the provider's word is good or `session.grace` bridges its absence. */
  confirm(session: Session): Confirmed | Promise<Confirmed>
  /** Epoch milliseconds at which an open connection must ask about this session again. */
  nextQuestion(session: Session): number
}

export interface ConfirmationParts {
  readonly revalidation: Revalidation
  readonly sessions: Pick<Sessions, 'read'>
  readonly settings: () => { readonly revalidate: number; readonly grace: number }
  readonly now: () => number
}

/** Milliseconds: how long a request waits for the provider, and how long a failed attempt is not repeated. */
const patience = 12_000
const retryAfter = 2_000

export function createConfirmation(parts: ConfirmationParts): Confirmation {
  const { now, settings } = parts
  /** One attempt per session at a time on this node; across nodes the lock in the store sees to it. */
  const attempts = new Map<string, { readonly answer: Promise<Revalidated>; readonly at: number }>()
  const lead = (): number => Math.min(30_000, settings().revalidate / 5)

  const ask = (session: Session): Promise<Revalidated> => {
    const earlier = attempts.get(session.id)
    if (earlier !== undefined && now() - earlier.at < retryAfter) return earlier.answer
    const attempt = { answer: parts.revalidation.revalidate(session), at: now() }
    attempts.set(session.id, attempt)
    setTimeout(() => attempts.get(session.id) === attempt && attempts.delete(session.id), patience).unref()
    return attempt.answer
  }

  const wait = async (session: Session): Promise<Confirmed> => {
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
      if (now() < found.session.revalidateAt) return { state: 'live', session: found.session }
      if (now() > giveUp) return { state: 'unreachable', code: 'provider_unreachable' }
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  return {
    confirm(session) {
      const left = session.revalidateAt - now()
      if (left > lead()) return { state: 'live', session }
      if (left + settings().grace <= 0) return wait(session)
      void ask(session)
      return { state: 'live', session }
    },
    nextQuestion(session) {
      const early = session.revalidateAt - lead()
      return now() < early ? early : session.revalidateAt + settings().grace
    },
  }
}
