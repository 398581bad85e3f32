// Session records in the store: key names, and what is sealed under them.

import { hash } from 'node:crypto'
import type { Seal } from '../../store/seal.ts'
import type { Session, SessionWithTokens } from './session.ts'

/** Content of a cookie's record; the value of the cookie is not stored, only its hash is part of the key. */
export interface CookieBinding {
  readonly session: string
  readonly host: string
  readonly generation: number
  /** Opens nothing once a stronger sign-in replaced it: the gateway's own host, which hands sessions on. */
  readonly replaceable?: true | undefined
}

export const allSessions = 'sessions:all'

export function recordKey(id: string): string {
  return `session:${id}`
}

/** Key of the last activity; apart from the record, since it is written far more often. */
export function seenKey(id: string): string {
  return `seen:${id}`
}

export function cookieKey(digest: string): string {
  return `cookie:${digest}`
}

/** Hashed: listing the keys does not reveal users. */
export function subjectIndex(provider: string, sub: string): string {
  return `sessions:subject:${digestOf(`${provider}|${sub}`)}`
}

export function providerSessionIndex(provider: string, sid: string): string {
  return `sessions:sid:${digestOf(`${provider}|${sid}`)}`
}

/** Milliseconds a record, its cookies and its index entries stay after the end, so that the reason can be reported. */
export const endedRetention = 24 * 60 * 60_000

/** Time to live of a live session's records in milliseconds. `at`: epoch milliseconds. */
export function ttlOf(session: Session, at: number): number {
  return session.endsAt - at + endedRetention
}

/** SHA-256, base64url. */
export function digestOf(value: string): string {
  return hash('sha256', value, 'base64url')
}

export function sealSession(seal: Seal, session: SessionWithTokens): string {
  return seal.seal('session', recordKey(session.id), JSON.stringify(session))
}

/** Undefined for content that was not sealed by the gateway under this key. */
export function openSession(seal: Seal, id: string, sealed: string | undefined): SessionWithTokens | undefined {
  const session = opened<SessionWithTokens>(seal, 'session', recordKey(id), sealed)
  return session?.id === id ? session : undefined
}

export function sealCookieBinding(seal: Seal, digest: string, binding: CookieBinding): string {
  return seal.seal('cookie', cookieKey(digest), JSON.stringify(binding))
}

export function openCookieBinding(seal: Seal, digest: string, sealed: string | undefined): CookieBinding | undefined {
  return opened<CookieBinding>(seal, 'cookie', cookieKey(digest), sealed)
}

export function sealSeen(seal: Seal, id: string, at: number): string {
  return seal.seal('seen', seenKey(id), String(at))
}

/** Epoch milliseconds; -Infinity when there is no (valid) entry. */
export function openSeen(seal: Seal, id: string, sealed: string | undefined): number {
  const at = opened<number>(seal, 'seen', seenKey(id), sealed)
  return at ?? -Infinity
}

function opened<T>(seal: Seal, purpose: string, key: string, sealed: string | undefined): T | undefined {
  const text = sealed === undefined ? undefined : seal.open(purpose, key, sealed)
  return text === undefined ? undefined : (JSON.parse(text) as T)
}
