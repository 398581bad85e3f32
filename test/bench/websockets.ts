// Cost of a WebSocket message round trip through each contender.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Started } from './contender.ts'
import type { Environment } from './environment.ts'
import type { Measured } from './load.ts'
import { cpuSeconds, findProgram, freePort, start, type Running } from './processes.ts'

/** Port of the app in `app.ts`. */
export async function startApp(ground: Environment, files?: number): Promise<Running & { readonly port: number }> {
  const port = await freePort()
  const script = fileURLToPath(new URL('app.ts', import.meta.url))
  const words = ['--max-semi-space-size=16', script, String(port)]
  return {
    ...(await start(ground.cores.rest, process.execPath, words, /ready/, files === undefined ? {} : { files })),
    port,
  }
}

/** Round trips per second. Rejects when a connection is lost. */
export async function measureMessages(
  ground: Environment,
  target: Started,
  connections: number,
  seconds: number,
): Promise<Measured> {
  const script = fileURLToPath(new URL('websocket-load.ts', import.meta.url))
  const headers = { ...target.headers, Origin: target.origin }
  const words = [
    process.execPath,
    script,
    `ws://127.0.0.1:${target.port}/socket`,
    JSON.stringify(headers),
    String(connections),
    String(seconds),
  ]
  const pinned =
    ground.cores.rest !== undefined && findProgram('taskset') ? ['taskset', '-c', ground.cores.rest, ...words] : words
  const child = spawn(pinned[0]!, pinned.slice(1), { stdio: ['pipe', 'pipe', 'pipe'], timeout: (seconds + 30) * 1000 })
  let text = ''
  const ready = Promise.withResolvers<void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.startsWith('ready')) ready.resolve()
    })
  }
  const ended = new Promise<void>((resolve) => {
    child.on('error', (error) => ready.reject(error))
    child.on('close', () => {
      ready.reject(new Error(`the load ended: ${/\w*Error: .*/.exec(text)?.[0] ?? text.slice(-200)}`))
      resolve()
    })
  })
  child.stdin.on('error', () => {})
  await ready.promise
  const before = cpuSeconds(target.pid)
  child.stdin.write('go\n')
  await ended
  const used = cpuSeconds(target.pid) - before
  const said = /\{.*\}/.exec(text)?.[0]
  if (said === undefined) throw new Error(`the load said nothing usable: ${text.slice(-200)}`)
  const { messages, lost, p50, p99 } = JSON.parse(said) as { messages: number; lost: number; p50: number; p99: number }
  if (lost > 0 || messages === 0)
    throw new Error(`${lost} of ${connections} connections were lost, ${messages} messages`)
  return { requestsPerSecond: messages / seconds, cpu: (used / messages) * 1e6, p50, p99 }
}
