// Logout at the provider: RP-initiated logout (end_session_endpoint) and back-channel logout (logout token).

import { errors, jwtVerify, type JWTPayload } from 'jose'
import { StoreUnreachable, type Store } from '../../store/store.ts'
import { endSessionUrl } from './end-session.ts'
import { ProviderUnreachable } from './provider-http.ts'
import type { Provider, Providers } from './provider.ts'
import { hashToken } from '../session/opaque-token.ts'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../session/sessions.ts'
import { clockTolerance, maxTokenAge, signatureAlgorithms, checkSubject } from './token-checks.ts'

export interface Logout {
  /** ID token for `id_token_hint`. Call before the session ends, which deletes it; never rejects. */
  hint(session: Session): Promise<string | undefined>
  /** RP-initiated logout URL for after a local sign-out; undefined when the provider has no end_session_endpoint. */
  url(session: Session, hint: string | undefined): Promise<string | undefined>
  /**
   * Ends the sessions that the logout token names. Never rejects. `error` is for the log and the `error` member of the
   * response; it contains nothing of the token.
   */
  backchannel(provider: string, form: string): Promise<{ status: 200 | 400 | 501 | 503; error: string | undefined }>
}

export interface LogoutOptions {
  readonly providers: Providers
  readonly sessions: Pick<Sessions, 'withTokens' | 'end' | 'ofSubject' | 'ofProviderSession'>
  readonly store: Pick<Store, 'add' | 'remove'>
  readonly origin: () => string
  readonly now: () => number
}

const backchannelLogoutEvent = 'http://schemas.openid.net/event/backchannel-logout'

export function createLogout({ providers, sessions, store, origin, now }: LogoutOptions): Logout {
  return {
    async hint({ id }) {
      const found = await sessions.withTokens(id).catch(() => undefined)
      return found?.state === 'live' ? found.session.tokens.idToken : undefined
    },
    async url(session, hint) {
      const provider = providers.get(session.subject.provider)
      // An unreachable provider must not prevent the local sign-out.
      const connection = await provider?.connect().catch(() => undefined)
      if (!provider || !connection) return undefined
      return endSessionUrl(connection, provider.settings, { back: `${origin()}/signed-out`, hint })
    },

    async backchannel(name, form) {
      const provider = providers.get(name)
      if (!provider) return rejectLogout('no such provider')
      const tokens = new URLSearchParams(form.length > 65_536 ? '' : form).getAll('logout_token')
      if (tokens.length !== 1 || tokens[0] === '') return rejectLogout('exactly one logout_token is required')
      try {
        const token = await verifyLogoutToken(provider, tokens[0]!, now())
        return typeof token === 'string' ? rejectLogout(token) : await end(name, token)
      } catch (error) {
        if (error instanceof ProviderUnreachable) return { status: 503, error: 'the key set is not available' }
        if (error instanceof StoreUnreachable) return { status: 503, error: 'the store is unreachable' }
        if (error instanceof errors.JOSEError) return rejectLogout(error.code)
        throw error
      }
    },
  }

  async function end(provider: string, token: LogoutToken): Promise<{ status: 200 | 400; error: string | undefined }> {
    const seen = `logout-token:${hashToken(`${provider}|${token.jti}`)}`
    const ttl = Math.max(1000, Math.min((token.exp + clockTolerance) * 1000 - now(), 86_400_000))
    if (!(await store.add(seen, '1', ttl))) return rejectLogout('jti was used already')
    try {
      const named = await sessionsOf(provider, token)
      const actor = { kind: 'system' } as const
      await Promise.all(named.map(({ id }) => sessions.end(id, 'session_revoked', actor)))
      return { status: 200, error: undefined }
    } catch (error) {
      // Not completed, so the jti is released: the provider may send the token again.
      await store.remove(seen).catch(() => false)
      throw error
    }
  }

  /** Section 2.7: `sid` names one session, `sub` alone every session of the subject. */
  async function sessionsOf(provider: string, { sid, sub }: LogoutToken): Promise<readonly Session[]> {
    const ofSub = sub === undefined ? [] : await sessions.ofSubject(provider, sub)
    if (sid === undefined) return ofSub
    const ofSid = await sessions.ofProviderSession(provider, sid)
    // A session without a known `sid` could be the one that is meant.
    const withoutSid = ofSub.filter(({ providerSession }) => providerSession === undefined)
    return [...ofSid.filter(({ subject }) => sub === undefined || subject.sub === sub), ...withoutSid]
  }
}

interface LogoutToken {
  readonly jti: string
  readonly exp: number
  readonly sub: string | undefined
  readonly sid: string | undefined
}

/**
 * Checks of OIDC Back-Channel Logout 1.0 section 2.6. Returns the token or the claim that is invalid; rejects with
 * jose's errors.
 */
async function verifyLogoutToken(
  { settings, connect }: Provider,
  token: string,
  now: number,
): Promise<LogoutToken | string> {
  const { metadata, keys } = await connect()
  const { payload, protectedHeader } = await jwtVerify(token, keys.resolve, {
    algorithms: [...signatureAlgorithms],
    issuer: metadata.issuer,
    audience: settings.clientId,
    requiredClaims: ['iss', 'aud', 'iat', 'exp', 'jti', 'events'],
    clockTolerance,
    currentDate: new Date(now),
  })
  // Section 2.4 recommends `logout+jwt`; older providers omit `typ` or send `JWT`. Any other type is not a logout token.
  const { typ } = protectedHeader
  if (typ !== undefined && !/^(application\/)?(logout\+)?jwt$/i.test(typ)) return 'typ'
  if (payload.iat! > now / 1000 + clockTolerance || payload.iat! < now / 1000 - maxTokenAge) return 'iat'
  if (!hasLogoutEvent(payload.events)) return 'events'
  // An ID token has a nonce: neither may be accepted in place of the other.
  if (payload.nonce !== undefined) return 'nonce'
  if (typeof payload.jti !== 'string' || payload.jti === '' || payload.jti.length > 1024) return 'jti'
  const { sub, sid } = payload as JWTPayload & { sid?: unknown }
  if (sub !== undefined && checkSubject(sub)) return 'sub'
  if (sid !== undefined && (typeof sid !== 'string' || sid === '' || sid.length > 255)) return 'sid'
  if (sub === undefined && sid === undefined) return 'sub or sid'
  return { jti: payload.jti, exp: payload.exp!, sub, sid: sid as string | undefined }
}

function hasLogoutEvent(events: unknown): boolean {
  if (typeof events !== 'object' || events === null || !Object.hasOwn(events, backchannelLogoutEvent)) return false
  const value = (events as Record<string, unknown>)[backchannelLogoutEvent]
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function rejectLogout(error: string): { status: 400; error: string } {
  return { status: 400, error }
}
