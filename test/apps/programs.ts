// Programs of the machine: whether they are installed, running one to its end, and starting a server.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** Where servers and tools of the administrator are, which are not on everybody's PATH. */
const path = [process.env['PATH'], '/usr/sbin', '/sbin'].filter(Boolean).join(delimiter)

export function missing(needs: readonly string[]): string[] {
  const installed = (name: string): boolean =>
    name.startsWith('/') ? existsSync(name) : path.split(delimiter).some((folder) => existsSync(join(folder, name)))
  return needs.filter((name) => !installed(name))
}

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string
  readonly timeout?: number
  readonly cwd?: string
}

/** Runs a program to its end, at most `timeout` milliseconds (2 minutes). `input`: its standard input. */
export function run(
  program: string,
  words: readonly string[],
  { env = {}, input = '', timeout = 120_000, cwd }: RunOptions = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { env: { ...process.env, PATH: path, ...env }, timeout, cwd })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

/** Throws with the program's words when it fails. */
export async function succeed(...args: Parameters<typeof run>): Promise<Ran> {
  const ran = await run(...args)
  if (ran.code !== 0) throw new Error(`${args[0]} ${args[1].join(' ')}: ${ran.code} ${ran.stderr || ran.stdout}`)
  return ran
}

export interface Server {
  stop(): Promise<void>
}

/** Starts a program that stays in the foreground; resolves when `ready` does without an error, within `timeout` milliseconds. */
export async function serve(
  program: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  ready: () => Promise<unknown>,
  { timeout = 30_000, cwd }: { readonly timeout?: number; readonly cwd?: string } = {},
): Promise<Server> {
  const child = spawn(program, words, {
    env: { ...process.env, PATH: path, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd,
    // A group of its own: Apache's prefork ends the whole group of its process when it is stopped.
    detached: true,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-4_000)))
  // So that an interrupted run leaves nothing behind.
  const kill = (): void => {
    try {
      process.kill(-child.pid!, 'SIGTERM')
    } catch {
      // Ended by itself, or never started.
    }
  }
  process.once('exit', kill)
  let ended = false
  const gone = new Promise<void>((resolve) => {
    const settle = (): void => {
      ended = true
      process.off('exit', kill)
      resolve()
    }
    child.once('error', settle)
    child.once('exit', settle)
  })
  const until = Date.now() + timeout
  for (;;) {
    if (ended) throw new Error(`${program} has ended: ${output}`)
    try {
      await ready()
      break
    } catch (error) {
      if (Date.now() > until) {
        kill()
        throw new Error(`${program} is not ready: ${output}`, { cause: error })
      }
      await pause(50)
    }
  }
  return {
    async stop() {
      kill()
      await gone
    },
  }
}

/** For `ready` of \`serve\`: throws until the address answers. */
export function answers(url: string): () => Promise<void> {
  return async () => {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) })
    await answer.body?.cancel()
    if (answer.status >= 500) throw new Error(`${url} answers ${answer.status}`)
  }
}

/** For \`ready\` of \`serve\`: rejects until something accepts connections at the port of loopback. */
export function listening(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve()
    })
    socket.on('error', reject)
  })
}

/** Version of an installed Debian package, without Debian's part; empty when there is none. */
export async function debianVersion(name: string): Promise<string> {
  if (missing(['dpkg-query']).length > 0) return ''
  const { stdout } = await run('dpkg-query', ['--show', '--showformat', '${Version}', name])
  return stdout
    .trim()
    .replace(/^\d+:/, '')
    .replace(/[-+](?:dfsg|ds|b|deb|\d).*$/, '')
}
