// Redis store (single, Sentinel or Cluster), shared by several nodes. Every command completes or rejects within 2 s.

import { randomInt } from 'node:crypto'
import type { Change } from './change.ts'
import { connectRedis } from './redis-client.ts'
import type { RedisClient } from './redis-client.ts'
import type { RedisScript } from './redis-scripts.ts'
import { parseRedisUrl } from './redis-url.ts'
import { explainStoreFailure } from './store-failure.ts'
import { clampTtl, StoreUnreachable } from './store.ts'
import type { Store, StoreLog } from './store.ts'

const prefix = 'einlass:'
const channel = `${prefix}hints`
const logKey = `${prefix}changes`
const logAge = 15 * 60_000
/** Milliseconds a command may take. */
const commandTimeout = 2000
/** More changes than this in one read count as a gap: clearing all caches is cheaper. */
const maxChanges = 10_000
const probeTtl = 60_000
const resubscribeInterval = 1000
const reviveAfter = 200

/**
 * Connects in the background and reconnects without limit: a Redis that is down now is used as soon as it is up. Throws
 * `bad_store_url`.
 */
export function createRedisStore({ url, log }: { readonly url: string; readonly log?: StoreLog }): Store {
  const address = parseRedisUrl(url)
  const listeners: (() => void)[] = []
  let broken = false
  /** Of the connection: commands that find it closed do not say why. */
  let lastError: Error | undefined
  let closed = false
  const client = connectRedis(address, 'einlass', onError)
  // A separate connection: a failing subscriber affects no command, and vice versa.
  const subscriber = connectRedis(address, 'einlass-hints', () => {})

  client.on('ready', () => {
    if (broken) log?.info({ host: address.hosts[0]?.host }, 'reconnected to Redis')
    broken = false
    lastError = undefined
    hint()
  })
  // The client stops reconnecting when a fail-over is reported while it connects; `revive` prevents that.
  for (const connection of [client, subscriber]) connection.on('end', () => revive(connection))
  subscriber.on('ready', subscribe)
  subscriber.on('message', hint)
  // In a cluster the subscription moves between nodes without an event, and may fail: subscribing again is idempotent.
  const timer = address.mode === 'cluster' ? setInterval(subscribe, resubscribeInterval) : undefined
  timer?.unref()

  return {
    kind: 'redis',
    get: async (key) => (await run(() => client.get(prefix + key))) ?? undefined,
    async getMany(keys) {
      if (keys.length === 0) return []
      const names = keys.map((key) => prefix + key)
      // MGET takes keys of one slot only; in a cluster each key gets its own GET, pipelined.
      const values = await run(() =>
        address.mode === 'cluster' ? Promise.all(names.map((name) => client.get(name))) : client.mget(names),
      )
      return values.map((value) => value ?? undefined)
    },
    set: async (key, value, ttl) => void (await run(() => client.set(prefix + key, value, 'PX', clampTtl(ttl)))),
    add: async (key, value, ttl) =>
      (await run(() => client.set(prefix + key, value, 'PX', clampTtl(ttl), 'NX'))) === 'OK',
    take: async (key) => (await run(() => client.getdel(prefix + key))) ?? undefined,
    replace: async (key, expected, value, ttl) =>
      (await script('storeReplace', prefix + key, expected, value, clampTtl(ttl))) === 1,
    remove: async (key, expected) =>
      (expected === undefined
        ? await run(() => client.del(prefix + key))
        : await script('storeRemove', prefix + key, expected)) === 1,
    increment: async (key, ttl) => Number(await script('storeIncrement', prefix + key, clampTtl(ttl))),
    addMember: async (key, member, ttl) => void (await script('storeAddMember', prefix + key, member, clampTtl(ttl))),
    removeMember: async (key, member) => void (await run(() => client.zrem(prefix + key, member))),
    members: async (key) => (await script('storeMembers', prefix + key)) as string[],
    announce: async (change) =>
      void (await script('storeAnnounce', logKey, JSON.stringify(change), channel, logAge, random())),
    async changesSince(cursor) {
      const reply = await script('storeChanges', logKey, cursor ?? '', maxChanges + 1, random())
      return parseLog(cursor, reply as readonly [string, readonly LogEntry[]])
    },
    onHint: (listener) => void listeners.push(listener),
    // A replica (READONLY), a full memory (OOM) and a disk that cannot be written (MISCONF) answer PING.
    ping: async () => void (await run(() => client.set(`${prefix}probe`, '1', 'PX', probeTtl))),
    async close() {
      closed = true
      clearInterval(timer)
      listeners.length = 0
      await Promise.allSettled([end(client), end(subscriber)])
    },
  }

  function script(name: RedisScript, ...parameters: (string | number)[]): Promise<unknown> {
    const scripts = client as unknown as Record<RedisScript, (...all: (string | number)[]) => Promise<unknown>>
    return run(() => scripts[name](...parameters))
  }

  /** All errors become `StoreUnreachable`. A command that timed out may still have been executed. */
  async function run<T>(command: () => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no response within ${commandTimeout} ms`)), commandTimeout)
    })
    try {
      if (closed) throw new Error('the store is closed')
      return await Promise.race([command(), late])
    } catch (cause) {
      throw new StoreUnreachable(client.status === 'ready' ? cause : (lastError ?? cause))
    } finally {
      clearTimeout(timer)
    }
  }

  function hint(): void {
    for (const listener of listeners) listener()
  }

  function revive(ended: RedisClient): void {
    if (closed) return
    const again = setTimeout(() => {
      if (!closed && ended.status === 'end') ended.connect().catch(() => {})
    }, reviveAfter)
    again.unref()
  }

  function subscribe(): void {
    if (!closed && subscriber.status === 'ready') subscriber.subscribe(channel).catch(() => {})
  }

  function onError(error: Error): void {
    if (!broken && !closed) {
      log?.warn({ ...address.hosts[0], ...explainStoreFailure(error), err: error }, 'Redis is unreachable')
    }
    broken = true
    lastError = error
  }
}

/** Id of an entry, and its fields as a flat list. */
type LogEntry = readonly [string, readonly string[]]

/** Verifies the chain of entries, which reveals gaps: a log trimmed, emptied, or rolled back by a fail-over. */
function parseLog(
  cursor: string | undefined,
  [newest, entries]: readonly [string, readonly LogEntry[]],
): { cursor: string; changes: Change[]; gap: boolean } {
  const gap = { cursor: newest, changes: [], gap: true }
  if (cursor === undefined) return { cursor: newest, changes: [], gap: false }
  if (entries.length > maxChanges) return gap
  let last = cursor
  const changes: Change[] = []
  for (const [id, [, previous, , change]] of entries) {
    if (previous !== last) return gap
    const parsed = parse(change)
    // Not written by Einlass: what changed is unknown, so it counts as a gap.
    if (parsed === undefined) return gap
    changes.push(parsed)
    last = id
  }
  return last === newest ? { cursor: newest, changes, gap: false } : gap
}

function parse(text: string | undefined): Change | undefined {
  try {
    const change = JSON.parse(text ?? '') as Change | null
    return typeof change?.kind === 'string' ? change : undefined
  } catch {
    return undefined
  }
}

async function end(client: RedisClient): Promise<void> {
  // QUIT lets pending commands finish; a connection that is down has none.
  if (client.status === 'ready') await Promise.race([client.quit().catch(() => {}), delay(500)])
  client.disconnect()
}

function random(): number {
  return randomInt(2 ** 47)
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
