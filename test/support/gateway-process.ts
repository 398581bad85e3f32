// Runs a gateway as a process of its own, and controls it over its ports, admin socket and signals.

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { callApi, type ApiResult } from '../../src/cli/admin-client.ts'

export interface NodeProcess {
  readonly name: string
  readonly port: number
  readonly pid: number
  readonly configurationFile: string
  readonly adminSocket: string
  readonly auditFile: string
  /** Everything it wrote to standard output and standard error. */
  output(): string
  /** An `einlass` command against this node, as a process of its own: `cli('sessions', 'list')`. */
  cli(...words: string[]): Promise<Command>
  /** One admin API request, without the cost of starting a process. */
  admin(method: 'GET' | 'POST', path: string, input?: unknown): Promise<ApiResult>
  /** Every event of the audit file and its rotated files, oldest first. */
  audit(): Promise<AuditLine[]>
  /** Resolves with the first event that matches, already written or within `timeout` milliseconds (3 s). */
  event(matches: (line: AuditLine) => boolean, timeout?: number): Promise<AuditLine>
  hup(): void
  /** Resident memory in bytes. */
  rss(): number
  kill9(): Promise<void>
  /** SIGTERM; resolves with the exit code. May be called again. */
  stop(): Promise<number | null>
}

export interface Command {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The OCSF fields that tests read. */
export interface AuditLine {
  readonly class_uid: number
  readonly time: number
  readonly status_detail?: string
  readonly metadata: { readonly correlation_uid: string; readonly uid: string; readonly sequence: number }
  readonly [key: string]: unknown
}

/** Output of a gateway that met an error it has no handling for: no test input may cause it. */
export const unexpectedError =
  /unforeseen|unhandled|uncaught|unexpected error|admin API request failed|writing the error page failed/i

const launcher = resolve(import.meta.dirname, '../../bin/einlass.mjs')

/** Rejects with its output when it exits, or is not open within 20 s. */
export async function startNode(options: {
  readonly name: string
  readonly port: number
  readonly configurationFile: string
  readonly adminSocket: string
  readonly auditFile: string
  /** Arguments for Node itself. */
  readonly runtime?: readonly string[]
  /** Another copy of the launcher. */
  readonly executable?: string | undefined
}): Promise<NodeProcess> {
  const { configurationFile, adminSocket, auditFile, runtime = [], executable = launcher } = options
  const child = spawn(process.execPath, [...runtime, executable, 'serve', '--config', configurationFile], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // So that an interrupted test run leaves no gateway behind.
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  const gone = new Promise<number | null>((done) =>
    child.once('exit', (code) => {
      process.off('exit', kill)
      done(code)
    }),
  )
  let output = ''
  child.on('error', (error) => (output += String(error)))
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk))

  for (let waited = 0; !/^einlass: .* is open$/m.test(output); waited += 25) {
    if (child.exitCode !== null || waited > 20_000) {
      kill()
      throw new Error(`the gateway did not open:\n${output}`)
    }
    await pause(25)
  }

  const audit = async (): Promise<AuditLine[]> => {
    const files = (await readdir(dirname(auditFile))).filter((file) => file.startsWith(basename(auditFile)))
    const age = (file: string): number => Number(/\.(\d+)$/.exec(file)?.[1] ?? 0)
    const texts = files
      .toSorted((a, b) => age(b) - age(a))
      .map((file) => readFile(join(dirname(auditFile), file), 'utf8'))
    const lines = (await Promise.all(texts)).flatMap((text) => text.split('\n').slice(0, -1))
    return lines.map((line) => JSON.parse(line) as AuditLine)
  }

  return {
    ...options,
    pid: child.pid!,
    output: () => output,
    cli: (...words) => run([...words, '--socket', adminSocket]),
    admin: (method, path, input) => callApi(adminSocket, method, path, input),
    audit,
    async event(matches, timeout = 3_000) {
      for (let waited = 0; ; waited += 25) {
        const found = (await audit()).find(matches)
        if (found !== undefined) return found
        if (waited > timeout) throw new Error('no such event in the audit')
        await pause(25)
      }
    },
    hup: () => void child.kill('SIGHUP'),
    rss: () => 1024 * Number(/^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]),
    async kill9() {
      child.kill('SIGKILL')
      await gone
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      const late = setTimeout(kill, 15_000)
      const code = await gone
      clearTimeout(late)
      return code
    },
  }
}

function run(words: readonly string[]): Promise<Command> {
  const child = spawn(process.execPath, [launcher, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk))
  return new Promise((done, reject) => {
    child.once('error', reject)
    child.once('close', (code) => done({ code, stdout, stderr }))
  })
}
