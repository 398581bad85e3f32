// Speaks to a running gateway over its admin socket.

import { request } from 'node:http'
import { resolve } from 'node:path'
import { adminSocketOf } from './find-admin-socket.ts'
import type { Io } from './command.ts'
import { plain } from './table.ts'
import { UsageError } from './parse-arguments.ts'

export interface ApiResult {
  readonly status: number
  readonly value: unknown
}

export const socketOptions = {
  socket: { type: 'string' },
  config: { type: 'string' },
  json: { type: 'boolean' },
} as const

export const socketHelp = `Which gateway:
  --socket PATH   its admin socket (gateway.admin_socket; or the variable EINLASS_ADMIN_SOCKET), or
  --config FILE   the configuration that names it

  --json          for programs
`

/**
 * Where the socket is: named, in the environment (EINLASS_ADMIN_SOCKET), or in the configuration. Throws `WrongUsage`
 * when nothing says so; rejects with one line.
 */
export async function socketPath(
  values: { readonly socket?: string | undefined; readonly config?: string | undefined },
  io: Io,
): Promise<string> {
  const named = values.socket ?? (values.config === undefined ? io.env['EINLASS_ADMIN_SOCKET'] : undefined)
  if (named !== undefined) return resolve(io.cwd, named)
  if (values.config === undefined) throw new UsageError('which gateway? Name --socket PATH or --config FILE')
  return adminSocketOf(values.config, io)
}

/** Rejects with one line when nobody answers. An answer that is no JSON has the value undefined. */
export function callApi(socket: string, method: 'GET' | 'POST', path: string, input?: unknown): Promise<ApiResult> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: socket, method, path, timeout }, (response) => {
      const chunks: Buffer[] = []
      response.on('error', (error) => reject(new Error(`${socket}: ${error.message}`)))
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, value: parsed(Buffer.concat(chunks)) }))
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${timeout / 1000} s`)))
    outgoing.on('error', (error: NodeJS.ErrnoException) =>
      reject(new Error(`${plain(socket)}: ${connectErrorText(error)}`)),
    )
    outgoing.end(input === undefined ? undefined : JSON.stringify(input))
  })
}

/** Milliseconds. */
const timeout = 15_000

function connectErrorText(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'no gateway listens there (there is no such socket)'
    case 'ECONNREFUSED':
      return 'no gateway listens there any more'
    case 'EACCES':
    case 'EPERM':
      return 'not allowed: only the user the gateway runs as, and root, may'
    case 'ENAMETOOLONG':
    case 'EINVAL':
      return 'that path is too long for a socket'
    // open: any other system error
    default:
      return error.message
  }
}

function parsed(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString('utf8'))
  } catch {
    return undefined
  }
}

/** The error of an answer that was not 200: one line. */
export function errorOf({ value }: ApiResult): string {
  return typeof value === 'object' && value !== null && 'error' in value ? plain(value.error) : 'it failed'
}
