// Redis, alone, behind Sentinel, or as a cluster: what several nodes share. Answers within 2 s or says it cannot.

import { randomInt } from 'node:crypto'
import type { Change } from './change.ts'
import { connectRedis } from './redis-client.ts'
import type { RedisClient } from './redis-client.ts'
import type { RedisScript } from './redis-scripts.ts'
import { parseRedisUrl } from './redis-url.ts'
import { clampTtl, StoreUnreachable } from './store.ts'
import type { Store, StoreLog } from './store.ts'

const prefix = 'einlass:'
const channel = `${prefix}hints`
const logKey = `${prefix}changes`
const logAge = 15 * 60_000
/** Milliseconds a caller waits for an answer. */
const commandTimeout = 2000
/** More news than this at once is a gap: forgetting everything is cheaper than hearing it all. */
const maxChanges = 10_000
const resubscribeInterval = 1000
const reviveAfter = 200

/** Connects in the background and for ever: a Redis that is down now is used as soon as it is up. */
export function createRedisStore({ url, log }: { readonly url: string; readonly log?: StoreLog }): Store {
  const address = parseRedisUrl(url)
  const listeners: (() => void)[] = []
  let broken = false
  let closed = false
  const client = connectRedis(address, 'einlass', onError)
  // Its own connection: a subscriber that dies takes no command with it, and the other way round.
  const subscriber = connectRedis(address, 'einlass-hints', () => {})

  client.on('ready', () => {
    if (broken) log?.info({ host: address.hosts[0]?.host }, 'connected to Redis again')
    broken = false
    hint()
  })
  // The client gives up for good when a fail-over is reported while it is connecting: it must not.
  for (const each of [client, subscriber]) each.on('end', () => revive(each))
  subscriber.on('ready', subscribe)
  subscriber.on('message', hint)
  // In a cluster the subscription moves between nodes unseen, and may fail to: asking again costs nothing.
  const timer = address.mode === 'cluster' ? setInterval(subscribe, resubscribeInterval) : undefined
  timer?.unref()

  return {
    kind: 'redis',
    get: async (key) => (await answer(() => client.get(prefix + key))) ?? undefined,
    async getMany(keys) {
      if (keys.length === 0) return []
      const names = keys.map((key) => prefix + key)
      // MGET takes keys of one slot only; a cluster is asked for each, in one go.
      const values = await answer(() =>
        address.mode === 'cluster' ? Promise.all(names.map((name) => client.get(name))) : client.mget(names),
      )
      return values.map((value) => value ?? undefined)
    },
    set: async (key, value, ttl) => void (await answer(() => client.set(prefix + key, value, 'PX', clampTtl(ttl)))),
    add: async (key, value, ttl) =>
      (await answer(() => client.set(prefix + key, value, 'PX', clampTtl(ttl), 'NX'))) === 'OK',
    take: async (key) => (await answer(() => client.getdel(prefix + key))) ?? undefined,
    replace: async (key, expected, value, ttl) =>
      (await script('storeReplace', prefix + key, expected, value, clampTtl(ttl))) === 1,
    remove: async (key, expected) =>
      (expected === undefined
        ? await answer(() => client.del(prefix + key))
        : await script('storeRemove', prefix + key, expected)) === 1,
    increment: async (key, ttl) => Number(await script('storeIncrement', prefix + key, clampTtl(ttl))),
    addMember: async (key, member, ttl) => void (await script('storeAddMember', prefix + key, member, clampTtl(ttl))),
    removeMember: async (key, member) => void (await answer(() => client.zrem(prefix + key, member))),
    members: async (key) => (await script('storeMembers', prefix + key)) as string[],
    announce: async (change) =>
      void (await script('storeAnnounce', logKey, JSON.stringify(change), channel, logAge, random())),
    async changesSince(cursor) {
      const reply = await script('storeChanges', logKey, cursor ?? '', maxChanges + 1, random())
      return follow(cursor, reply as readonly [string, readonly LogEntry[]])
    },
    onHint: (listener) => void listeners.push(listener),
    ping: async () => void (await answer(() => client.ping())),
    async close() {
      closed = true
      clearInterval(timer)
      listeners.length = 0
      await Promise.allSettled([end(client), end(subscriber)])
    },
  }

  function script(name: RedisScript, ...parameters: (string | number)[]): Promise<unknown> {
    const scripts = client as unknown as Record<RedisScript, (...all: (string | number)[]) => Promise<unknown>>
    return answer(() => scripts[name](...parameters))
  }

  /** Every failure is the same to a caller: the store did not answer. A command that timed out may still have happened. */
  async function answer<T>(command: () => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${commandTimeout} ms`)), commandTimeout)
    })
    try {
      if (closed) throw new Error('the store is closed')
      return await Promise.race([command(), late])
    } catch (cause) {
      throw new StoreUnreachable(cause)
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
    if (!broken && !closed) log?.warn({ err: error, host: address.hosts[0]?.host }, 'Redis cannot be reached')
    broken = true
  }
}

/** An entry's id, and its fields as a flat list. */
type LogEntry = readonly [string, readonly string[]]

/** The chain tells whether anything is missing: trimmed, emptied, or rolled back by a fail-over. */
function follow(
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
    // Not written by us: nothing can be said about what it stands for.
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
  // QUIT lets what is under way finish; a connection that is down has nothing to finish.
  if (client.status === 'ready') await Promise.race([client.quit().catch(() => {}), delay(500)])
  client.disconnect()
}

function random(): number {
  return randomInt(2 ** 47)
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
