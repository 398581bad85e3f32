// Errors of HTTP/2 streams that ended before their response was complete.

import { constants } from 'node:http2'
import { upstreamError } from '../upstream-error.ts'
import type { UpstreamSession } from './http2-session.ts'

/** RFC 9113 7. */
const names = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
] as const

/** `code` of the reset; `cause`: the error of stream or session, if there was one. */
export function resetError(
  code: number | undefined,
  id: number | undefined,
  session: UpstreamSession | undefined,
  cause: Error | undefined,
): Error {
  // RFC 9113 8.7: both say that the request was not processed.
  const beyondGoaway = session !== undefined && (id === undefined || id > session.lastProcessed)
  if (code === constants.NGHTTP2_REFUSED_STREAM || beyondGoaway) {
    return upstreamError('UPSTREAM_UNPROCESSED', 'the upstream refused the stream')
  }
  const known = cause as (Error & { readonly code?: string }) | undefined
  if (known !== undefined && known.code !== 'ERR_HTTP2_STREAM_ERROR' && known.code !== 'ERR_HTTP2_STREAM_CANCEL') {
    return known
  }
  const name = names[code ?? 0] ?? `code ${code}`
  if (name === 'CANCEL' && known?.code === 'ERR_HTTP2_STREAM_CANCEL') {
    return upstreamError('UPSTREAM_CLOSED', 'the upstream closed the connection')
  }
  // nghttp2 resets a stream with these itself when a response is malformed, or a head too large.
  const invalid = name === 'PROTOCOL_ERROR' || name === 'ENHANCE_YOUR_CALM'
  return upstreamError(
    'UPSTREAM_RESET',
    `the stream was reset: ${name}${invalid ? ', perhaps for an invalid response' : ''}`,
  )
}
