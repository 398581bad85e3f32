// The Redis of the bench: a real one, durable as in production, that counts its commands.

import { Redis } from 'ioredis'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram, freePort, start } from './processes.ts'

export interface CountingRedis {
  readonly url: string
  /** Commands processed so far, as the server itself says. */
  commands(): Promise<number>
  stop(): Promise<void>
}

export async function openRedis(core: string | undefined, folder: string): Promise<CountingRedis> {
  const binary = findProgram('redis-server', 'REDIS_SERVER')
  if (binary === undefined)
    throw new Error('redis-server is missing: apt-get install redis-server, or name it in REDIS_SERVER')
  const port = await freePort()
  const data = join(folder, 'redis')
  mkdirSync(data)
  const server = await start(
    core,
    binary,
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', data, '--appendonly', 'yes'],
    /Ready to accept connections/,
  )
  const client = new Redis(port, '127.0.0.1')
  client.on('error', () => {})
  return {
    url: `redis://127.0.0.1:${port}`,
    async commands() {
      return Number(/total_commands_processed:(\d+)/.exec(await client.info('stats'))?.[1])
    },
    async stop() {
      client.disconnect()
      await server.stop()
    },
  }
}
