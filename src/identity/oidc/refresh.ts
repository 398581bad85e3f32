// Revalidates a session by refresh grant: one refresh per session across nodes, compare-and-set writes, rotated tokens never lost.

import { decodeJwt } from 'jose'
import { refreshTokenGrant } from 'openid-client'
import type { Recorder } from '../../audit/event.ts'
import type { SessionSettings } from '../../config/configuration.ts'
import type { ChangeFeed } from '../../store/change-feed.ts'
import type { Store } from '../../store/store.ts'
import { authenticationOf } from './claims.ts'
import { refreshedSubject } from './refreshed-subject.ts'
import type { Provider, Providers } from './provider.ts'
import type { RevalidationResult, Revalidation } from './revalidation.ts'
import { newToken } from '../session/opaque-token.ts'
import type { Session, SessionEnd, SessionWithTokens } from '../session/session.ts'
import type { Sessions } from '../session/sessions.ts'
import { providerErrorOf } from './sign-in-error.ts'
import { idTokenHint, verifyClaims, invalidIdTokenDetail, type VerifyOptions, type Tokens } from './verified-claims.ts'

export interface RevalidationOptions {
  readonly providers: Providers
  readonly sessions: Pick<Sessions, 'read' | 'withTokens' | 'update' | 'end'>
  readonly store: Pick<Store, 'add' | 'remove'>
  /** Swept before a refresh token is used: writes another node made under this lock must be visible. */
  readonly changes: Pick<ChangeFeed, 'sweep'>
  readonly settings: () => Pick<SessionSettings, 'revalidate'>
  readonly record: Recorder
  readonly now: () => number
}

// Longer than all requests of one refresh together (10 s each, 5 s for a directory), so that the lock outlives the refresh.
const lockTtl = 50_000
const maxLockWait = 3000
const maxUnsaved = 10_000
/**
 * Without a refresh token the provider cannot be asked in the background. Such a session lives for this many intervals
 * after its sign-in (an hour by default), then it ends, and the next page goes to the provider, which usually answers
 * without interaction. Counted in intervals, so that shorter intervals also shorten these sessions; activity never
 * extends it, because activity proves nothing about the account.
 */
const intervalsWithoutRefresh = 12

type SessionFacts = Parameters<Sessions['update']>[1]

