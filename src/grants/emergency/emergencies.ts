// Emergency access that is running, or ended and not reviewed: derived from the requests and grants in memory.

import type { Grant } from '../../policy/grant.ts'
import { emergencyProvider, subjectKey, type Subject } from '../../policy/subject.ts'
import type { GrantRequest } from '../requests/request.ts'

export interface Emergency {
  readonly request: GrantRequest
  /** Epoch milliseconds. `until`: the planned end; `endedAt`: the actual one, undefined while it is running. */
  readonly since: number
  readonly until: number
  readonly endedAt: number | undefined
}

export interface EmergencySources {
  readonly requests: { all(): readonly GrantRequest[] }
  readonly grants: { all(): readonly Grant[] }
}

/** Running ones and those whose review is open, newest first. Costs one pass over the requests where there are none. */
export function openEmergencies({ requests, grants }: EmergencySources, now: number): readonly Emergency[] {
  const found = requests.all().filter(({ emergency, terms }) => emergency && terms !== undefined)
  if (found.length === 0) return []
  const byId = new Map(grants.all().map((grant) => [grant.id, grant]))
  return found
    .map((request) => emergencyOf(request, request.grant === undefined ? undefined : byId.get(request.grant), now))
    .filter(({ endedAt, request }) => endedAt === undefined || request.reviewed === undefined)
}

export function runningEmergencies(sources: EmergencySources, now: number): readonly Emergency[] {
  return openEmergencies(sources, now).filter(({ endedAt }) => endedAt === undefined)
}

/** `grant`: undefined until it is written; the emergency is running from its request on. */
function emergencyOf(request: GrantRequest, grant: Grant | undefined, now: number): Emergency {
  const { from, until } = request.terms!
  const end = Math.min(grant?.until ?? until, grant?.revokedAt ?? Infinity)
  return { request, since: from, until, endedAt: now >= end ? end : undefined }
}

/**
 * Who uses it. `stated`: an emergency code was used, and the name is only what was typed into the form; undefined
 * for a record without one.
 */
export type EmergencyUser =
  | { readonly stated: true; readonly name: string | undefined; readonly code: string }
  | { readonly stated: false; readonly name: string }

export function emergencyUser({ by, statedName }: GrantRequest): EmergencyUser {
  return by.provider === emergencyProvider
    ? { stated: true, name: statedName, code: by.sub }
    : { stated: false, name: by.name ?? by.email ?? subjectKey(by) }
}

export function isOwnEmergency({ request }: Emergency, subject: Pick<Subject, 'provider' | 'sub'>): boolean {
  return subjectKey(request.by) === subjectKey(subject)
}
