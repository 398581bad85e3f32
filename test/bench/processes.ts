// Process control of the bench: start, pin, stop, resume, CPU time and memory.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

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
  /** The last 4,000 characters of its output. */
  output(): string
  stop(): Promise<void>
}

export interface StartOptions {
  readonly env?: NodeJS.ProcessEnv
  /** Limit of open files; only root may raise it above the shell's. */
  readonly files?: number
  /** Milliseconds to wait for `ready`. */
  readonly patience?: number
}

/** Resolves when the output contains `ready`, or the loopback port accepts connections. */
export async function start(
  core: string | undefined,
  command: string,
  args: readonly string[],
  ready: RegExp | number,
  { env = process.env, files, patience = 20_000 }: StartOptions = {},
): Promise<Running> {
  const limited = files === undefined ? [] : ['prlimit', `--nofile=${files}`]
  const pinned = core === undefined ? [] : ['taskset', '-c', core]
  const [program, ...all] = [...limited, ...pinned, command, ...args]
  const child = spawn(program!, all, { stdio: ['ignore', 'pipe', 'pipe'], env })
  // So that an interrupted bench leaves nothing running; after SIGKILL nginx and Apache would leave their workers.
  const kill = (): void => {
    resumeAll([child.pid!])
    child.kill('SIGTERM')
  }
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  let text = ''
  const read = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-4000)
  }
  child.stdout.on('data', read)
  child.stderr.on('data', read)
  const running: Running = { pid: child.pid!, output: () => text, stop: () => end(child) }
  try {
    if (typeof ready === 'number') await untilListening(child, ready, patience)
    else await until(child, () => ready.test(text), patience)
  } catch (error) {
    await running.stop()
    throw new Error(`${command}: ${(error as Error).message}\n${text}`, { cause: error })
  }
  return running
}

function until(child: ChildProcess, isReady: () => boolean, patience: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`was not ready within ${patience / 1000} s`)), patience)
    const done = (error?: Error): void => {
      clearTimeout(late)
      if (error === undefined) resolve()
      else reject(error)
    }
    const look = (): void => void (isReady() && done())
    child.stdout!.on('data', look)
    child.stderr!.on('data', look)
    child.once('error', done)
    child.once('exit', (code) => done(new Error(`ended (${code}) before it was ready`)))
  })
}

async function untilListening(child: ChildProcess, port: number, patience: number): Promise<void> {
  const late = Date.now() + patience
  child.on('error', () => {})
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => socket.destroy() && resolve(true))
      socket.once('error', () => resolve(false))
    })
    if (open) return
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined)
      throw new Error(`ended (${child.exitCode ?? child.signalCode}) before it was ready`)
    if (Date.now() > late) throw new Error(`was not ready within ${patience / 1000} s`)
    await pause(50)
  }
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return resolve()
    const late = setTimeout(() => child.kill('SIGKILL'), 8000)
    child.once('exit', () => {
      clearTimeout(late)
      resolve()
    })
    child.kill('SIGTERM')
  })
}

/** Output of a program (both streams). Rejects on an exit code other than 0; killed after `timeout` milliseconds. */
export function run(core: string | undefined, command: readonly string[], patience = 120_000): Promise<string> {
  const [program, ...args] = core === undefined ? command : ['taskset', '-c', core, ...command]
  return new Promise((resolve, reject) => {
    const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: patience })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve(text) : reject(new Error(`${command[0]} ended with ${code}: ${text.slice(-500)}`)),
    )
  })
}

const ticksPerSecond = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout) || 100

/** CPU seconds of a process and its descendants (workers), by process id. */
export function cpuByProcess(pid: number): ReadonlyMap<number, number> {
  return new Map(
    processTree(pid).map((one) => {
      const fields = readFileSync(`/proc/${one}/stat`, 'utf8').split(') ')[1]!.split(' ')
      return [one, (Number(fields[11]) + Number(fields[12])) / ticksPerSecond]
    }),
  )
}

export function cpuSeconds(pid: number): number {
  return cpuByProcess(pid)
    .values()
    .reduce((sum, one) => sum + one, 0)
}

/** Resets the peak of resident memory. */
export function resetPeak(pid: number): void {
  for (const one of processTree(pid)) writeFileSync(`/proc/${one}/clear_refs`, '5')
}

/** Peak resident memory in MB of the process and its descendants. Shared memory counts in each. */
export function peakMemory(pid: number): number {
  return memory(pid, /VmHWM:\s+(\d+)/)
}

/** SIGSTOP for processes and their descendants, until `resumeAll`. Exited ones are skipped. */
export function suspendAll(pids: readonly number[]): void {
  signalAll(pids, 'SIGSTOP')
}

export function resumeAll(pids: readonly number[]): void {
  signalAll(pids, 'SIGCONT')
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      for (const one of processTree(pid)) process.kill(one, signal)
    } catch {
      // Exited meanwhile: its measurement will report that.
    }
  }
}

/** Current resident memory in MB. */
export function residentMemory(pid: number): number {
  return memory(pid, /VmRSS:\s+(\d+)/)
}

function memory(pid: number, field: RegExp): number {
  return processTree(pid).reduce((sum, one) => {
    const found = field.exec(readFileSync(`/proc/${one}/status`, 'utf8'))
    return sum + Number(found?.[1] ?? 0) / 1024
  }, 0)
}

/** The process and its descendants. */
export function processTree(pid: number): number[] {
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
