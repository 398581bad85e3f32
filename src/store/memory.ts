// In-memory store of one process, for trials and the demo. Nothing survives a restart.

import type { Change } from './change.ts'
import { clampTtl, StoreUnreachable } from './store.ts'
import type { Store } from './store.ts'

interface Entry {
  readonly value: string
  readonly expires: number
}

/** Bounds of the change log, like the other stores: 15 minutes, and at most this many entries. */
const logAge = 15 * 60_000
const logLength = 100_000
const purgeEvery = 30_000

export function createMemoryStore({ now }: { readonly now: () => number }): Store {
  const entries = new Map<string, Entry>()
  const sets = new Map<string, Map<string, number>>()
  const listeners: (() => void)[] = []
  // The change as text, so that callers share no objects.
  let log: { readonly sequence: number; readonly at: number; readonly change: string }[] = []
  let sequence = 0
  let closed = false

  const timer = setInterval(purge, purgeEvery)
  timer.unref()

  return {
    kind: 'memory',
    get: (key) => run(() => live(key)?.value),
    getMany: (keys) => run(() => keys.map((key) => live(key)?.value)),
    set: (key, value, ttl) => run(() => put(key, value, ttl)),
    add: (key, value, ttl) =>
      run(() => {
        if (live(key) !== undefined) return false
        put(key, value, ttl)
        return true
      }),
    take: (key) =>
      run(() => {
        const entry = live(key)
        entries.delete(key)
        return entry?.value
      }),
    replace: (key, expected, value, ttl) =>
      run(() => {
        if (live(key)?.value !== expected) return false
        put(key, value, ttl)
        return true
      }),
    remove: (key, expected) =>
      run(() => {
        const entry = live(key)
        if (entry === undefined || (expected !== undefined && entry.value !== expected)) return false
        return entries.delete(key)
      }),
    increment: (key, ttl) =>
      run(() => {
        const entry = live(key)
        const count = Number(entry?.value ?? 0) + 1
        if (entry === undefined) put(key, String(count), ttl)
        else entries.set(key, { value: String(count), expires: entry.expires })
        return count
      }),
    addMember: (key, member, ttl) =>
      run(() => {
        const set = sets.get(key) ?? new Map<string, number>()
        set.set(member, now() + clampTtl(ttl))
        sets.set(key, set)
      }),
    removeMember: (key, member) =>
      run(() => {
        const set = sets.get(key)
        if (set?.delete(member) && set.size === 0) sets.delete(key)
      }),
    members: (key) =>
      run(() => {
        const at = now()
        return [...(sets.get(key) ?? [])].filter(([, expires]) => expires > at).map(([member]) => member)
      }),
    announce: (change) =>
      run(() => {
        sequence += 1
        log.push({ sequence, at: now(), change: JSON.stringify(change) })
        if (log.length > logLength) log = log.slice(-logLength / 2)
        queueMicrotask(() => {
          for (const listener of listeners) listener()
        })
      }),
    changesSince: (cursor) => run(() => since(cursor)),
    onHint: (listener) => void listeners.push(listener),
    ping: () => run(() => undefined),
    close: async () => {
      closed = true
      clearInterval(timer)
      listeners.length = 0
    },
  }

  async function run<T>(step: () => T): Promise<T> {
    if (closed) throw new StoreUnreachable(new Error('the store is closed'))
    return step()
  }

  function live(key: string): Entry | undefined {
    const entry = entries.get(key)
    if (entry === undefined || entry.expires > now()) return entry
    entries.delete(key)
    return undefined
  }

  function put(key: string, value: string, ttl: number): void {
    entries.set(key, { value, expires: now() + clampTtl(ttl) })
  }

  function since(cursor: string | undefined): { cursor: string; changes: Change[]; gap: boolean } {
    const newest = String(sequence)
    if (cursor === undefined) return { cursor: newest, changes: [], gap: false }
    trim()
    const after = Number(cursor)
    const oldest = log[0]?.sequence ?? sequence + 1
    if (!(after <= sequence) || after < oldest - 1) return { cursor: newest, changes: [], gap: true }
    const changes = log.slice(after - oldest + 1).map((entry) => JSON.parse(entry.change) as Change)
    return { cursor: newest, changes, gap: false }
  }

  function trim(): void {
    const limit = now() - logAge
    const first = log.findIndex((entry) => entry.at >= limit)
    if (first !== 0) log = first === -1 ? [] : log.slice(first)
  }

  function purge(): void {
    const at = now()
    for (const [key, entry] of entries) if (entry.expires <= at) entries.delete(key)
    for (const [key, set] of sets) {
      for (const [member, expires] of set) if (expires <= at) set.delete(member)
      if (set.size === 0) sets.delete(key)
    }
    trim()
  }
}
