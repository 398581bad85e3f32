// Cost of open connections: ten thousand idle WebSockets, and a large body to a slow reader.

import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { warming, type Pace } from './growth.ts'
import type { Environment } from './environment.ts'
import { memoryOf, startSeededGateway } from './seeded-gateway.ts'
import { residentMemory } from './processes.ts'
import { median, ratios, spread, type Spread } from './ratios.ts'
import { createRotation } from './rotating-load.ts'
import { interleave } from './rounds.ts'
import { startApp } from './websockets.ts'

export interface GrownSockets {
  readonly points: readonly { readonly count: number; readonly resident: number; readonly heap: number }[]
  /** Resident bytes per connection. */
  readonly perSocket: number
  /** Cost of a request with all connections open, relative to that without. */
  readonly ratio: Spread
  /** Reason why there were fewer than requested. */
  readonly limited: string | undefined
}

export async function growSockets(ground: Environment, counts: readonly number[], pace: Pace): Promise<GrownSockets> {
  const files = openFiles(Math.max(...counts) * 2 + 2000)
  // Two file descriptors per connection, and some for everything else.
  const most = Math.floor((files - 200) / 2)
  const possible = [...new Set(counts.map((count) => Math.min(count, most)))]
  const app = await startApp(ground, files)
  const house = await startSeededGateway(ground, { upstream: app.port, files })
  const idle = await startSeededGateway(ground, { upstream: app.port })
  const { Host: host = '', Cookie: cookie = '' } = house.headers
  const script = fileURLToPath(new URL('idle-sockets.ts', import.meta.url))
  const words = [`--nofile=${files}`, process.execPath, script, String(house.port), host, house.origin, cookie]
  const crowd = spawn('prlimit', words, { stdio: ['pipe', 'pipe', 'inherit'] })
  const kill = (): void => void crowd.kill('SIGKILL')
  process.once('exit', kill)
  try {
    const lines = createInterface({ input: crowd.stdout })[Symbol.asyncIterator]()
    crowd.stdin.on('error', () => {})
    await lines.next()
    const at = async (count: number) => {
      const heap = (await memoryOf(house)) / 1024 ** 2
      return { count, heap, resident: residentMemory(house.pid) }
    }
    // Warm up, so that buffers and code of the first requests do not count.
    const rotations = [idle, house].map((one, index) =>
      createRotation(ground, one, `sockets-${index}`, [{ host: one.headers['Host']!, cookie: one.headers['Cookie']! }]),
    )
    for (const rotation of rotations) await rotation.measure(1)
    const points = [await at(0)]
    for (const count of possible) {
      pace.progress(`${count} WebSockets`)
      crowd.stdin.write(`${count}\n`)
      const { value } = (await lines.next()) as { value?: string }
      if (value !== `open ${count} lost 0`) throw new Error(value ?? 'the crowd of WebSockets ended')
      await pause(500)
      points.push(await at(count))
    }
    const rows = await interleave(
      rotations.map((rotation, index) => ({
        name: String(index),
        // No process is stopped here: after a pause it would re-validate all open connections at once.
        measure: (round: number) => rotation.measure(round === 0 ? warming : pace.seconds),
      })),
      pace.rounds,
    )
    const [without, having] = rows.map(({ rounds, failed }) => {
      if (failed !== undefined) throw new Error(failed)
      return rounds.map(({ cpu }) => cpu)
    }) as [number[], number[]]
    const [first, last] = [points[0]!, points.at(-1)!]
    return {
      points,
      perSocket: ((last.resident - first.resident) * 1024 ** 2) / last.count,
      ratio: spread(ratios(having, without)),
      limited: possible.at(-1)! < counts.at(-1)! ? `this user may open ${files} files in one process` : undefined,
    }
  } finally {
    process.off('exit', kill)
    crowd.kill()
    await Promise.all([house.stop(), idle.stop()])
    await app.stop()
  }
}

export interface SlowReadResult {
  /** Pairs of seconds and resident MB. */
  readonly points: readonly (readonly [number, number])[]
  /** Growth in MB from the second fifth of the time to the last, by medians. */
  readonly rise: number
}

/** Sends a body of so many bytes to a client that reads so many per second. */
export async function measureSlowReader(
  ground: Environment,
  bytes: number,
  perSecond: number,
): Promise<SlowReadResult> {
  const app = await startApp(ground)
  const house = await startSeededGateway(ground, { upstream: app.port })
  try {
    const socket = connect(house.port, '127.0.0.1')
    const points: [number, number][] = []
    const from = performance.now()
    let got = 0
    const sample = setInterval(() => points.push([(performance.now() - from) / 1000, residentMemory(house.pid)]), 200)
    try {
      await new Promise<void>((resolve, reject) => {
        socket.on('error', reject)
        socket.on('close', () => reject(new Error(`the answer broke after ${got} bytes`)))
        socket.on('data', (chunk: Buffer) => {
          got += chunk.length
          if (got >= bytes) return resolve()
          const ahead = (got / perSecond) * 1000 - (performance.now() - from)
          if (ahead < 5) return
          socket.pause()
          setTimeout(() => socket.resume(), ahead)
        })
        const { Host: host = '', Cookie: cookie = '' } = house.headers
        socket.write(`GET /pour?bytes=${bytes} HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\n\r\n`)
      })
    } finally {
      clearInterval(sample)
      socket.destroy()
    }
    const fifth = Math.floor(points.length / 5)
    const middle = (some: typeof points): number => median(some.map(([, resident]) => resident))
    return { points, rise: middle(points.slice(-fifth)) - middle(points.slice(fifth, 2 * fifth)) }
  } finally {
    await house.stop()
    await app.stop()
  }
}

/** The wanted number if the limit can be raised, else the current limit. */
function openFiles(wanted: number): number {
  if (spawnSync('prlimit', [`--nofile=${wanted}`, 'true'], { stdio: 'ignore' }).status === 0) return wanted
  const hard = Number(/Max open files\s+\d+\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 1024)
  return Math.min(wanted, hard)
}
