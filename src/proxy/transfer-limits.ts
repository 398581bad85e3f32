// How much one exchange may carry in each direction: what its rule says, and what holds for everybody.

import type { Readable } from 'node:stream'
import { RequestBody, type UploadLimits } from './request-body.ts'
import type { Forwarded } from './upstream.ts'

type Asked = Pick<Forwarded, 'limits'>

/** Bytes; Infinity when there is no limit. */
export function uploadAtMost({ limits }: Asked, everybody: UploadLimits): number {
  return Math.min(limits?.upload ?? Infinity, everybody.bytes ?? Infinity)
}

export function downloadAtMost({ limits }: Asked): number {
  return limits?.download ?? Infinity
}

/** The body of one attempt, which breaks with `body_too_large` at the stricter of the two limits. */
export function limitedBody(source: Readable, asked: Asked, everybody: UploadLimits): RequestBody {
  if (asked.limits?.upload === undefined) return new RequestBody(source, everybody)
  return new RequestBody(source, { ...everybody, bytes: uploadAtMost(asked, everybody) })
}

/** RFC 9110 6.4.1 and 8.6: how much of a body an answer announces; 0 where none follows, undefined when it does not say. */
export function announced(method: string, status: number, headers: readonly string[]): number | undefined {
  if (method === 'HEAD' || status === 204 || status === 304) return 0
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i]!.toLowerCase() === 'content-length') return Number(headers[i + 1])
  }
  return undefined
}
