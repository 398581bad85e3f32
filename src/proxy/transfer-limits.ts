// Transfer limits of one exchange: upload and download bytes, by the rule that allowed it and the global upload limit.

import type { Readable } from 'node:stream'
import { RequestBody, type KeptBody, type UploadLimits } from './request-body.ts'
import type { ForwardRequest } from './upstream.ts'

type BodyRequest = Pick<ForwardRequest, 'limits' | 'grpc' | 'signedIn'>

/** Bytes; Infinity when there is no limit. */
export function maxUpload({ limits }: BodyRequest, globalLimit: UploadLimits): number {
  return Math.min(limits?.upload ?? Infinity, globalLimit.bytes ?? Infinity)
}

export function maxDownload({ limits }: BodyRequest): number {
  return limits?.download ?? Infinity
}

/** The body of one attempt; fails with `body_too_large` beyond the stricter of the two limits. `kept`: by earlier attempts. */
export function limitedBody(
  source: Readable,
  request: BodyRequest,
  globalLimit: UploadLimits,
  kept?: KeptBody,
): RequestBody {
  const { grpc, signedIn = true } = request
  // A stream of gRPC may be silent in both directions; the lease of its session ends it. Without a session, time does.
  const idle = grpc === true && signedIn ? 0 : globalLimit.idle
  if (request.limits?.upload === undefined && idle === globalLimit.idle)
    return new RequestBody(source, globalLimit, kept)
  return new RequestBody(source, { idle, bytes: uploadBytes(maxUpload(request, globalLimit)) }, kept)
}

function uploadBytes(max: number): number | undefined {
  return max === Infinity ? undefined : max
}

/** Content-Length of a response in bytes (RFC 9110 6.4.1, 8.6); 0 when it has no body, undefined when not stated. */
export function responseLength(method: string, status: number, headers: readonly string[]): number | undefined {
  if (method === 'HEAD' || status === 204 || status === 304) return 0
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]!.toLowerCase() === 'content-length') return Number(headers[i + 1])
  }
  return undefined
}
