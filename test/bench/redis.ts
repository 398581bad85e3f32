// Redis of the bench: a real server with persistence as in production, and its command counter.

import { Redis } from 'ioredis'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { need, wanted } from './packages.ts'
import { freePort, start } from './processes.ts'

export interface CountingRedis {
  readonly port: number
  /** An unused database, since gateways with different keys must not share one. */
  database(): string
  /** Commands processed so far, from the server's own counter. */
  commands(): Promise<number>
  stop(): Promise<void>
}

export async function openRedis(core: string | undefined, folder: string): Promise<CountingRedis> {
  const binary = need(wanted.redis)
  const port = await freePort()
  const data = join(folder, 'redis')
  mkdirSync(data)
  const server = await start(
    core,
    binary,
    [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      data,
      '--databases',
      '512',
      '--save',
      '',
      '--appendonly',
      'yes',
    ],
    /Ready to accept connections/,
  )
  const client = new Redis(port, '127.0.0.1')
  client.on('error', () => {})
  let next = 0
  return {
    port,
    database: () => `redis://127.0.0.1:${port}/${next++}`,
    async commands() {
      return Number(/total_commands_processed:(\d+)/.exec(await client.info('stats'))?.[1])
    },
    async stop() {
      client.disconnect()
      await server.stop()
    },
  }
}
