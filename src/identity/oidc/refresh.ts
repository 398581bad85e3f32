// Revalidates a session by refresh grant: one refresh per session across nodes; what follows is decided by `standing.ts`.

import { isDeepStrictEqual } from 'node:util'
import type { Recorder } from '../../audit/event.ts'
import type { SessionSettings } from '../../config/configuration.ts'
import { never } from '../../policy/never.ts'
import type { ChangeFeed } from '../../store/change-feed.ts'
import type { Store } from '../../store/store.ts'
import { releasedBy, type ReleaseTokens } from '../session/released-tokens.ts'
import type { Session, SessionEnd, SessionWithTokens } from '../session/session.ts'
import type { Sessions } from '../session/sessions.ts'
import type { Provider, Providers } from './provider.ts'
import { requestRefresh, type RefreshAnswer } from './refresh-request.ts'
import type { RevalidationResult, Revalidation } from './revalidation.ts'
import { createRotatedTokens } from './rotated-tokens.ts'
import { nextStanding, standingOf } from './standing.ts'
import { isIssuedBy, issuerOf } from './token-issuer.ts'
import { createTokenLock } from './token-lock.ts'

export interface RevalidationOptions {
  readonly providers: Providers
  readonly sessions: Pick<Sessions, 'read' | 'withTokens' | 'update' | 'end'>
  readonly store: Pick<Store, 'add' | 'remove'>
  /** Swept before a refresh token is used: writes another node made under this lock must be visible. */
  readonly changes: Pick<ChangeFeed, 'sweep'>
  readonly settings: () => Pick<SessionSettings, 'revalidate'>
  readonly record: Recorder
  /** Receives rotated tokens that no session keeps. */
  readonly release: ReleaseTokens
  readonly now: () => number
}

/**
 * Without a refresh token the provider cannot be asked in the background. Such a session lives for this many intervals
 * after its sign-in (an hour by default), then it ends, and the next page goes to the provider, which usually answers
 * without interaction. Counted in intervals, so that shorter intervals also shorten these sessions; activity never
 * extends it, because activity proves nothing about the account.
 */
const intervalsWithoutRefresh = 12

