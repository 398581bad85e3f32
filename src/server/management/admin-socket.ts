// Admin API on a unix socket; its file permissions (0600) are the access control.

import { chmodSync, lstatSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { Logger } from '../../telemetry/logger.ts'
import type { ManagementHandler } from './api/routes.ts'

/** Field of every answer: the IANA name in `gateway.time_zone`. */
export const timeZoneHeader = 'Einlass-Time-Zone'

const maxBodyBytes = 64 * 1024

/** Rejects when another process listens there, the path is not a socket, or the folder is not writable. Returns the close function. */
export async function openAdminSocket(
  path: string,
  handle: ManagementHandler,
  timeZone: () => string,
  log: Logger,
): Promise<() => Promise<void>> {
  if (await isListening(path)) throw new Error(`gateway.admin_socket: ${path}: another gateway listens on it`)
  // Removes only a stale socket that a killed gateway left behind, never another kind of file.
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found?.isSocket() === false) throw new Error(`gateway.admin_socket: ${path}: exists and is not a socket`)
  rmSync(path, { force: true })
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    request.on('error', () => {})
    response.on('error', () => {})
    const reply = (status: number, value: unknown): void => {
      response.writeHead(status, {
        'Content-Type': 'application/json',
        'Cache-Control': 'no-store',
        // For commands, which print times for people; values are epoch milliseconds.
        [timeZoneHeader]: timeZone(),
      })
      // Absent values are null, so that every response has every key and programs see one shape.
      response.end(`${JSON.stringify(value, (_key, member: unknown) => (member === undefined ? null : member))}\n`)
    }
    readJson(request)
      .then((input) => {
        if (input === undefined) return reply(400, { error: 'the body is not a JSON object, or larger than 64 KiB' })
        return handle(request.method ?? '', request.url ?? '', input).then(({ status, value }) => reply(status, value))
      })
      .catch((error: unknown) => {
        const unreachable = error instanceof Error && 'code' in error && error.code === 'store_unreachable'
        if (!unreachable) log.error({ err: error }, 'an admin API request failed')
        reply(503, { error: unreachable ? 'store unreachable; nothing was changed' : 'internal error; see the log' })
      })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = `cannot listen on it (${cause.code}): does its folder exist, and may this user write to it?`
      reject(new Error(`gateway.admin_socket: ${path}: ${why}`, { cause }))
    })
    // `listen` binds synchronously, so the umask applies to the socket file: no client can connect before its mode is 0600.
    const mask = process.umask(0o177)
    server.listen(path, resolve)
    process.umask(mask)
  })
  chmodSync(path, 0o600)
  server.on('error', (error) => log.error({ err: error }, 'admin socket error'))
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

/** {} for an empty body; undefined when it is not a JSON object or larger than `maxBodyBytes`. */
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
