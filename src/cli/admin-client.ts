// HTTP client of the admin API over its Unix socket.

import { request } from 'node:http'
import { resolve } from 'node:path'
import { isTimeZone } from '../config/units.ts'
import { timeZoneHeader } from '../server/management/admin-socket.ts'
import { adminSocketOf } from './find-admin-socket.ts'
import type { Io } from './command.ts'
import { escapeControls } from './table.ts'
import { UsageError } from './parse-arguments.ts'

export interface ApiResult {
  readonly status: number
  readonly value: unknown
  /** IANA name for times shown to people: `gateway.time_zone`; of this machine, if the gateway states none. */
  readonly timeZone: string
}

export const socketOptions = {
  socket: { type: 'string' },
  config: { type: 'string' },
  json: { type: 'boolean' },
} as const

export const socketHelp = `Connection to the gateway:
  --socket PATH   its admin socket (gateway.admin_socket; default: environment variable EINLASS_ADMIN_SOCKET), or
  --config FILE   the configuration that sets gateway.admin_socket

  --json          JSON output
`

/**
 * Absolute path of the admin socket: from --socket, --config or the environment (EINLASS_ADMIN_SOCKET). Throws
 * `UsageError` if none is given; rejects with a one-line error.
 */
export async function socketPath(
  values: { readonly socket?: string | undefined; readonly config?: string | undefined },
  io: Io,
): Promise<string> {
  const named = values.socket ?? (values.config === undefined ? io.env['EINLASS_ADMIN_SOCKET'] : undefined)
  if (named !== undefined) return resolve(io.cwd, named)
  if (values.config === undefined) throw new UsageError('missing --socket or --config')
  return adminSocketOf(values.config, io)
}

/** Rejects with a one-line error if the gateway does not respond. `value` is undefined if the response is not JSON. */
export function callApi(socket: string, method: 'GET' | 'POST', path: string, input?: unknown): Promise<ApiResult> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: socket, method, path, timeout }, (response) => {
      const chunks: Buffer[] = []
      response.on('error', (error) => reject(new Error(`${socket}: ${error.message}`)))
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          value: parsed(Buffer.concat(chunks)),
          timeZone: zoneFrom(response.headers[timeZoneHeader.toLowerCase()]),
        }),
      )
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no response within ${timeout / 1000} s`)))
    outgoing.on('error', (error: NodeJS.ErrnoException) =>
      reject(new Error(`${escapeControls(socket)}: ${connectErrorText(error)}`)),
    )
    outgoing.end(input === undefined ? undefined : JSON.stringify(input))
  })
}

/** Milliseconds. */
const timeout = 15_000

function connectErrorText(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'no such socket: is the gateway running?'
    case 'ECONNREFUSED':
      return 'no gateway is listening on this socket'
    case 'EACCES':
    case 'EPERM':
      return 'permission denied: only root and the user of the gateway have access'
    case 'ENAMETOOLONG':
    case 'EINVAL':
      return 'the path is too long for a socket'
    // open: any other system error
    default:
      return error.message
  }
}

function zoneFrom(stated: unknown): string {
  return typeof stated === 'string' && isTimeZone(stated) ? stated : Temporal.Now.timeZoneId()
}

function parsed(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString('utf8'))
  } catch {
    return undefined
  }
}

/** One-line error message of a response other than 200. */
export function errorOf({ value }: ApiResult): string {
  return typeof value === 'object' && value !== null && 'error' in value
    ? escapeControls(value.error)
    : 'request failed'
}
