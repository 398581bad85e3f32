// Classifies errors of upstream connections: timeout, closed, invalid request, not processed, other.

import type { LimitKey } from './upstream-limits.ts'

/**
 * `refused_by_us`: the request was not sent because it is invalid; no failure of the upstream. `unprocessed`: the upstream
 * states that it did not process the request (RFC 9113 8.7).
 */
export type UpstreamErrorKind = 'timeout' | 'closed' | 'refused_by_us' | 'unprocessed' | 'other'

const errorKinds: Readonly<Record<string, UpstreamErrorKind>> = {
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  ETIMEDOUT: 'timeout',
  UND_ERR_SOCKET: 'closed',
  ECONNRESET: 'closed',
  EPIPE: 'closed',
  UPSTREAM_CONNECT_TIMEOUT: 'timeout',
  UPSTREAM_SILENT: 'timeout',
  UPSTREAM_CLOSED: 'closed',
  UPSTREAM_REFUSED_BY_US: 'refused_by_us',
  UPSTREAM_UNPROCESSED: 'unprocessed',
  UND_ERR_INVALID_ARG: 'refused_by_us',
  UND_ERR_NOT_SUPPORTED: 'refused_by_us',
}

/** Errors of a limit, and the key under `apps.NAME` that sets it. */
const limitKeys: Readonly<Record<string, LimitKey>> = {
  UND_ERR_CONNECT_TIMEOUT: 'timeouts.connect',
  UPSTREAM_CONNECT_TIMEOUT: 'timeouts.connect',
  UND_ERR_HEADERS_TIMEOUT: 'timeouts.headers',
  UPSTREAM_SILENT: 'timeouts.headers',
  UND_ERR_HEADERS_OVERFLOW: 'limits.headers',
  // llhttp of undici; not with its code in every version.
  HPE_HEADER_OVERFLOW: 'limits.headers',
  UPSTREAM_HEAD_TOO_LARGE: 'limits.headers',
}

export type OwnErrorCode =
  | 'UPSTREAM_CONNECT_TIMEOUT'
  | 'UPSTREAM_SILENT'
  | 'UPSTREAM_CLOSED'
  | 'UPSTREAM_INVALID'
  | 'UPSTREAM_HEAD_TOO_LARGE'
  | 'UPSTREAM_REFUSED_BY_US'
  | 'UPSTREAM_UNPROCESSED'
  | 'UPSTREAM_RESET'

/** Creates an error of the HTTP/1 and HTTP/2 clients. */
export function upstreamError(code: OwnErrorCode, message: string): Error {
  return Object.assign(new Error(message), { code })
}

export function errorKindOf(error: Error): UpstreamErrorKind {
  return errorKinds[codeOf(error)] ?? 'other'
}

export function isTimeout(error: Error): boolean {
  return errorKindOf(error) === 'timeout'
}

/** The limit that the upstream exceeded; undefined: none. */
export function limitOf(error: Error): LimitKey | undefined {
  return limitKeys[codeOf(error)]
}

/** For the log. */
export function describeError(error: Error): string {
  const code = codeOf(error)
  return code === '' ? error.message : `${code}: ${error.message}`
}

function codeOf(error: Error): string {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : ''
}
