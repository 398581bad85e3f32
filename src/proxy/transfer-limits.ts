// How much one exchange may carry in each direction: what its rule says, and what holds for everybody.

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

/** The body of one attempt, which breaks with `body_too_large` at the stricter of the two limits. */
export function limitedBody(source: Readable, request: BodyRequest, globalLimit: UploadLimits): RequestBody {
  if (request.limits?.upload === undefined) return new RequestBody(source, globalLimit)
  return new RequestBody(source, { ...globalLimit, bytes: maxUpload(request, globalLimit) })
}

/** RFC 9110 6.4.1 and 8.6: how much of a body an answer announces; 0 where none follows, undefined when it does not say. */
export function exceedsContentLength(method: string, status: number, headers: readonly string[]): number | undefined {
  if (method === 'HEAD' || status === 204 || status === 304) return 0
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]!.toLowerCase() === 'content-length') return Number(headers[i + 1])
  }
  return undefined
}
