// Store interface: atomic steps on single keys (as Redis Cluster requires), and an ordered change log that every node follows.
// Implemented by memory, sqlite and redis; one contract test suite covers them.

import type { Change } from './change.ts'

export interface Store {
  readonly kind: 'memory' | 'sqlite' | 'redis'

  /** All methods reject with `StoreUnreachable` when the store does not respond within its time limit (2 s). */
  get(key: string): Promise<string | undefined>
  getMany(keys: readonly string[]): Promise<(string | undefined)[]>
  /** `ttl` in milliseconds. */
  set(key: string, value: string, ttl: number): Promise<void>
  /** Set-if-absent; true when it was set. For locks, one-time ids, rate windows. */
  add(key: string, value: string, ttl: number): Promise<boolean>
  /** Atomic read and delete: of two concurrent calls one gets the value. */
  take(key: string): Promise<string | undefined>
  /** Compare-and-set from `expected` to `value`; false when the current value differs or is missing. */
  replace(key: string, expected: string, value: string, ttl: number): Promise<boolean>
  /** Compare-and-delete; without `expected` unconditional. True when it was deleted. For releasing one's own lock. */
  remove(key: string, expected?: string): Promise<boolean>
  /** Increments a counter; the first call within `ttl` starts the window. Returns the new count. */
  increment(key: string, ttl: number): Promise<number>

  /**
   * Adds to a set whose members expire one by one: sessions of a subject, of a provider session id. `ttl` in
   * milliseconds.
   */
  addMember(key: string, member: string, ttl: number): Promise<void>
  removeMember(key: string, member: string): Promise<void>
  members(key: string): Promise<string[]>

  /** Appends to the change log and notifies the other nodes. Resolves when the log has it. */
  announce(change: Change): Promise<void>
  /**
   * All changes after `cursor`, in order. `cursor` undefined: only the newest cursor. `gap`: entries may have
   * been lost (log trimmed, store emptied): clear all caches.
   */
  changesSince(cursor: string | undefined): Promise<{ cursor: string; changes: Change[]; gap: boolean }>
  /** Called when another node may have announced a change. Only a hint: it may be lost or repeated. */
  onHint(listener: () => void): void

  /** Resolves when the store reads and writes: one that refuses writes can keep no sign-in. */
  ping(): Promise<void>
  close(): Promise<void>
}

/** Logger of a store; pino's logger fits. */
export interface StoreLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

/** Normalizes a time to live: whole milliseconds, at least 1, at most 10 years. Throws `bad_lifetime` for NaN. */
export function clampTtl(ttl: number): number {
  if (Number.isNaN(ttl)) throw Object.assign(new Error('a time to live must be a number'), { code: 'bad_lifetime' })
  return Math.min(Math.max(Math.ceil(ttl), 1), 10 * 365 * 24 * 60 * 60_000)
}

export class StoreUnreachable extends Error {
  readonly code = 'store_unreachable'
  constructor(cause: unknown) {
    super('the store is unreachable', { cause })
  }
}
