// One measurement: a load on one address for some seconds, and the CPU the proxy's processes used meanwhile.

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Started } from './contender.ts'
import type { Environment } from './environment.ts'
import { need, wanted } from './packages.ts'
import { probe } from './probe.ts'
import { cpuSeconds, run } from './processes.ts'
import { quantile } from './ratios.ts'

export interface Measured {
  readonly requestsPerSecond: number
  /** Microseconds of proxy CPU per request. */
  readonly cpu: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

export type Wire = 'http1' | 'tls-http1' | 'tls-http2'

export interface Load {
  readonly wire: Wire
  readonly path: string
  /** Bytes of the request body. */
  readonly upload?: number
  readonly seconds: number
  readonly connections: number
  /** Requests per second, sent on schedule (open loop); undefined: as many as possible. */
  readonly rate?: number
}

/** Rejects on an unexpected response or a socket error, since the figures would be wrong. */
export async function measure(ground: Environment, target: Started, load: Load): Promise<Measured> {
  const bytes = /^\/\d+$/.test(load.path) ? Number(load.path.slice(1)) : undefined
  await probe(target, load.path, load.upload, bytes)
  const measured = await generate(ground, target, load)
  await probe(target, load.path, load.upload, bytes)
  return measured
}

function generate(ground: Environment, target: Started, load: Load): Promise<Measured> {
  // `wrk` is the cheapest, but supports neither HTTP/2, nor a fixed rate, nor a host name other than the address.
  return load.wire === 'http1' && load.rate === undefined ? wrk(ground, target, load) : h2load(ground, target, load)
}

async function wrk(ground: Environment, target: Started, load: Load): Promise<Measured> {
  const script = join(ground.folder, `upload-${load.upload}.lua`)
  if (load.upload !== undefined)
    writeFileSync(script, `wrk.method = "POST"\nwrk.body = string.rep("x", ${load.upload})\n`)
  const words = [
    need(wanted.wrk),
    '-t1',
    `-c${load.connections}`,
    `-d${load.seconds}s`,
    '--timeout=10s',
    '--latency',
    ...Object.entries(target.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
    ...(load.upload === undefined ? [] : ['-s', script]),
    `http://127.0.0.1:${target.port}${load.path}`,
  ]
  const { text, cpu } = await watched(target, () => run(ground.cores.rest, words, (load.seconds + 30) * 1000))
  const wrong = /Non-2xx[^\n]*|Socket errors[^\n]*/.exec(text)
  if (wrong !== null) throw new Error(wrong[0])
  const requests = Number(/(\d+) requests in/.exec(text)?.[1])
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1])
  if (!(requests > 0) || !(perSecond > 0)) throw new Error(`wrk said nothing usable: ${text.slice(0, 300)}`)
  return {
    requestsPerSecond: perSecond,
    cpu: (cpu / requests) * 1e6,
    p50: latency(text, '50'),
    p99: latency(text, '99'),
  }
}

function latency(text: string, percentile: string): number {
  const found = new RegExp(`${percentile}%\\s+([\\d.]+)(us|ms|s)`).exec(text)
  const scale = { us: 0.001, ms: 1, s: 1000 }[found?.[2] ?? ''] ?? Number.NaN
  return Number(found?.[1]) * scale
}

async function h2load(ground: Environment, target: Started, load: Load): Promise<Measured> {
  const log = join(ground.folder, 'h2load.log')
  const body = join(ground.folder, `upload-${load.upload}`)
  if (load.upload !== undefined) writeFileSync(body, Buffer.alloc(load.upload, 'x'))
  const second = load.wire === 'tls-http2'
  // With HTTP/2 requests share few connections, as those of a browser do.
  const clients = second ? Math.max(1, load.connections / 8) : load.connections
  const { host, origin } = new URL(target.origin)
  const words = [
    need(wanted.h2load),
    '-t1',
    `-c${clients}`,
    `-m${second ? Math.min(8, load.connections) : 1}`,
    `--duration=${Math.round(load.seconds * 1000)}ms`,
    '--connect-to',
    `127.0.0.1:${target.port}`,
    `--log-file=${log}`,
    ...(second ? [] : ['--h1']),
    ...(load.rate === undefined ? [] : [`--rps=${(load.rate / clients).toFixed(2)}`]),
    ...(load.upload === undefined ? [] : ['-d', body]),
    ...Object.entries(target.headers)
      .filter(([name]) => name !== 'Host')
      .flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
    `${origin}${load.path}`,
  ]
  rmSync(log, { force: true })
  const { text, cpu } = await watched(target, () => run(ground.cores.rest, words, (load.seconds + 30) * 1000))
  const rows = readFileSync(log, 'utf8').trim().split('\n').filter(Boolean)
  const [statuses, times] = [new Map<string, number>(), [] as number[]]
  for (const row of rows) {
    const [, status = '', microseconds] = row.split('\t')
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    times.push(Number(microseconds) / 1000)
  }
  const wrong = [...statuses].filter(([status]) => !/^2\d\d$/.test(status))
  if (wrong.length > 0) throw new Error(`answers of ${host}: ${wrong.map((one) => one.join(' x ')).join(', ')}`)
  const spoken = /Application protocol: (\S+)/.exec(text)?.[1]
  if (load.wire !== 'http1' && spoken !== (second ? 'h2' : 'http/1.1'))
    throw new Error(`spoke ${spoken}, not what was asked`)
  if (times.length === 0) throw new Error(`h2load got no answer: ${text.slice(-300)}`)
  return {
    requestsPerSecond: times.length / load.seconds,
    cpu: (cpu / times.length) * 1e6,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
  }
}

async function watched(target: Started, work: () => Promise<string>): Promise<{ text: string; cpu: number }> {
  const pids = [target.pid, ...(target.beside ?? [])]
  const used = (): number => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0)
  const before = used()
  const text = await work()
  return { text, cpu: used() - before }
}
