// Speaks to a running gateway over its admin socket.

import { request } from 'node:http'
import { resolve } from 'node:path'
import { loadConfiguration } from '../config/load.ts'
import type { Io } from './command.ts'

export interface Called {
  readonly status: number
  readonly value: unknown
}

export const socketOptions = {
  socket: { type: 'string' },
  config: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

export const socketHelp = `  --socket PATH   the admin socket (gateway.admin_socket), or
  --config FILE   the configuration that names it
  --json          for programs
`

/** Where the socket is: named, in the environment (EINLASS_ADMIN_SOCKET), or in the configuration. Rejects with one line. */
export async function socketPath(
  values: { socket?: string | undefined; config?: string | undefined },
  io: Io,
): Promise<string> {
  const named = values.socket ?? (values.config === undefined ? io.env['EINLASS_ADMIN_SOCKET'] : undefined)
  if (named !== undefined) return resolve(io.cwd, named)
  if (values.config === undefined) throw new Error('which gateway? Name --socket PATH or --config FILE')
  const loaded = await loadConfiguration({ file: resolve(io.cwd, values.config), env: io.env })
  const path = loaded.state === 'valid' ? loaded.configuration.gateway.adminSocket : undefined
  if (path === undefined) throw new Error(`${values.config}: names no gateway.admin_socket, or is not valid`)
  return path
}

/** Rejects with one line when nobody answers. An answer that is no JSON has the value undefined. */
export function call(socket: string, method: 'GET' | 'POST', path: string, input?: unknown): Promise<Called> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: socket, method, path, timeout: 15_000 }, (response) => {
      const chunks: Buffer[] = []
      response.on('error', reject)
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, value: parsed(Buffer.concat(chunks)) }))
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 15 s')))
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'ENOENT' || error.code === 'ECONNREFUSED' ? 'no gateway listens there' : error.message
      reject(new Error(`${socket}: ${why}`))
    })
    outgoing.end(input === undefined ? undefined : JSON.stringify(input))
  })
}

function parsed(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString('utf8'))
  } catch {
    return undefined
  }
}

/** The error of an answer that was not 200. */
export function errorOf({ value }: Called): string {
  return typeof value === 'object' && value !== null && 'error' in value ? String(value.error) : 'it failed'
}
