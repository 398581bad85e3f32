// Tells an application who is asking: identity headers, and a signed assertion it can check on its own.

import { SignJWT, type JWK } from 'jose'
import { LRUCache } from 'lru-cache'
import type { App } from '../config/configuration.ts'
import type { Decision } from '../policy/decision.ts'
import type { Authentication, Subject } from '../policy/subject.ts'
import { type AssertionKeyOptions, createAssertionKeys } from './assertion-keys.ts'
import { identityHeaders } from './identity-headers.ts'

/** What is said about a person: one state of a session (`id` and `version` name it), and the device it is used from. */
export interface Asserted {
  readonly id: string
  readonly version: number
  readonly subject: Subject
  readonly authentication: Authentication
}

export interface Assertions {
  /** Reads or makes the signing keys; call before the first request, and let `main.ts` end when it rejects. */
  start(): Promise<void>
  /**
   * The identity headers for this app, flat: name, value, ... Answers at once while the last assertion is in the first
   * half of its life. `device`: the device id known for this request. Rejects when nothing can be signed: no request
   * may then be forwarded for this person.
   */
  identityHeaders(
    app: Pick<App, 'origin' | 'identityHeaders'>,
    session: Asserted,
    device: string | undefined,
    decision: Pick<Decision, 'grant'>,
  ): readonly string[] | Promise<readonly string[]>
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
const freshFor = (lifetime * 1000) / 2
const usableFor = (lifetime * 1000 * 3) / 4
/** About 1 KB each. */
const remembered = 20_000
/** Milliseconds, both. */
const forgetEvery = 60_000
const refreshEvery = 10 * 60_000

interface Signed {
  headers: readonly string[]
  at: number
  signing: Promise<readonly string[]> | undefined
}

export function createAssertions(options: AssertionOptions): Assertions {
  const { origin, now } = options
  const keys = createAssertionKeys(options)
  const signed = new LRUCache<string, Signed>({ max: remembered })
  const nameOf = createNames()
  const timers: NodeJS.Timeout[] = []

  /** Each state of a session has its own, and once it has passed nobody asks for it again. */
  const forget = (): void => {
    // Taken down first: the cache does not say what becomes of a walk in which things are taken out.
    const all = [...signed]
    for (const [name, { at, signing }] of all) {
      const age = now() - at
      if (signing === undefined && (age < 0 || age >= usableFor)) signed.delete(name)
    }
  }

  const sign = async (
    app: Pick<App, 'origin' | 'identityHeaders'>,
    session: Asserted,
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
      timers.push(setInterval(refresh, refreshEvery).unref(), setInterval(forget, forgetEvery).unref())
    },
    identityHeaders(app, session, device, { grant }) {
      const name = nameOf(app, session, device, grant)
      let entry = signed.get(name)
      const age = entry === undefined ? Infinity : now() - entry.at
      // An age below zero: the clock was set back, and the assertion would come from the future.
      if (entry !== undefined && age >= 0 && age < freshFor) return entry.headers
      if (entry === undefined) {
        entry = { headers: [], at: -Infinity, signing: undefined }
        signed.set(name, entry)
      }
      const renewed = entry
      renewed.signing ??= sign(app, session, device, grant)
        .then((assertion) => {
          renewed.headers = identityHeaders(app.identityHeaders, session.subject, assertion)
          renewed.at = now()
          return renewed.headers
        })
        .finally(() => (renewed.signing = undefined))
      if (age < 0 || age >= usableFor) return renewed.signing
      // Nobody waits for this one: the request that comes after `usableFor` will hear of the failure.
      renewed.signing.catch(() => {})
      return renewed.headers
    },
    jwks: () => keys.jwks(),
    stop: () => timers.splice(0).forEach((timer) => clearInterval(timer)),
  }
}

interface Named {
  readonly origin: string
  readonly preset: App['identityHeaders']
  readonly device: string | undefined
  readonly grant: string | undefined
  readonly name: string
}

/** Names remembered with one state of a session: it has few apps and fewer devices. */
const namesRemembered = 16

type NameOf = (
  app: Pick<App, 'origin' | 'identityHeaders'>,
  session: Asserted,
  device: string | undefined,
  grant: string | undefined,
) => string

/** Everything an assertion says depends on, as one text: put together once for a session record, then found there. */
function createNames(): NameOf {
  const bySession = new WeakMap<Asserted, Named[]>()
  return ({ origin, identityHeaders: preset }, session, device, grant) => {
    let names = bySession.get(session)
    if (names === undefined) bySession.set(session, (names = []))
    for (const one of names) {
      if (one.origin === origin && one.preset === preset && one.device === device && one.grant === grant)
        return one.name
    }
    const name = JSON.stringify([session.id, session.version, origin, preset, device, grant])
    if (names.length >= namesRemembered) names.length = 0
    names.push({ origin, preset, device, grant, name })
    return name
  }
}

function claims(session: Asserted, device: string | undefined, grant: string | undefined): Record<string, unknown> {
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
