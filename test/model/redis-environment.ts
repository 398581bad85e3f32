// The ground of every day: a real Redis, nodes with connections of their own that are cut in the middle, and time that
// passes in Redis as well.

import { AsyncLocalStorage } from 'node:async_hooks'
import diagnostics from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { createRedisStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import type { RedisProcess } from '../support/redis.ts'
import { createWay, type Way, type Wire } from './failing-store.ts'
import type { Ground } from './environment.ts'
import { openModelNode } from './node.ts'

/** What a ground on Redis is, whatever its nodes are. */
export interface RedisTime extends Pick<Ground, 'eye' | 'now' | 'pass' | 'drained' | 'clear' | 'close'> {
  /** Milliseconds by which this clock is ahead of the machine's. */
  ahead(): number
}

/**
 * Model, nodes and Redis have one clock. It is the machine's, which Redis reads as well, and runs while anything is
 * being done; nothing is deleted before its time in the model because a run took long. When hours are to pass, the nodes
 * and the model add them to what they read. Redis cannot be told another time, but everything it will do at some time can
 * be brought nearer by as much: what it deletes, it then deletes at the very moment at which it would have. A model's
 * clock that only ran ahead would be as safe (what is over may always be deleted late: decisions read the clock, never a
 * cleaner), but nothing would ever expire, and that what is forgotten after 90 days comes to life again would go unseen.
 *
 * `tell`: nodes that have no part in this process hear of it here.
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
      // First the nodes: Redis may delete late, not early.
      ahead += time
      await tell(ahead)
      const answer = await redis.command('EVAL', bringNearer, '0', String(time), String(logAge))
      if (!answer.startsWith(':')) throw new Error(`time does not pass in Redis: ${answer}`)
    },
    async drained() {
      // What was sent before this arrived before this. Redis reads every connection once a turn and answers at the end
      // of it; the second answer is of a turn that began after the first.
      await eye.ping()
      await eye.ping()
    },
    async clear() {
      const answer = await redis.command('FLUSHALL')
      if (!answer.startsWith('+OK')) throw new Error(`Redis cannot be emptied: ${answer}`)
      ahead = 0
    },
    close: () => eye.close(),
  }
}

/** As the store has it: older changes may be trimmed. */
const logAge = 15 * 60_000

/**
 * Everything with an end is so many milliseconds nearer to it; members of sets have theirs as a score. Entries of the
 * log have their time in their name, which nobody can change: those that are too old now, and that is all or none, are
 * trimmed as the store trims them, all but the last.
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

export async function redisGround(redis: RedisProcess): Promise<Ground> {
  const time = await redisTime(redis)
  const ways = redisWays(redis.url)
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

export interface RedisWays {
  /** A store of its own, connected, and the hand on its connections. */
  open(end?: () => void): Promise<Way>
  close(): void
}

export function redisWays(url: string): RedisWays {
  // The store's connections are its own business; Node tells of every one that is opened, and in whose course.
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
      if (sockets.size === 0) throw new Error('the connections of the store are not in hand')
      return createWay(store, { wire: wireOf(sockets), ...(end && { end }) })
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
  // The first hint is that it is connected; nothing is announced yet.
  await Promise.race([new Promise<void>((ready) => store.onHint(ready)), pause(2_000, undefined, { ref: false })])
  await store.ping()
  return store
}
