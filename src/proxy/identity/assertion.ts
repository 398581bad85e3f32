// Tells an application who is asking: identity headers, and a signed assertion it can check on its own.

import { SignJWT, type JWK } from 'jose'
import type { App } from '../../config/configuration.ts'
import type { Decision } from '../../policy/decision.ts'
import type { Authentication, Subject } from '../../policy/subject.ts'
import { type AssertionKeyOptions, createAssertionKeys } from './signing-keys.ts'
import { identityHeaders } from './header-presets.ts'
import { serialize, type SerializedHeaders } from '../headers/serialized-headers.ts'
import { createAssertionCache } from './assertion-cache.ts'

/** What is said about a person: one state of a session (`id` and `version` name it), and the device it is used from. */
export interface AssertedSession {
  readonly id: string
  readonly version: number
  readonly subject: Subject
  readonly authentication: Authentication
}

export interface Assertions {
  /** Reads or makes the signing keys; call before the first request, and let `main.ts` end when it rejects. */
  start(): Promise<void>
  /**
   * The identity headers for this app. Answers at once while the last assertion is in the first
   * half of its life. `device`: the device id known for this request. Rejects when nothing can be signed: no request
   * may then be forwarded for this person.
   */
  identityHeaders(
    app: Pick<App, 'origin' | 'identityHeaders'>,
    session: AssertedSession,
    device: string | undefined,
    decision: Pick<Decision, 'grant'>,
  ): SerializedHeaders | Promise<SerializedHeaders>
  /** What `/.well-known/einlass/jwks.json` answers. */
  jwks(): { readonly keys: readonly JWK[] }
  stop(): void
}

export interface AssertionOptions extends AssertionKeyOptions {
  /** Origin of the gateway: `iss`. */
  readonly origin: string
  /** Told when the keys could not be read again; the old ones stay in use. */
  readonly onRefreshFailed?: (error: unknown) => void
}

/** Seconds an assertion is good for. */
const lifetime = 300
/** Milliseconds: signed anew in the background, so that no request waits for it, and after that by the one that asks. */
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
    app: Pick<App, 'origin' | 'identityHeaders'>,
    session: AssertedSession,
    device: string | undefined,
    grant: string | undefined,
  ): Promise<string> => {
    const { key, kid } = keys.current()
    const issuedAt = Math.floor(now() / 1000)
    return new SignJWT(claims(session, device, grant))
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid })
      .setIssuer(origin)
      .setAudience(app.origin)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + lifetime)
      .sign(key)
  }

  return {
    async start() {
      await keys.refresh()
      const refresh = (): void => void keys.refresh().catch((error) => options.onRefreshFailed?.(error))
      timers.push(setInterval(refresh, refreshEvery).unref(), setInterval(cache.forget, cleanupEvery).unref())
    },
    identityHeaders(app, session, device, { grant }) {
      const signed = cache.of({ app, session, device, grant })
      const age = now() - signed.at
      // An age below zero: the clock was set back, and the assertion would come from the future.
      if (age >= 0 && age < reuseFor) return signed.headers
      signed.signing ??= sign(app, session, device, grant)
        .then((assertion) => {
          signed.headers = serialize(identityHeaders(app.identityHeaders, session.subject, assertion))
          signed.at = now()
          return signed.headers
        })
        .finally(() => (signed.signing = undefined))
      if (age < 0 || age >= usableLifetime) return signed.signing
      // Nobody waits for this one: the request that comes after `usableFor` will hear of the failure.
      signed.signing.catch(() => {})
      return signed.headers
    },
    jwks: () => keys.jwks(),
    stop: () => timers.splice(0).forEach((timer) => clearInterval(timer)),
  }
}

function claims(
  session: AssertedSession,
  device: string | undefined,
  grant: string | undefined,
): Record<string, unknown> {
  const { subject, authentication } = session
  return {
    sub: subject.sub,
    // The same `sub` from another provider is another person.
    provider: subject.provider,
    email: subject.email,
    name: subject.name,
    preferred_username: subject.username,
    groups: subject.groups,
    sid: session.id,
    acr: authentication.acr,
    amr: authentication.amr,
    auth_time: authentication.authTime === undefined ? undefined : Math.floor(authentication.authTime / 1000),
    device,
    grant,
  }
}
