// Environment of the model on a real Redis: nodes with connections that can be cut, and a clock that also advances the
// expiry times in Redis.

import { AsyncLocalStorage } from 'node:async_hooks'
import diagnostics from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { createRedisStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import type { RedisProcess } from '../support/redis.ts'
import { createFailingStore, type FailingStore, type Wire } from './failing-store.ts'
import type { Platform } from './environment.ts'
import { openModelNode } from './node.ts'

/** The parts of a Redis environment that do not depend on the kind of node. */
export interface RedisTime extends Pick<Platform, 'eye' | 'now' | 'pass' | 'drained' | 'clear' | 'close'> {
  /** Milliseconds by which this clock is ahead of the system clock. */
  ahead(): number
}

/**
 * Model, nodes and Redis share one clock: the system clock plus an offset. To let hours pass, nodes and model increase the
 * offset. Redis has no offset, so all its expiry times are moved closer by the same amount, and keys expire exactly when
 * they would have. An offset in model and nodes alone would also be safe (late deletion is harmless, since decisions read
 * the clock), but nothing would ever expire, and effects of records deleted after 90 days would not be tested.
 *
 * `tell`: announces the offset to nodes in other processes.
 */
export async function redisTime(
  redis: RedisProcess,
  tell: (ahead: number) => Promise<void> = async () => undefined,
): Promise<RedisTime> {
  let ahead = 0
  const eye = await connected(redis.url)
  return {
    eye: () => eye,
    now: () => Date.now() + ahead,
    ahead: () => ahead,
    async pass(time) {
      // Nodes first: Redis may delete late, but not early.
      ahead += time
      await tell(ahead)
      const answer = await redis.command('EVAL', bringNearer, '0', String(time), String(logAge))
      if (!answer.startsWith(':')) throw new Error(`cannot advance time in Redis: ${answer}`)
    },
    async drained() {
      // Redis reads every connection once per turn of its event loop and replies at the end of it. The second reply is
      // from a turn that began after the first, so everything sent before has been read.
      await eye.ping()
      await eye.ping()
    },
    async clear() {
      const answer = await redis.command('FLUSHALL')
      if (!answer.startsWith('+OK')) throw new Error(`cannot flush Redis: ${answer}`)
      ahead = 0
    },
    close: () => eye.close(),
  }
}

/** The store's retention of the change log. */
const logAge = 15 * 60_000

/**
 * Moves every expiry closer by some milliseconds: TTLs of keys, and scores of sorted sets. Entries of the change log have
 * an immutable time in their id: if they are too old now, which is all or none, all but the last are trimmed as the store
 * does.
 */
const bringNearer = `
  for _, key in ipairs(redis.call('KEYS', '*')) do
    local type = redis.call('TYPE', key).ok
    if type == 'zset' then
      local all = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
      for at = 1, #all, 2 do redis.call('ZINCRBY', key, -ARGV[1], all[at]) end
    elseif type == 'stream' and ARGV[1] - ARGV[2] >= 0 then
      redis.call('XTRIM', key, 'MAXLEN', 1)
    end
    local left = redis.call('PTTL', key)
    if left >= 0 then redis.call('PEXPIRE', key, left - ARGV[1]) end
  end
  return 1`

export async function redisPlatform(redis: RedisProcess): Promise<Platform> {
  const time = await redisTime(redis)
  const ways = redisConnections(redis.url)
  return {
    ...time,
    moments: ['before', 'torn', 'sent', 'after', 'whenever'],
    enter: async (rules) => openModelNode(await ways.open(), () => time.now(), rules),
    async close() {
      ways.close()
      await time.close()
    },
  }
}

export interface RedisConnections {
  /** A connected store of its own, with control over its sockets. */
  open(end?: () => void): Promise<FailingStore>
  close(): void
}

export function redisConnections(url: string): RedisConnections {
  // The store opens its connections itself; Node's diagnostics report each socket and its async context.
  const opening = new AsyncLocalStorage<Set<Socket>>()
  const name = 'net.client.socket'
  const listener = (message: unknown): void => {
    const sockets = opening.getStore()
    if (sockets === undefined) return
    const { socket } = message as { readonly socket: Socket }
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  }
  diagnostics.subscribe(name, listener)
  return {
    async open(end) {
      const sockets = new Set<Socket>()
      const store = await opening.run(sockets, () => connected(url))
      if (sockets.size === 0) throw new Error('the sockets of the store were not found')
      return createFailingStore(store, { wire: wireOf(sockets), ...(end && { end }) })
    },
    close: () => void diagnostics.unsubscribe(name, listener),
  }
}

function wireOf(sockets: ReadonlySet<Socket>): Wire {
  return {
    tearAfter(bytes) {
      for (const socket of sockets) tear(socket, bytes)
    },
    cut() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

function tear(socket: Socket, bytes: number): void {
  let left = bytes
  const write = socket.write.bind(socket) as (chunk: Buffer) => boolean
  socket.write = ((chunk: string | Buffer) => {
    const whole = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    const part = whole.subarray(0, left)
    left -= part.length
    return part.length === 0 || write(part)
  }) as Socket['write']
}

async function connected(url: string): Promise<Store> {
  const store = createRedisStore({ url })
  // The first event means that it is connected; nothing has been announced yet.
  await Promise.race([new Promise<void>((ready) => store.onHint(ready)), pause(2_000, undefined, { ref: false })])
  await store.ping()
  return store
}
