// One measurement: `wrk` for some seconds against one address, and what the proxy's process used meanwhile.

import { spawn } from 'node:child_process'
import { cpuSeconds } from './processes.ts'

export interface Target {
  readonly name: string
  readonly pid: number
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Measured {
  readonly requestsPerSecond: number
  /** Microseconds of CPU the proxy used for one request. */
  readonly cpu: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

export interface LoadOptions {
  readonly wrk: string
  readonly core: string | undefined
  readonly seconds: number
  readonly connections: number
}

/** Rejects when an answer was not 2xx or a socket failed: such a figure would be of something else. */
export async function measure(target: Target, options: LoadOptions): Promise<Measured> {
  const headers = Object.entries(target.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const load = ['-t1', `-c${options.connections}`, `-d${options.seconds}s`, '--latency', ...headers, target.url]
  const before = cpuSeconds(target.pid)
  const text = await run(
    options.core === undefined ? [options.wrk, ...load] : ['taskset', '-c', options.core, options.wrk, ...load],
  )
  const used = cpuSeconds(target.pid) - before
  const wrong = /Non-2xx[^\n]*|Socket errors[^\n]*/.exec(text)
  if (wrong !== null) throw new Error(`${target.name}: ${wrong[0]}`)
  const requests = Number(/(\d+) requests in/.exec(text)?.[1])
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1])
  if (!(requests > 0) || !(perSecond > 0)) throw new Error(`${target.name}: wrk said nothing usable:\n${text}`)
  return {
    requestsPerSecond: perSecond,
    cpu: (used / requests) * 1e6,
    p50: latency(text, '50'),
    p99: latency(text, '99'),
  }
}

function latency(text: string, percentile: string): number {
  const found = new RegExp(`${percentile}%\\s+([\\d.]+)(us|ms|s)`).exec(text)
  const scale = { us: 0.001, ms: 1, s: 1000 }[found?.[2] ?? ''] ?? Number.NaN
  return Number(found?.[1]) * scale
}

function run([command, ...args]: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.once('error', reject)
    child.once('exit', (code) =>
      code === 0 ? resolve(text) : reject(new Error(`${command} ended with ${code}:\n${text}`)),
    )
  })
}
