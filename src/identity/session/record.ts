// How sessions lie in the store: which keys there are, and what is sealed under them.

import { hash } from 'node:crypto'
import type { Seal } from '../../store/seal.ts'
import type { Session, SessionWithTokens } from './session.ts'

/** What a cookie opens; its value is nowhere, only its hash is part of the key. */
export interface CookieBinding {
  readonly session: string
  readonly host: string
  readonly generation: number
}

export const allSessions = 'sessions:all'

export function recordKey(id: string): string {
  return `session:${id}`
}

/** When the person was last active; apart from the record, since it is written far more often. */
export function seenKey(id: string): string {
  return `seen:${id}`
}

export function cookieKey(digest: string): string {
  return `cookie:${digest}`
}

/** Hashed: whoever lists the keys need not learn who works here. */
export function subjectIndex(provider: string, sub: string): string {
  return `sessions:subject:${digestOf(`${provider}|${sub}`)}`
}

export function providerSessionIndex(provider: string, sid: string): string {
  return `sessions:sid:${digestOf(`${provider}|${sid}`)}`
}

/** A record, its cookies and what it indexes stay this long after their end, so that the reason can be told. */
export const endedRetention = 24 * 60 * 60_000

/** Milliseconds a live session's records are kept. */
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

/** Undefined for what we did not write there ourselves. */
export function openSession(seal: Seal, id: string, sealed: string | undefined): SessionWithTokens | undefined {
  const session = opened<SessionWithTokens>(seal, 'session', recordKey(id), sealed)
  return session?.id === id ? session : undefined
}

export function sealCookieBinding(seal: Seal, digest: string, opening: CookieBinding): string {
  return seal.seal('cookie', cookieKey(digest), JSON.stringify(opening))
}

export function openCookieBinding(seal: Seal, digest: string, sealed: string | undefined): CookieBinding | undefined {
  return opened<CookieBinding>(seal, 'cookie', cookieKey(digest), sealed)
}

export function sealSeen(seal: Seal, id: string, at: number): string {
  return seal.seal('seen', seenKey(id), String(at))
}

/** Epoch milliseconds; -Infinity when nothing (of ours) is there. */
export function openSeen(seal: Seal, id: string, sealed: string | undefined): number {
  const at = opened<number>(seal, 'seen', seenKey(id), sealed)
  return at ?? -Infinity
}

function opened<T>(seal: Seal, purpose: string, key: string, sealed: string | undefined): T | undefined {
  const text = sealed === undefined ? undefined : seal.open(purpose, key, sealed)
  return text === undefined ? undefined : (JSON.parse(text) as T)
}
