// Worker process: a gateway without audit files, management listeners and file watcher, controlled by the supervisor over IPC.

import type { Socket } from 'node:net'
import type { ListeningSocket } from '../../http/server/listener.ts'
import { startGateway, type WorkingGateway } from '../start-gateway.ts'
import { redactText } from '../../telemetry/redact.ts'
import { createPipeSink } from './pipe-sink.ts'
import type { WorkerQueryResults, FromWorker, WorkerQuery, Snapshot, ToWorker } from './messages.ts'
import { readSnapshot } from './config-snapshot.ts'
import { never } from '../../policy/never.ts'

/** File descriptor of the pipe for audit lines; 3 is the IPC channel. */
export const auditPipe = 4

/** Milliseconds from an uncaught error to the forced exit, and for open requests to drain within it. */
const maxShutdownTime = 15_000
const shutdownTimeout = 10_000

const sockets = new Map<string, ListeningSocket>()
const running: { gateway?: WorkingGateway; snapshot?: Snapshot } = {}

process.on('message', (message: ToWorker, passed: unknown) => {
  switch (message.kind) {
    case 'socket':
      return void sockets.set(message.address, passed as ListeningSocket)
    case 'start':
      return void start(message)
    case 'ask':
      return void replyTo(message.id, message.question)
    case 'stop':
      return void shutDown(0, message.timeout)
    default:
      return never(message)
  }
})
// Without its supervisor this process could neither record events nor be stopped or replaced.
process.on('disconnect', () => process.exit(1))
// A terminal sends SIGINT to the whole process group; the supervisor handles it.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
process.on('SIGTERM', () => {
  send({ kind: 'leaving' })
  shutDown(0, shutdownTimeout)
})
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
    process.stderr.write(`einlass: unexpected error, this worker stops: ${redactText(what)}\n`)
    setTimeout(() => process.exit(1), maxShutdownTime).unref()
    send({ kind: 'leaving' })
    shutDown(1, shutdownTimeout)
  })
}

async function start({ snapshot, logLevel }: ToWorker & { kind: 'start' }): Promise<void> {
  running.snapshot = snapshot
  try {
    const started = await startGateway({
      file: snapshot.file,
      env: process.env,
      logLevel,
      load: () => readSnapshot(running.snapshot!, process.env),
      worker: { sinks: [createPipeSink(auditPipe)], sockets },
    })
    if (started.state === 'refused') throw new Error(started.problems.join('\n'))
    running.gateway = started.gateway
    const taken = started.gateway.sockets()
    // Sockets the new configuration does not listen on any more.
    for (const [address, socket] of sockets) if (!taken.has(address)) socket.close()
    send({ kind: 'open', ports: started.gateway.ports })
  } catch (error) {
    send({ kind: 'failed', message: error instanceof Error ? error.message : String(error), code: codeOf(error) }, () =>
      process.exit(1),
    )
  }
}

async function replyTo(id: number, question: WorkerQuery): Promise<void> {
  try {
    send({ kind: 'answer', id, value: await answerQuery(question) })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    send({ kind: 'unanswered', id, message, code: codeOf(error) })
  }
}

async function answerQuery(question: WorkerQuery): Promise<WorkerQueryResults[keyof WorkerQueryResults]> {
  const { gateway } = running
  if (gateway === undefined) throw new Error('this worker is not open yet')
  const { management } = gateway
  switch (question.about) {
    case 'life':
      return true
    case 'health':
      return management.health()
    case 'numbers':
      return management.metrics.json()
    case 'administration':
      return management.administer(question.method, question.path, question.input)
    case 'sockets': {
      for (const [address, socket] of gateway.sockets()) send({ kind: 'socket', address }, undefined, socket)
      return true
    }
    case 'reload': {
      const before = running.snapshot
      running.snapshot = question.snapshot
      const reloaded = await gateway.reload()
      if (reloaded.state !== 'refused') return []
      running.snapshot = before
      return reloaded.problems
    }
    default:
      return never(question)
  }
}

/** Graceful shutdown: drains, then exits. A second call may only shorten the timeout. */
function shutDown(code: number, timeout: number): void {
  process.exitCode ??= code
  if (running.gateway === undefined) return process.exit(1)
  const { gateway } = running
  gateway
    .stop(timeout)
    .then(() => gateway.management.metrics.json())
    .then((numbers) => send({ kind: 'last', numbers }, () => process.exit()))
    .catch(() => process.exit(1))
}

function send(message: FromWorker, sent: () => void = () => {}, socket?: ListeningSocket): void {
  // Without the channel the message is dropped: the process is exiting.
  if (process.connected) process.send!(message, socket as Socket | undefined, {}, sent)
  else sent()
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
