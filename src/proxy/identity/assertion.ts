// Identity headers for upstreams, with a signed JWT assertion that the application can verify (JWKS).

import { SignJWT, type JWK } from 'jose'
import type { App } from '../../config/configuration.ts'
import type { Decision } from '../../policy/decision.ts'
import type { Authentication, Subject } from '../../policy/subject.ts'
import { type AssertionKeyOptions, createAssertionKeys } from './signing-keys.ts'
import { identityHeaders } from './header-presets.ts'
import { serialize, type SerializedHeaders } from '../headers/serialized-headers.ts'
import { createAssertionCache } from './assertion-cache.ts'

/** One state of a session as of one of its sign-ins, identified by `id`, `version` and `generation`: the subject of an assertion. */
export interface AssertedSession {
  readonly id: string
  readonly version: number
  readonly generation: number
  readonly subject: Subject
  readonly authentication: Authentication
}

/** The part of an app that its identity headers depend on. */
export type AssertedApp = Pick<App, 'origin' | 'audience' | 'identityHeaders' | 'headerGroups' | 'authorization'>

export interface Assertions {
  /** Loads or creates the signing keys; call before the first request. Rejects with the error of the store. */
  start(): Promise<void>
  /**
   * The identity headers for this app; a plain value while the cached assertion is fresh (refresh-ahead). `device`: the
   * device id of this request. Rejects when signing fails: the request must then not be forwarded.
   */
  identityHeaders(
    app: AssertedApp,
    session: AssertedSession,
    device: string | undefined,
    decision: Pick<Decision, 'grant'>,
  ): SerializedHeaders | Promise<SerializedHeaders>
  /** The response of `/.well-known/einlass/jwks.json`. */
  jwks(): { readonly keys: readonly JWK[] }
  stop(): void
}

export interface AssertionOptions extends AssertionKeyOptions {
  /** Origin of the gateway: `iss`. */
  readonly origin: string
  /** Called when reloading the keys failed; the old ones stay in use. */
  readonly onRefreshFailed?: (error: unknown) => void
}

/** Seconds an assertion is valid. */
const lifetime = 300
/** Milliseconds of age: after `reuseFor` signed again in the background, after `usableLifetime` before the request. */
const reuseFor = (lifetime * 1000) / 2
const usableLifetime = (lifetime * 1000 * 3) / 4
/** Milliseconds, both. */
const cleanupEvery = 60_000
const refreshEvery = 10 * 60_000

export function createAssertions(options: AssertionOptions): Assertions {
  const { origin, now } = options
  const keys = createAssertionKeys(options)
  const cache = createAssertionCache(({ at, signing }) => {
    const age = now() - at
    return signing !== undefined || (age >= 0 && age < usableLifetime)
  })
  const timers: NodeJS.Timeout[] = []

  const sign = async (
    app: AssertedApp,
    session: AssertedSession,
    groups: readonly string[],
    device: string | undefined,
    grant: string | undefined,
  ): Promise<string> => {
    const { key, kid } = keys.current()
    const issuedAt = Math.floor(now() / 1000)
    return new SignJWT(assertionClaims(session, groups, device, grant))
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid })
      .setIssuer(origin)
      .setAudience(app.audience ?? app.origin)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + lifetime)
      .sign(key)
  }

  return {
    async start() {
      await keys.refresh()
      const refresh = (): void => void keys.refresh().catch((error) => options.onRefreshFailed?.(error))
      timers.push(setInterval(refresh, refreshEvery).unref(), setInterval(cache.removeOldest, cleanupEvery).unref())
    },
    identityHeaders(app, session, device, { grant }) {
      const signed = cache.of({ app, session, device, grant })
      const age = now() - signed.at
      // Negative age: the clock was set back, and the assertion would be issued in the future.
      if (age >= 0 && age < reuseFor) return signed.headers
      if (signed.signing === undefined) {
        const groups = knownGroups(app, session.subject)
        signed.signing = sign(app, session, groups, device, grant)
          .then((assertion) => {
            const fields = identityHeaders(app.identityHeaders, session.subject, groups, assertion)
            if (app.authorization?.kind === 'assertion') fields.push('Authorization', `Bearer ${assertion}`)
            signed.headers = serialize(fields)
            signed.at = now()
            return signed.headers
          })
          .finally(() => (signed.signing = undefined))
      }
      if (age < 0 || age >= usableLifetime) return signed.signing
      // In the background: a lasting failure rejects the first request after `usableLifetime`.
      signed.signing.catch(() => {})
      return signed.headers
    },
    jwks: () => keys.jwks(),
    stop: () => timers.splice(0).forEach((timer) => clearInterval(timer)),
  }
}

/** The user's groups that the app may know: the same in headers and assertion. Once per signature, not per request. */
function knownGroups({ headerGroups }: AssertedApp, { groups }: Subject): readonly string[] {
  return headerGroups === 'all' ? groups : groups.filter((group) => headerGroups.has(group))
}

/** Besides `iss`, `aud`, `iat` and `exp`. */
export function assertionClaims(
  session: AssertedSession,
  groups: readonly string[],
  device: string | undefined,
  grant: string | undefined,
): Record<string, unknown> {
  const { subject, authentication } = session
  return {
    sub: subject.sub,
    // `sub` is unique per provider only.
    provider: subject.provider,
    email: subject.email,
    name: subject.name,
    preferred_username: subject.username,
    groups,
    sid: session.id,
    acr: authentication.acr,
    amr: authentication.amr,
    auth_time: authentication.authTime === undefined ? undefined : Math.floor(authentication.authTime / 1000),
    device,
    grant,
  }
}
