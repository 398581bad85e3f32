// Revalidation of guests: there is no provider to ask, so what counts is whether they still hold access and may use their address.

import type { Recorder } from '../../audit/event.ts'
import type { Configuration, SessionSettings } from '../../config/configuration.ts'
import { guestProvider } from '../../policy/subject.ts'
import { StoreUnreachable } from '../../store/store.ts'
import type { Revalidation, RevalidationResult } from '../oidc/revalidation.ts'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../session/sessions.ts'
import type { GuestAccess } from './guest-access.ts'
import { actorOf } from './guest-sign-in.ts'
import { guestSubject, isGuestAddress } from './guest-subject.ts'

export interface GuestRevalidationOptions {
  readonly configuration: () => Pick<Configuration, 'guests' | 'providers'>
  readonly settings: () => Pick<SessionSettings, 'revalidate'>
  readonly access: GuestAccess
  readonly sessions: Pick<Sessions, 'update' | 'end'>
  readonly record: Recorder
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** Sessions of guests here, all others at their provider. */
export function withGuests(other: Revalidation, guests: Revalidation): Revalidation {
  return {
    revalidate: (session) =>
      session.subject.provider === guestProvider ? guests.revalidate(session) : other.revalidate(session),
  }
}

export function createGuestRevalidation(options: GuestRevalidationOptions): Revalidation {
  const { configuration, settings, access, sessions, record, now } = options

  async function revalidate(session: Session): Promise<RevalidationResult> {
    const subject = guestSubject(session.subject.email ?? '', configuration())
    const lost = lossOf(session, subject)
    if (lost !== undefined || subject === undefined) {
      if (await sessions.end(session.id, 'session_revoked', { kind: 'system' })) recordEnd(session, lost ?? 'address')
      return { state: 'ended' }
    }
    const at = now()
    const revalidateAt = Math.min(at + settings().revalidate, session.endsAt)
    const updated = await sessions.update(session, { subject, validatedAt: at, revalidateAt })
    // Written meanwhile by another node or a sign-in: the store has the current state.
    return updated === undefined ? { state: 'busy' } : { state: 'confirmed', session: updated }
  }

  /** Undefined while it stands. */
  function lossOf(session: Session, subject: ReturnType<typeof guestSubject>): string | undefined {
    if (configuration().guests?.mail === undefined) return 'guests_off'
    if (subject?.email === undefined || subject.sub !== session.subject.sub) return 'address'
    if (!isGuestAddress(subject.email, configuration())) return 'domain'
    return access.of(subject) === undefined ? 'no_access' : undefined
  }

  function recordEnd(session: Session, detail: string): void {
    record({
      kind: 'authentication',
      at: now(),
      origin: { requestId: `refresh-${session.id}-${session.version}`, address: session.address ?? '' },
      actor: actorOf(session.subject, session.id),
      activity: 'refresh',
      outcome: 'failure',
      reason: 'session_revoked',
      detail,
      provider: guestProvider,
      session: session.id,
      mfa: session.authentication.mfa,
    })
  }

  return {
    async revalidate(session) {
      try {
        return await revalidate(session)
      } catch (error) {
        // Anything unexpected proves nothing about the guest: as if a provider did not answer.
        if (!(error instanceof StoreUnreachable)) throw error
        return { state: 'unreachable' }
      }
    },
  }
}
