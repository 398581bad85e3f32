// Fields of requests and responses in HTTP/2: pseudo-headers, lower-case names, nothing that belongs to one connection.

import type { RawHeaders } from '../headers/response-headers.ts'
import { isGrpc } from '../../http/grpc.ts'
import { isRequestTarget, isToken } from '../../http/field-syntax.ts'
import type { UpstreamRequest } from './connection.ts'
import { toRawHeaders } from '../headers/serialized-headers.ts'

/** RFC 9113 8.2.2: they make a message malformed. Content-Length is written anew. */
const notInRequests = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'content-length',
  'host',
])

/**
 * Flat, for `ClientHttp2Session.request`. `:authority` is the Host the application sees (RFC 9113 8.3.1). Undefined when
 * method or target is invalid.
 */
export function requestFields(
  { method, path, headers, body, contentLength }: UpstreamRequest,
  scheme: 'http' | 'https',
): string[] | undefined {
  if (!isRequestTarget(path) || !isToken(method)) return undefined
  const pseudo = [':method', method, ':scheme', scheme, ':path', path]
  const fields: string[] = []
  const list = toRawHeaders(headers)
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i]!.toLowerCase()
    const value = list[i + 1]!
    if (name === 'host') pseudo.push(':authority', value)
    // RFC 9113 8.2.1: no white space around a value.
    else if (!notInRequests.has(name)) fields.push(name, value.trim())
  }
  if (body !== null && contentLength !== undefined) fields.push('content-length', String(contentLength))
  return [...pseudo, ...fields]
}

/** Flat trailers as `Http2Stream.sendTrailers` takes them. */
export function trailerFields(trailers: readonly string[]): Record<string, string[]> {
  const record: Record<string, string[]> = Object.create(null)
  for (let i = 0; i < trailers.length; i += 2) (record[trailers[i]!.toLowerCase()] ??= []).push(trailers[i + 1]!)
  return record
}

/**
 * `raw` as Node reports it. A response of gRPC ends with trailers, which a response with Content-Length has none of in
 * HTTP/1.1: it is left out, unless the head is all there is.
 */
export function responseFields(raw: readonly string[], endsWithHead: boolean): RawHeaders {
  const fields: string[] = []
  let sized = -1
  let grpc = false
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!
    if (name[0] === ':') continue
    if (name === 'content-length') sized = fields.length
    else if (name === 'content-type') grpc = isGrpc(raw[i + 1]!)
    fields.push(name, raw[i + 1]!)
  }
  if (grpc && sized >= 0 && !endsWithHead) fields.splice(sized, 2)
  return fields
}
