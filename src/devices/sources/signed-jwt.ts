// Posture source: token signed by the device (`signed_jwt`), header `Device-Posture`, with replay protection.
//
// A JWT with `typ: device-posture+jwt`, ES256 or EdDSA by the key on record for `kid` (= the device), `aud` = the
// origin of the gateway alone, `iat`, `exp` at most 5 minutes later, `jti`; facts by their names in an inventory.
//
// Replay protection: each token counts once, since its `jti` is added to the store before its facts are used. The first
// token pins the session to the device. The same token sent again proves nothing new, even if it was verified before:
// for the session pinned to that device it is ignored (stored observations stay valid until a posture's max_age), for
// any other request it is rejected. The local cache of used tokens can therefore only save the verification of a token
// that would be rejected anyway; it never admits one.

import { createHash } from 'node:crypto'
import { decodeProtectedHeader, jwtVerify, type JWTPayload } from 'jose'
import { LRUCache } from 'lru-cache'
import { clockTolerance } from '../../policy/clock-tolerance.ts'
import type { Store } from '../../store/store.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { watchDeviceKeys } from './device-keys.ts'
import type { PostureQuery } from '../posture-query.ts'
import type { Observation, PostureSource } from '../posture-source.ts'
import { isDeviceId, readPosture } from '../posture.ts'

export interface SignedJwtSettings {
  readonly name: string
  /** Absolute path of a JWK Set, or of an inventory whose devices have a `key`. */
  readonly keys: string
  /** Origin of the gateway. */
  readonly audience: string
}

export const postureHeader = 'device-posture'

/** Rejects when the keys cannot be read. */
export async function openSignedJwt(
  settings: SignedJwtSettings,
  { store, log }: { readonly store: Pick<Store, 'add'>; readonly log: Logger },
): Promise<PostureSource> {
  const listeners: ((deviceIds: readonly string[]) => void)[] = []
  const keys = await watchDeviceKeys(settings.keys, {
    log,
    changed(removed) {
      if (removed.length > 0) for (const listener of listeners) listener(removed)
    },
  })
  /** SHA-256 of a used token, to its device. */
  const used = new LRUCache<string, string>({ max: 10_000 })

  function observe(query: PostureQuery): Observation | Promise<Observation> {
    const token = query.header(postureHeader)
    if (token === undefined) return noObservation
    if (token.length > maxTokenLength) return rejectToken('too long')
    const digest = createHash('sha256').update(token).digest('base64url')
    const device = used.get(digest)
    return device === undefined ? verify(token, digest, query) : replayed(device, query)
  }

  async function verify(token: string, digest: string, query: PostureQuery): Promise<Observation> {
    const checked = await check(token, query.now)
    if (typeof checked === 'string') return rejectToken(checked)
    const { deviceId, claims, expiresAt } = checked
    let first: boolean
    try {
      first = await store.add(
        `posture-jti:${createHash('sha256').update(`${deviceId} ${claims.jti}`).digest('base64url')}`,
        '1',
        Math.max(1, expiresAt - query.now) + clockTolerance,
      )
    } catch {
      // Replay cannot be ruled out while the store is unreachable.
      return { state: 'unreachable' }
    }
    used.set(digest, deviceId)
    if (!first) return replayed(deviceId, query)
    const observedAt = Math.min(claims.iat! * 1000, query.now)
    const { posture } = readPosture(claims, { deviceId, source: settings.name, observedAt })
    return { state: 'observed', posture, pins: true }
  }

  async function check(token: string, now: number): Promise<VerifiedToken | string> {
    try {
      const { kid } = decodeProtectedHeader(token)
      if (!isDeviceId(kid)) return 'no kid'
      const key = keys.content().get(kid)
      if (key === undefined) return 'unknown device'
      const { payload } = await jwtVerify(token, key.key, {
        algorithms: [...key.algorithms],
        typ: 'device-posture+jwt',
        currentDate: new Date(now),
        clockTolerance: clockTolerance / 1000,
        requiredClaims: ['aud', 'iat', 'exp', 'jti'],
      })
      return (
        claimsProblem(payload, kid, settings.audience, now) ?? {
          deviceId: kid,
          claims: payload,
          expiresAt: payload.exp! * 1000,
        }
      )
    } catch (error) {
      // jose's codes are stable; any other error caused by a malformed token rejects it as well.
      return (error as { code?: string }).code ?? 'malformed'
    }
  }

  return {
    name: settings.name,
    headers: [postureHeader],
    observe,
    /** A device whose key was removed: its earlier observations no longer count. */
    isWithdrawn: (deviceId) => !keys.content().has(deviceId),
    onChange: (listener) => void listeners.push(listener),
    stop: keys.stop,
  }
}

interface VerifiedToken {
  readonly deviceId: string
  readonly claims: JWTPayload
  readonly expiresAt: number
}

const noObservation: Observation = { state: 'silent' }
const maxTokenLength = 8192
/** Milliseconds; maximum of `exp` minus `iat`. */
const maxLifetime = 300_000

/** Claim checks that jose does not make. */
function claimsProblem(claims: JWTPayload, kid: string, audience: string, now: number): string | undefined {
  const { aud, iat, exp, jti, sub } = claims
  if (typeof iat !== 'number' || typeof exp !== 'number' || !Number.isFinite(iat) || !Number.isFinite(exp))
    return 'times'
  if (exp <= iat || (exp - iat) * 1000 > maxLifetime) return 'lives too long'
  if (iat * 1000 > now + clockTolerance) return 'issued in the future'
  // The gateway as the only audience: a token valid elsewhere too could have been replayed from there.
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud]
  if (audiences.length !== 1 || audiences[0] !== audience) return 'wrong audience'
  if (typeof jti !== 'string' || jti.length < 8 || jti.length > 256) return 'jti'
  if (sub !== undefined && sub !== kid) return 'sub is not the device'
  return undefined
}

function replayed(device: string, query: PostureQuery): Observation {
  return query.pinned === device ? noObservation : rejectToken('used before')
}

function rejectToken(why: string): Observation {
  return { state: 'refused', detail: `device posture token: ${why}` }
}
