// The admin API on a unix socket: whoever the file's permissions let in is an administrator.

import { chmodSync, lstatSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { Logger } from '../../telemetry/logger.ts'
import type { ManagementHandler } from './api/routes.ts'

const maxBodyBytes = 64 * 1024

/** Rejects when another process listens there, something else lies there, or the folder cannot be written. Returns how to close it. */
export async function openAdminSocket(
  path: string,
  handle: ManagementHandler,
  log: Logger,
): Promise<() => Promise<void>> {
  if (await isListening(path)) throw new Error(`gateway.admin_socket: ${path}: another gateway listens there`)
  // Only what a gateway that was killed left behind: whatever else lies there is somebody's.
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found?.isSocket() === false) throw new Error(`gateway.admin_socket: ${path}: something else lies there`)
  rmSync(path, { force: true })
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    request.on('error', () => {})
    response.on('error', () => {})
    const answer = (status: number, value: unknown): void => {
      response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
      // Every key in every answer, so that programs find the same shape: null is what there is none of.
      response.end(`${JSON.stringify(value, (_key, one: unknown) => (one === undefined ? null : one))}\n`)
    }
    readJson(request)
      .then((input) => {
        if (input === undefined) return answer(400, { error: 'the body is no JSON object' })
        return handle(request.method ?? '', request.url ?? '', input).then(({ status, value }) => answer(status, value))
      })
      .catch((error: unknown) => {
        const store = error instanceof Error && 'code' in error && error.code === 'store_unreachable'
        if (!store) log.error({ err: error }, 'an administrator’s request failed')
        answer(503, { error: store ? 'the store does not answer; nothing was changed' : 'it failed; the log says why' })
      })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = `cannot listen there (${cause.code}): is there such a folder, and may this user write into it?`
      reject(new Error(`gateway.admin_socket: ${path}: ${why}`, { cause }))
    })
    // Bound within this call: nobody can connect before the mode is right.
    const mask = process.umask(0o177)
    server.listen(path, resolve)
    process.umask(mask)
  })
  chmodSync(path, 0o600)
  server.on('error', (error) => log.error({ err: error }, 'the admin socket failed'))
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => (socket.destroy(), resolve(true)))
    socket.once('error', () => resolve(false))
  })
}

/** {} without a body; undefined when it is no JSON object or too large. */
async function readJson(body: AsyncIterable<Buffer>): Promise<Readonly<Record<string, unknown>> | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > maxBodyBytes) return undefined
    chunks.push(chunk)
  }
  if (size === 0) return {}
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
