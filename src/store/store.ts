// What the house needs of a store: small atomic steps on single keys (so that Redis Cluster can do them),
// and an ordered log of changes that every node follows. Implemented by memory, sqlite and redis; one contract suite.

import type { Change } from './change.ts'

export interface Store {
  readonly kind: 'memory' | 'sqlite' | 'redis'

  /** All methods reject with a `StoreUnreachable` when the store cannot answer within its time limit (2 s). */
  get(key: string): Promise<string | undefined>
  getMany(keys: readonly string[]): Promise<(string | undefined)[]>
  /** `ttl` in milliseconds. */
  set(key: string, value: string, ttl: number): Promise<void>
  /** Sets only where nothing is; true when it was set. For locks, one-time ids, rate windows. */
  add(key: string, value: string, ttl: number): Promise<boolean>
  /** Reads and deletes in one step: of two concurrent calls one gets the value. */
  take(key: string): Promise<string | undefined>
  /** Replaces `expected` by `value` in one step; false when something else is there now (or nothing). */
  replace(key: string, expected: string, value: string, ttl: number): Promise<boolean>
  /** Deletes only where `expected` is still there (a lock of one's own). */
  remove(key: string, expected?: string): Promise<boolean>
  /** Counts up; the first call within `ttl` starts the window. Returns the new count. */
  increment(key: string, ttl: number): Promise<number>

  /** A set whose members leave by themselves: sessions of a person, of a provider session id. */
  addMember(key: string, member: string, ttl: number): Promise<void>
  removeMember(key: string, member: string): Promise<void>
  members(key: string): Promise<string[]>

  /** Appends to the change log and wakes the other nodes. Resolves when the log has it. */
  announce(change: Change): Promise<void>
  /**
   * Everything after `cursor`, in order. `cursor` undefined: nothing but the newest cursor. `gap`: entries may have
   * been lost (log trimmed, store emptied): forget everything cached.
   */
  changesSince(cursor: string | undefined): Promise<{ cursor: string; changes: Change[]; gap: boolean }>
  /** Called whenever another node may have announced something. Only a hint: it may be lost or come twice. */
  onHint(listener: () => void): void

  /** Resolves when the store answers. */
  ping(): Promise<void>
  close(): Promise<void>
}

/** What a store says of itself while it runs; pino's logger fits. */
export interface StoreLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

/** A time to live as every store understands it: whole milliseconds, at least one. Throws on anything but a number. */
export function clampTtl(ttl: number): number {
  if (Number.isNaN(ttl)) throw Object.assign(new Error('a time to live must be a number'), { code: 'bad_lifetime' })
  return Math.min(Math.max(Math.ceil(ttl), 1), 10 * 365 * 24 * 60 * 60_000)
}

export class StoreUnreachable extends Error {
  readonly code = 'store_unreachable'
  constructor(cause: unknown) {
    super('the store did not answer', { cause })
  }
}
