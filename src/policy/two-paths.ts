// Requests that name two paths (COPY, MOVE: RFC 4918 9.8, 9.9): one access request for each, and their joint decision.

import type { AccessRequest } from './access-request.ts'
import type { Decision, Effect, Limits } from './decision.ts'

/** Access to the source of a request with a destination. A copy leaves its source as it is: it is read, as by GET. */
export function sourceAccess(access: AccessRequest): AccessRequest {
  return { ...access, method: sourceMethod(access.method), destination: undefined }
}

/** Access to the destination: a write, by the method of the request. */
export function destinationAccess(access: AccessRequest, destination: string): AccessRequest {
  return { ...access, path: destination, destination: undefined }
}

/** Method by which a request with a destination uses its source. */
export function sourceMethod(method: string): string {
  return method === 'COPY' ? 'GET' : method
}

/** The decision that counts, when it is not an allow: a denial before a challenge, which would lead to the denial. */
export function decisiveOf(source: Decision, destination: Decision): 'source' | 'destination' {
  return severity[enforcedEffect(source)] > severity[enforcedEffect(destination)] ? 'source' : 'destination'
}

const severity: Readonly<Record<Effect, number>> = { allow: 0, challenge: 1, deny: 2 }

function enforcedEffect({ effect, monitored }: Decision): Effect {
  return monitored ?? effect
}

/** Allows only what both allow, within the limits and the validity of both. */
export function bothOf(source: Decision, destination: Decision): Decision {
  const decisive = decisiveOf(source, destination) === 'source' ? source : destination
  const observed = [...(source.observed ?? []), ...(destination.observed ?? [])]
  const names = observed.map(({ rule }) => rule)
  const distinct = observed.filter(({ rule }, at) => names.indexOf(rule) === at)
  const sourceGrant = source.grant === destination.grant ? undefined : source.grant
  const decision: Decision = {
    ...decisive,
    limits: stricter(source.limits, destination.limits),
    validUntil: Math.min(source.validUntil, destination.validUntil),
  }
  return {
    ...decision,
    ...(sourceGrant !== undefined && decision.effect === 'allow' && { sourceGrant }),
    ...(distinct.length > 0 && { observed: distinct }),
  }
}

function stricter(left: Limits, right: Limits): Limits {
  const least = (one: number | undefined, other: number | undefined): number | undefined =>
    one === undefined || other === undefined ? (one ?? other) : Math.min(one, other)
  return { download: least(left.download, right.download), upload: least(left.upload, right.upload) }
}
