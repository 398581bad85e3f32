// Upstream request headers, serialized to field lines: a per-request part and two cached parts (per host, per user).

import { isFieldValue, isToken } from '../../http/field-syntax.ts'
import type { ConnectionCredentials } from './connection-auth.ts'

export interface RequestHeaders {
  readonly perRequest: string
  /** Cached: fields that depend on the app's host, and on the user. */
  readonly perHost: SerializedHeaders
  readonly perUser: SerializedHeaders
  /** Authorization is of a connection-bound scheme (NTLM, Negotiate): the connection becomes this person's own. */
  readonly credentials?: ConnectionCredentials | undefined
}

/** Field lines, serialized once and reused. */
export interface SerializedHeaders {
  readonly lines: string
}

export const noHeaders: SerializedHeaders = { lines: '' }

/** `begins`: a valid name, colon and space. Throws `invalid_header` when the value could inject a line. */
export function headerLine(begins: string, value: string): string {
  if (!isFieldValue(value)) throw invalid()
  return `${begins}${value}\r\n`
}

/** `list`: name, value, ... Throws `invalid_header` when a name or value could inject a line. */
export function serialize(list: readonly string[]): SerializedHeaders {
  const pieces: string[] = []
  for (let i = 0; i < list.length; i += 2) {
    if (!isToken(list[i]!)) throw invalid()
    pieces.push(headerLine(`${list[i]!}: `, list[i + 1]!))
  }
  // join() gives a flat string; concatenation would keep a rope, which is larger and flattened at each use.
  return { lines: pieces.join('') }
}

/** For an app with `host: upstream`, whose fields have no Host yet. `line`: that of the server. */
export function withHostLine(headers: RequestHeaders, line: string): RequestHeaders {
  return { ...headers, perRequest: line + headers.perRequest }
}

/** Name, value, ... for a client that serializes fields itself (undici). */
export function toRawHeaders({ perRequest, perHost, perUser }: RequestHeaders): string[] {
  return `${perRequest}${perHost.lines}${perUser.lines}`.split('\r\n').flatMap((line) => {
    const colon = line.indexOf(': ')
    return colon < 0 ? [] : [line.slice(0, colon), line.slice(colon + 2)]
  })
}

function invalid(): Error {
  return Object.assign(new Error('invalid header field in a request'), { code: 'invalid_header' })
}