export function createRevalidation(options: RevalidationOptions): Revalidation {
  const { providers, sessions, store, changes, settings, record, now } = options
  const running = new Map<string, Promise<RevalidationResult>>()
  // Rotated tokens the store could not save: using the old one again would end the session (RFC 9700 section 4.14.2).
  const unsaved = new Map<string, { readonly usedRefreshToken: string; readonly refresh: string }>()

  return {
    revalidate(session) {
      const current = running.get(session.id)
      if (current) return current
      // An unexpected error proves nothing about the subject: it counts as an unreachable provider.
      const result = underLock(session)
        .catch((): RevalidationResult => ({ state: 'unreachable' }))
        .finally(() => running.delete(session.id))
      running.set(session.id, result)
      return result
    },
  }

  async function underLock(session: Session): Promise<RevalidationResult> {
    const lock = `lock:refresh:${session.id}`
    const owner = newToken()
    let delay = 25
    for (let waited = 0; ; waited += delay, delay *= 2) {
      if (await store.add(lock, owner, lockTtl)) {
        try {
          return await revalidateLocked(session)
        } finally {
          await store.remove(lock, owner).catch(() => false)
        }
      }
      const done = await newerResult(session)
      if (done) return done
      if (waited + delay > maxLockWait) return { state: 'busy' }
      await new Promise((resolve) => setTimeout(resolve, delay))
    }
  }

  /** Result of another node or of a new sign-in in the meantime; undefined when there is none. */
  async function newerResult(session: Session): Promise<RevalidationResult | undefined> {
    const found = await sessions.read(session.id)
    if (found.state === 'unreachable') return { state: 'unreachable' }
    if (found.state === 'none') return { state: 'ended' }
    return found.session.validatedAt > session.validatedAt ? { state: 'confirmed', session: found.session } : undefined
  }

  async function revalidateLocked(requested: Session): Promise<RevalidationResult> {
    // The lock serializes refreshes; the token is read again after it, since an earlier holder may have rotated it.
    await changes.sweep()
    const found = await sessions.withTokens(requested.id)
    if (found.state === 'unreachable') return { state: 'unreachable' }
    if (found.state === 'none') return { state: 'ended' }
    const { session } = found
    if (session.validatedAt > requested.validatedAt) return { state: 'confirmed', session }
    const provider = providers.get(session.subject.provider)
    // Removed from the configuration, or another issuer now: its subjects are no longer known, its tokens are sent nowhere.
    if (!provider || providerChanged(session, provider)) return end(session, 'session_revoked', 'provider_removed')
    const unsavedToken = unsaved.get(session.id)
    const refresh =
      unsavedToken && unsavedToken.usedRefreshToken === session.tokens.refresh
        ? unsavedToken.refresh
        : session.tokens.refresh
    return refresh === undefined ? withoutRefresh(session) : refreshAtProvider(session, refresh, provider)
  }

  async function refreshAtProvider(
    session: SessionWithTokens,
    refresh: string,
    provider: Provider,
  ): Promise<RevalidationResult> {
    const connection = await provider.connect()
    // Keys first: a token response that cannot be verified would have used up the refresh token.
    await connection.keys.respond()
    let tokenResponse: Readonly<Record<string, unknown>> | undefined
    const observed = connection.observed((answer) => {
      tokenResponse = answer
    })
    const options: VerifyOptions = {
      connection,
      settings: provider.settings,
      groups: provider.groups,
      expected: { nonce: { original: nonceOf(session) }, authTimeRequired: false, now: now() },
      expectedSub: session.subject.sub,
    }
    let tokens: Tokens
    try {
      tokens = await refreshTokenGrant(observed, refresh)
    } catch (error) {
      const fault = providerErrorOf(error)
      // Rejected client credentials say nothing about the user: an administrator must fix them, and `grace` limits the
      // time.
      const clientError = fault.kind === 'refused' && (fault.error === 'invalid_client' || fault.status === 401)
      if (fault.kind === 'refused' && !clientError) return end(session, 'session_revoked', fault.error)
      const unknownKey = (error as { code?: unknown }).code === 'OAUTH_KEY_SELECTION_FAILED'
      if (fault.kind === 'invalid' && typeof tokenResponse?.id_token === 'string' && !unknownKey) {
        return end(session, 'session_revoked', invalidIdTokenDetail(tokenResponse, options) ?? fault.detail)
      }
      provider.recheck()
      return saveRotatedToken(session, refresh, tokenResponse?.refresh_token)
    }
    return applyTokens(session, refresh, tokens, options)
  }

  async function applyTokens(
    session: SessionWithTokens,
    usedRefreshToken: string,
    tokens: Tokens,
    options: VerifyOptions,
  ): Promise<RevalidationResult> {
    const { settings: provider } = options
    const stated = await verifyClaims(tokens, options)
    if (stated.kind === 'invalid') return end(session, 'session_revoked', stated.detail)
    if (stated.kind === 'unreachable') return saveRotatedToken(session, usedRefreshToken, tokens.refresh_token)
    const at = now()
    const { subject, unconfirmed } = refreshedSubject(session, stated.statement, provider)
    const result = await write(session, usedRefreshToken, {
      subject,
      unconfirmed,
      authentication: authenticationOf(stated.statement.idToken, provider, at, session.authentication),
      tokens: {
        refresh: tokens.refresh_token ?? usedRefreshToken,
        idToken: idTokenHint(tokens.id_token) ?? session.tokens.idToken,
      },
      validatedAt: at,
      revalidateAt: Math.min(at + settings().revalidate, session.endsAt),
    })
    const changed = JSON.stringify(subject) !== JSON.stringify(session.subject)
    if (result.state === 'confirmed' && changed) recordRefresh(result.session, 'success', undefined, 'claims_changed')
    return result
  }

  async function saveRotatedToken(
    session: SessionWithTokens,
    usedRefreshToken: string,
    rotated: unknown,
  ): Promise<RevalidationResult> {
    if (typeof rotated !== 'string' || rotated === session.tokens.refresh) return { state: 'unreachable' }
    const result = await write(session, usedRefreshToken, { tokens: { ...session.tokens, refresh: rotated } })
    return result.state === 'ended' ? result : { state: 'unreachable' }
  }

  async function withoutRefresh(session: SessionWithTokens): Promise<RevalidationResult> {
    const { revalidate } = settings()
    const until = session.validatedAt + intervalsWithoutRefresh * revalidate
    if (now() >= until) return end(session, 'session_expired', 'no_refresh_token')
    const next = Math.min(now() + revalidate, until, session.endsAt)
    // When revalidated early, the next time moves forward; a repeated call at once writes nothing.
    if (next - session.revalidateAt < revalidate / 20 && session.revalidateAt > now()) {
      return { state: 'confirmed', session }
    }
    return write(session, undefined, { revalidateAt: next })
  }

  /** Compare-and-set: a session that ended stays ended, and a newer sign-in is not overwritten. */
  async function write(
    session: SessionWithTokens,
    usedRefreshToken: string | undefined,
    facts: SessionFacts,
  ): Promise<RevalidationResult> {
    const rotated = facts.tokens?.refresh
    if (usedRefreshToken !== undefined && rotated !== undefined && rotated !== session.tokens.refresh) {
      keepUnsavedToken(session, rotated)
    }
    let base: Session = session
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const written = await sessions.update(base, facts)
      if (!written) await changes.sweep()
      const found = written ? undefined : await sessions.read(base.id)
      if (written || found?.state === 'none') unsaved.delete(session.id)
      if (written) return { state: 'confirmed', session: written }
      if (found?.state === 'none') return { state: 'ended' }
      if (found?.state !== 'live') return { state: 'unreachable' }
      if (found.session.generation !== session.generation) {
        unsaved.delete(session.id)
        return { state: 'confirmed', session: found.session }
      }
      base = found.session
    }
    return { state: 'unreachable' }
  }

  function keepUnsavedToken(session: SessionWithTokens, refresh: string): void {
    const oldest = unsaved.keys().next().value
    if (unsaved.size >= maxUnsaved && oldest !== undefined) unsaved.delete(oldest)
    // Stored with the token still in the store: replaces it only as long as that one is there.
    if (session.tokens.refresh !== undefined)
      unsaved.set(session.id, { usedRefreshToken: session.tokens.refresh, refresh })
  }

  async function end(session: Session, reason: SessionEnd, detail: string): Promise<RevalidationResult> {
    const ended = await sessions.end(session.id, reason, { kind: 'system' })
    unsaved.delete(session.id)
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

function providerChanged(session: SessionWithTokens, provider: Provider): boolean {
  const issuer = session.tokens.idToken === undefined ? undefined : decodeJwt(session.tokens.idToken).iss
  return issuer !== undefined && new URL(issuer).href !== new URL(provider.settings.issuer).href
}

function nonceOf(session: SessionWithTokens): string | undefined {
  const nonce = session.tokens.idToken === undefined ? undefined : decodeJwt(session.tokens.idToken).nonce
  return typeof nonce === 'string' ? nonce : undefined
}
