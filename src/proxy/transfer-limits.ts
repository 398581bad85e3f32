// Transfer limits of one exchange: upload and download bytes, by the rule that allowed it and the global upload limit.

import type { Readable } from 'node:stream'
import { RequestBody, type UploadLimits } from './request-body.ts'
import type { ForwardRequest } from './upstream.ts'

type BodyRequest = Pick<ForwardRequest, 'limits'>

/** Bytes; Infinity when there is no limit. */
export function maxUpload({ limits }: BodyRequest, globalLimit: UploadLimits): number {
  return Math.min(limits?.upload ?? Infinity, globalLimit.bytes ?? Infinity)
}

export function maxDownload({ limits }: BodyRequest): number {
  return limits?.download ?? Infinity
}

/** The body of one attempt; fails with `body_too_large` beyond the stricter of the two limits. */
export function limitedBody(source: Readable, request: BodyRequest, globalLimit: UploadLimits): RequestBody {
  if (request.limits?.upload === undefined) return new RequestBody(source, globalLimit)
  return new RequestBody(source, { ...globalLimit, bytes: maxUpload(request, globalLimit) })
}

/** Content-Length of a response in bytes (RFC 9110 6.4.1, 8.6); 0 when it has no body, undefined when not stated. */
export function responseLength(method: string, status: number, headers: readonly string[]): number | undefined {
  if (method === 'HEAD' || status === 204 || status === 304) return 0
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]!.toLowerCase() === 'content-length') return Number(headers[i + 1])
  }
  return undefined
}
