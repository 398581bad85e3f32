// Runs a real redis-server on a free loopback port for one test file: start, stop, kill, and restart with the same data.

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

export interface RedisProcess {
  readonly url: string
  readonly port: number
  /** Temporary data folder; removed by `stop`. */
  readonly folder: string
  /** Restart after `kill9`, with the same port and folder. */
  start(): Promise<void>
  /** SIGKILL: nothing is flushed. */
  kill9(): Promise<void>
  /** SIGSTOP and SIGCONT: connections stay open without responses. */
  freeze(): void
  thaw(): void
  /** Sends one command; resolves with the raw RESP reply. */
  command(...words: string[]): Promise<string>
  /** Ends it and removes its data. May be called again. */
  stop(): Promise<void>
}

export interface RedisOptions {
  /** Append-only file with fsync before each acknowledgement. */
  readonly aof?: boolean
  readonly port?: number
  /** Further arguments: `--cluster-enabled yes`. */
  readonly arguments?: readonly string[]
  /** Configuration file, which Redis rewrites: runs as a Sentinel. */
  readonly sentinel?: string
}

/** Uses `REDIS_SERVER`, else the PATH; throws when there is no redis-server. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisProcess> {
  const binary = findRedis()
  // A free port may be in use by the time Redis binds it, and so may its cluster bus port, 10000 above.
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOn(options.port ?? (await freePort()), binary, options)
    } catch (error) {
      if (options.port !== undefined || attempt === 5) throw error
    }
  }
}

async function startOn(port: number, binary: string, options: RedisOptions): Promise<RedisProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'einlass-redis-'))
  let child: ChildProcess | undefined
  const redis: RedisProcess = {
    url: `redis://127.0.0.1:${port}`,
    port,
    folder,
    async start() {
      child = run(binary, port, folder, options)
      await untilAnswers(port, child)
    },
    async kill9() {
      await end(child, 'SIGKILL')
      child = undefined
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    command: (...words) => send(port, words),
    async stop() {
      await end(child, 'SIGKILL')
      child = undefined
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  try {
    await redis.start()
  } catch (error) {
    await redis.stop()
    throw error
  }
  return redis
}

export function findRedis(): string {
  const named = process.env.REDIS_SERVER
  const candidates = named
    ? [named]
    : (process.env.PATH ?? '').split(delimiter).map((directory) => join(directory, 'redis-server'))
  const found = candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
  if (found === undefined) {
    throw new Error('redis-server is missing: install Redis 6.2 or newer, or set REDIS_SERVER to its path')
  }
  return found
}

/** A port that is free now, low enough for the cluster bus port 10000 above it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    if (port < 55_000) return port
  }
}

function run(binary: string, port: number, folder: string, options: RedisOptions): ChildProcess {
  const common = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder]
  const durable = options.aof ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no']
  const data = [...common, '--save', '', ...durable, ...(options.arguments ?? [])]
  const words = options.sentinel === undefined ? data : [options.sentinel, '--sentinel', ...common]
  const child = spawn(binary, words, { stdio: 'ignore' })
  child.on('error', () => {})
  // So that an interrupted test run leaves no server behind.
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  return child
}

async function untilAnswers(port: number, child: ChildProcess): Promise<void> {
  // Shorter than the hook timeout of vitest, so that the clean-up of the test still runs.
  const deadline = AbortSignal.timeout(15_000)
  while (!deadline.aborted) {
    if (child.exitCode !== null) throw new Error(`redis-server ended with code ${child.exitCode}`)
    const answer = await send(port, ['PING'], 1000).catch(() => '')
    if (answer.startsWith('+PONG')) return
    await pause(25)
  }
  throw new Error('redis-server did not answer within 15 s')
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  await gone
}

function send(port: number, words: readonly string[], timeout = 5000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    // Replies come in order: once this one has arrived, the one before is complete, without parsing it.
    const marker = `end-${randomUUID()}`
    let answer = ''
    socket.setTimeout(timeout, () => socket.destroy(new Error('redis did not answer')))
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      if (!answer.endsWith(`${marker}\r\n`)) return
      socket.destroy()
      resolve(answer.slice(0, answer.lastIndexOf('$')))
    })
    socket.on('close', () => reject(new Error('redis closed the connection')))
    socket.write(encode(words) + encode(['PING', marker]))
  })
}

function encode(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`
}