export function createRevalidation(options: RevalidationOptions): Revalidation {
  const { providers, sessions, store, changes, settings, record, release, now } = options
  const running = new Map<string, Promise<RevalidationResult>>()
  const lock = createTokenLock(store)
  const rotatedTokens = createRotatedTokens({ sessions, changes, release })

  return {
    revalidate(session) {
      const current = running.get(session.id)
      if (current) return current
      // An unexpected error proves nothing about the subject: it counts as an unreachable provider.
      const result = lock
        .run(
          session.id,
          () => revalidateLocked(session),
          () => newerResult(session),
        )
        .then((done): RevalidationResult => (done === 'busy' ? { state: 'busy' } : done))
        .catch((): RevalidationResult => ({ state: 'unreachable' }))
        .finally(() => running.delete(session.id))
      running.set(session.id, result)
      return result
    },
  }

  /** Result of another node or of a new sign-in in the meantime; undefined when there is none. */
  async function newerResult(session: Session): Promise<RevalidationResult | undefined> {
    const found = await sessions.read(session.id)
    if (found.state === 'unreachable') return { state: 'unreachable' }
    if (found.state === 'none') return { state: 'ended' }
    return found.session.validatedAt > session.validatedAt ? { state: 'confirmed', session: found.session } : undefined
  }

  async function revalidateLocked(requested: Session, failedToken?: string): Promise<RevalidationResult> {
    // The lock serializes refreshes; the token is read again after it, since an earlier holder may have rotated it.
    await changes.sweep()
    const found = await sessions.withTokens(requested.id)
    if (found.state === 'unreachable') return { state: 'unreachable' }
    if (found.state === 'none') return { state: 'ended' }
    const { session } = found
    if (session.validatedAt > requested.validatedAt) return { state: 'confirmed', session }
    const answer = await ask(session)
    const used = rotatedTokens.current(session)
    // The provider may have replaced this token by one of a step-up that was still under way, and failed.
    if (answer.event === 'refused' && failedToken !== used && (await isReplaced(session))) {
      return revalidateLocked(requested, used)
    }
    return settle(session, answer)
  }

  async function ask(session: SessionWithTokens): Promise<RefreshAnswer> {
    const provider = providers.get(session.subject.provider)
    // Removed from the configuration, or another issuer now: its subjects are no longer known, its tokens are sent nowhere.
    if (!provider || isForeign(session, provider)) {
      return { event: 'provider_removed', detail: 'provider_removed', rotated: undefined, facts: undefined }
    }
    const refresh = rotatedTokens.current(session)
    if (refresh !== undefined) return requestRefresh(provider, session, refresh, now)
    const tooLong = now() >= withoutRefreshUntil(session)
    const event = tooLong ? 'no_refresh_token_too_long' : 'no_refresh_token'
    return { event, detail: 'no_refresh_token', rotated: undefined, facts: undefined }
  }

  async function isReplaced(session: SessionWithTokens): Promise<boolean> {
    const found = await sessions.withTokens(session.id)
    return found.state === 'live' && found.session.tokens.refresh !== session.tokens.refresh
  }

  async function settle(session: SessionWithTokens, answer: RefreshAnswer): Promise<RevalidationResult> {
    const next = nextStanding(standingOf(session), answer.event)
    switch (next) {
      case 'confirmed':
      case 'facts_unconfirmed':
      case 'sign_in_needed':
        return answer.facts === undefined ? prolong(session) : confirm(session, answer, answer.facts)
      case 'unreachable':
        return saveRotated(session, answer.rotated)
      case 'ended':
        return end(session, answer)
      default:
        return never(next)
    }
  }

  async function confirm(
    session: SessionWithTokens,
    { rotated }: RefreshAnswer,
    facts: NonNullable<RefreshAnswer['facts']>,
  ): Promise<RevalidationResult> {
    const at = now()
    const revalidateAt = Math.min(at + settings().revalidate, session.endsAt)
    const result = await rotatedTokens.write(session, rotated, { ...facts, validatedAt: at, revalidateAt })
    const changed = !isDeepStrictEqual(asStored(facts.subject), asStored(session.subject))
    if (result.state === 'confirmed' && changed) recordRefresh(result.session, 'success', undefined, 'claims_changed')
    return result
  }

  async function saveRotated(session: SessionWithTokens, rotated: string | undefined): Promise<RevalidationResult> {
    if (rotated === undefined || rotated === session.tokens.refresh) return { state: 'unreachable' }
    const result = await rotatedTokens.write(session, rotated, { tokens: { ...session.tokens, refresh: rotated } })
    return result.state === 'ended' ? result : { state: 'unreachable' }
  }

  /** Without a refresh token: the provider was not asked, so only the time of the next attempt moves. */
  async function prolong(session: SessionWithTokens): Promise<RevalidationResult> {
    const { revalidate } = settings()
    const next = Math.min(now() + revalidate, withoutRefreshUntil(session), session.endsAt)
    // When revalidated early, the next time moves forward; a repeated call at once writes nothing.
    if (next - session.revalidateAt < revalidate / 20 && session.revalidateAt > now()) {
      return { state: 'confirmed', session }
    }
    return rotatedTokens.write(session, undefined, { revalidateAt: next })
  }

  function withoutRefreshUntil({ validatedAt }: Session): number {
    return validatedAt + intervalsWithoutRefresh * settings().revalidate
  }

  async function end(
    session: SessionWithTokens,
    { event, detail, rotated }: RefreshAnswer,
  ): Promise<RevalidationResult> {
    const reason: SessionEnd = event === 'no_refresh_token_too_long' ? 'session_expired' : 'session_revoked'
    const ended = await sessions.end(session.id, reason, { kind: 'system' })
    rotatedTokens.forget(session.id)
    if (rotated !== undefined) release(releasedBy(session, { ...session.tokens, refresh: rotated }, 'session_ended'))
    if (ended) recordRefresh(session, 'failure', reason, detail)
    return { state: 'ended' }
  }

  function recordRefresh(
    session: Session,
    outcome: 'success' | 'failure',
    reason: string | undefined,
    detail: string,
  ): void {
    const { provider, sub, email, name, groups } = session.subject
    record({
      kind: 'authentication',
      at: now(),
      origin: { requestId: `refresh-${session.id}-${session.version}`, address: session.address ?? '' },
      actor: { kind: 'person', provider, sub, email, name, groups, session: session.id },
      activity: 'refresh',
      outcome,
      reason,
      detail,
      provider,
      session: session.id,
      mfa: session.authentication.mfa,
    })
  }
}

/** Without the members that are undefined, which the store does not keep. */
function asStored(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

/** False while the issuer of the tokens is not known. */
function isForeign({ tokens }: SessionWithTokens, { settings }: Provider): boolean {
  return issuerOf(tokens) !== undefined && !isIssuedBy(tokens, settings.issuer)
}
