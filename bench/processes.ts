// Starts, pins, measures and ends the processes of the bench.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { availableParallelism } from 'node:os'
import { delimiter, join } from 'node:path'

/** Which core the proxy under test has for itself, and where everything else runs; undefined: nothing is pinned. */
export interface Cores {
  readonly proxy: string | undefined
  readonly rest: string | undefined
}

export function cores(): Cores {
  const pins = availableParallelism() >= 2 && findProgram('taskset') !== undefined
  return pins ? { proxy: '0', rest: '1' } : { proxy: undefined, rest: undefined }
}

/** `variable` of the environment, else PATH. */
export function findProgram(name: string, variable = ''): string | undefined {
  const named = process.env[variable]
  const candidates = named
    ? [named]
    : (process.env['PATH'] ?? '')
        .split(delimiter)
        .concat('/usr/sbin')
        .map((folder) => join(folder, name))
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

export interface Running {
  readonly pid: number
  stop(): Promise<void>
}

/** Resolves when `ready` has been seen on standard output or error. */
export async function start(
  core: string | undefined,
  command: string,
  args: readonly string[],
  ready: RegExp,
  env = process.env,
): Promise<Running> {
  const [program, ...all] = core === undefined ? [command, ...args] : ['taskset', '-c', core, command, ...args]
  const child = spawn(program!, all, { stdio: ['ignore', 'pipe', 'pipe'], env })
  await seen(child, ready)
  return {
    pid: child.pid!,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve()
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
        setTimeout(() => child.kill('SIGKILL'), 5000).unref()
      }),
  }
}

function seen(child: ChildProcess, ready: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = ''
    const read = (chunk: Buffer): void => {
      text = (text + chunk.toString()).slice(-4000)
      if (ready.test(text)) resolve()
    }
    child.stdout!.on('data', read)
    child.stderr!.on('data', read)
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${child.spawnfile} ended (${code}) before it was ready:\n${text}`)))
    setTimeout(() => reject(new Error(`${child.spawnfile} was not ready within 20 s:\n${text}`)), 20_000).unref()
  })
}

const ticksPerSecond = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout) || 100

/** Seconds of CPU the kernel accounted to a process, and to the children it waits for (nginx's worker). */
export function cpuSeconds(pid: number): number {
  return processTree(pid).reduce((sum, one) => {
    const fields = readFileSync(`/proc/${one}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return sum + (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  }, 0)
}

/** Peak resident memory in MB. */
export function peakMemory(pid: number): number {
  return processTree(pid).reduce((sum, one) => {
    const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${one}/status`, 'utf8'))
    return sum + Number(peak?.[1] ?? 0) / 1024
  }, 0)
}

function processTree(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return [pid, ...(children === '' ? [] : children.split(' ').flatMap((child) => processTree(Number(child))))]
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
