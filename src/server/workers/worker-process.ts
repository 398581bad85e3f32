// Worker process as its supervisor sees it: fork, IPC queries, stop and exit.

import { fork, type SendHandle } from 'node:child_process'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { ListeningSocket } from '../../http/server/listener.ts'
import type { LogLevel } from '../../telemetry/logger.ts'
import { workerArgument } from './worker-argument.ts'
import type { WorkerQueryResults, FromWorker, WorkerQuery, Snapshot, ToWorker } from './messages.ts'
import { never } from '../../policy/never.ts'

export interface WorkerProcess {
  readonly pid: number
  readonly state: () => 'starting' | 'serving' | 'finishing'
  /** Resolves with its ports when it is open; rejects with the error when it could not start. */
  readonly isOpen: Promise<readonly number[]>
  /** Resolves with the exit code or signal, as text. Never rejects. */
  readonly gone: Promise<string>
  /** Resolves when it stops on its own and accepts no more connections. */
  readonly leaving: Promise<void>
  /** Audit lines. */
  readonly lines: Readable
  /** Its last known metrics. */
  readonly numbers: () => unknown[]
  /** Rejects when the worker has exited, failed, or does not answer within `timeout` milliseconds (default 5 s). */
  query<A extends keyof WorkerQueryResults>(
    question: WorkerQuery & { readonly about: A },
    timeout?: number,
  ): Promise<WorkerQueryResults[A]>
  /** Its listening sockets as handles of this process; the caller passes them on and closes them. */
  sockets(): Promise<ReadonlyMap<string, ListeningSocket>>
  stop(timeout: number): void
  kill(): void
}

export interface WorkerOptions {
  readonly snapshot: Snapshot
  readonly logLevel: LogLevel
  /** Listening sockets received from another worker, by `listenAddress`. */
  readonly sockets?: ReadonlyMap<string, ListeningSocket>
}

/** The entry point of the program, also in a package, where all modules are one file. */
const program = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))

export function startWorker({ snapshot, logLevel, sockets = new Map() }: WorkerOptions): WorkerProcess {
  const child = fork(program, [workerArgument], {
    // Least privilege: workers parse untrusted input and must not start processes.
    execArgv: process.execArgv.filter((flag) => flag !== '--allow-child-process'),
    serialization: 'advanced',
    stdio: ['ignore', 2, 2, 'ipc', 'pipe'],
  })
  let state: 'starting' | 'serving' | 'finishing' = 'starting'
  let numbers: unknown[] = []
  let lastId = 0
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  const passed = new Map<string, ListeningSocket>()
  const open = Promise.withResolvers<readonly number[]>()
  const gone = Promise.withResolvers<string>()
  const leaving = Promise.withResolvers<void>()
  open.promise.catch(() => {})

  child.on('message', (message: FromWorker, socket: unknown) => {
    switch (message.kind) {
      case 'open':
        state = 'serving'
        return open.resolve(message.ports)
      case 'failed':
        return open.reject(failureOf(message))
      case 'answer':
        return waiting.get(message.id)?.resolve(message.value)
      case 'unanswered':
        return waiting.get(message.id)?.reject(failureOf(message))
      case 'socket':
        return void passed.set(message.address, socket as ListeningSocket)
      case 'leaving':
        state = 'finishing'
        return leaving.resolve()
      case 'last':
        numbers = message.numbers
        return
      default:
        return never(message)
    }
  })
  const onExit = (how: string): void => {
    const error = new Error(`the worker ended: ${how}`)
    open.reject(error)
    for (const query of waiting.values()) query.reject(error)
    gone.resolve(how)
  }
  child.on('error', (error) => onExit(error.message))
  child.on('exit', (code, signal) => onExit(signal === null ? `code ${code}` : signal))
  const lines = child.stdio[4] as Readable
  lines.on('error', () => {})

  const send = (message: ToWorker, socket?: ListeningSocket): void => {
    // A closed channel is handled by the 'exit' event.
    if (child.connected) child.send(message, socket as SendHandle | undefined, {}, () => {})
  }
  for (const [address, socket] of sockets) send({ kind: 'socket', address }, socket)
  send({ kind: 'start', snapshot, logLevel })

  async function query<A extends keyof WorkerQueryResults>(
    question: WorkerQuery & { readonly about: A },
    timeout = 5_000,
  ): Promise<WorkerQueryResults[A]> {
    const id = ++lastId
    const result = Promise.withResolvers<unknown>()
    waiting.set(id, result)
    const late = setTimeout(() => result.reject(new Error('the worker does not respond')), timeout)
    if (child.connected) send({ kind: 'ask', id, question })
    else result.reject(new Error('the worker has exited'))
    try {
      const value = (await result.promise) as WorkerQueryResults[A]
      if (question.about === 'numbers') numbers = value as WorkerQueryResults['numbers']
      return value
    } finally {
      clearTimeout(late)
      waiting.delete(id)
    }
  }

  return {
    pid: child.pid ?? 0,
    state: () => state,
    isOpen: open.promise,
    gone: gone.promise,
    leaving: leaving.promise,
    lines,
    numbers: () => numbers,
    query,
    async sockets() {
      await query({ about: 'sockets' })
      const all = new Map(passed)
      passed.clear()
      return all
    },
    stop(timeout) {
      state = 'finishing'
      send({ kind: 'stop', timeout })
    },
    kill: () => void child.kill('SIGKILL'),
  }
}

function failureOf({ message, code }: { readonly message: string; readonly code: string | undefined }): Error {
  return code === undefined ? new Error(message) : Object.assign(new Error(message), { code })
}
