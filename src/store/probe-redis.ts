// Tries out a Redis as the gateway uses it, for `einlass check --online`: write, read, expiry; eviction and persistence.

import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { connectRedis, type RedisClient } from './redis-client.ts'
import { parseRedisUrl } from './redis-url.ts'
import { explainStoreFailure } from './store-failure.ts'

export interface ProbedStore {
  readonly what: 'use' | 'eviction' | 'persistence'
  readonly ok: boolean
  readonly detail: string
  readonly mend?: string
}

/** Milliseconds for a connection. */
const connectTimeout = 5_000

/** Writes one key of its own, and removes it. Never rejects. */
export async function probeRedis(url: string): Promise<readonly ProbedStore[]> {
  let last: Error | undefined
  const client = connectRedis(parseRedisUrl(url), 'einlass-check', (error) => (last = error))
  try {
    await ready(client)
    return [await use(client), await eviction(client), await persistence(client)]
  } catch (error) {
    const { cause, mend } = explainStoreFailure(last ?? error)
    return [{ what: 'use', ok: false, detail: cause, mend }]
  } finally {
    client.disconnect()
  }
}

async function ready(client: RedisClient): Promise<void> {
  const deadline = performance.now() + connectTimeout
  while (client.status !== 'ready') {
    if (performance.now() > deadline) throw new Error(`no connection within ${connectTimeout} ms`)
    await pause(25)
  }
}

async function use(client: RedisClient): Promise<ProbedStore> {
  const key = `einlass:check-${randomUUID()}`
  await client.set(key, 'written', 'PX', 200)
  if ((await client.get(key)) !== 'written')
    return { what: 'use', ok: false, detail: 'what was written cannot be read', mend: 'check whether it is a replica' }
  await pause(400)
  if ((await client.get(key)) !== null) {
    await client.del(key)
    return { what: 'use', ok: false, detail: 'keys do not expire in time', mend: 'check the load of Redis' }
  }
  return { what: 'use', ok: true, detail: 'writes, reads and expires' }
}

/** A key that is evicted is a session that ends, or an end of a session that is forgotten. */
async function eviction(client: RedisClient): Promise<ProbedStore> {
  const policy = await setting(client, 'maxmemory-policy')
  if (policy === undefined) return unknown('eviction', 'maxmemory-policy')
  if (policy === 'noeviction') return { what: 'eviction', ok: true, detail: 'maxmemory-policy noeviction' }
  return {
    what: 'eviction',
    ok: false,
    detail: `maxmemory-policy ${policy} drops sessions, grants and ends of sessions when the memory is full`,
    mend: 'set maxmemory-policy noeviction',
  }
}

async function persistence(client: RedisClient): Promise<ProbedStore> {
  const value = await setting(client, 'appendonly')
  if (value === undefined) return unknown('persistence', 'appendonly')
  if (value === 'yes') return { what: 'persistence', ok: true, detail: 'appendonly yes' }
  return {
    what: 'persistence',
    ok: false,
    detail: 'appendonly no: a restart of Redis loses grants and ends of sessions since its last snapshot',
    mend: 'set appendonly yes',
  }
}

/** Undefined where the user may not read it, as with managed services. */
async function setting(client: RedisClient, name: string): Promise<string | undefined> {
  try {
    const answer = (await client.call('CONFIG', 'GET', name)) as readonly unknown[]
    return typeof answer[1] === 'string' ? answer[1] : undefined
  } catch {
    return undefined
  }
}

function unknown(what: ProbedStore['what'], name: string): ProbedStore {
  return { what, ok: true, detail: `${name} is not known: this user may not read it` }
}
