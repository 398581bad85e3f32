// What a decision looked at, as plain data for the log: enough to compute the same decision again from the log alone.

import type { AccessRequest, Absence } from '../policy/access-request.ts'
import type { Device, Posture } from '../policy/device.ts'
import type { Grant } from '../policy/grant.ts'
import type { Authentication, Subject } from '../policy/subject.ts'

/** Epoch milliseconds; JSON has no infinity, so that is written as text. */
export type Moment = number | 'Infinity' | '-Infinity' | 'NaN'

export type GrantInput = Omit<Grant, 'from' | 'until'> & { readonly from: Moment; readonly until: Moment }

/** `AccessRequest` with its set as a sorted list and its moments safe for JSON. Undefined fields are left out there. */
export interface DecisionInput {
  readonly identity: { readonly subject: Subject; readonly authentication: Authentication } | undefined
  readonly absence: Absence
  readonly device: Device
  readonly grants: readonly GrantInput[]
  readonly network: { readonly address: string; readonly names: readonly string[] }
  readonly method: string
  readonly path: string
  readonly now: Moment
}

export function decisionInput(access: AccessRequest): DecisionInput {
  return {
    identity: access.identity && {
      subject: access.identity.subject,
      authentication: access.identity.authentication,
    },
    absence: access.absence,
    device: access.device,
    grants: grantsInput(access.grants),
    network: { address: access.network.address, names: namesInput(access.network.names) },
    method: access.method,
    path: access.path,
    now: moment(access.now),
  }
}

export function grantsInput(grants: readonly Grant[]): readonly GrantInput[] {
  return grants.map((grant) => ({ ...grant, from: moment(grant.from), until: moment(grant.until) }))
}

export function namesInput(names: ReadonlySet<string>): readonly string[] {
  return [...names].sort()
}

export function moment(time: number): Moment {
  return Number.isFinite(time) ? time : (String(time) as Moment)
}

/** The way back, also for an input that went through JSON: what JSON left out is undefined again. */
export function accessFrom(input: DecisionInput): AccessRequest {
  return {
    identity: input.identity && {
      subject: subjectFrom(input.identity.subject),
      authentication: authenticationFrom(input.identity.authentication),
    },
    absence: input.absence,
    device:
      input.device.state === 'known'
        ? { state: 'known', posture: postureFrom(input.device.posture) }
        : { state: input.device.state },
    grants: input.grants.map(grantFrom),
    network: { address: input.network.address, names: new Set(input.network.names) },
    method: input.method,
    path: input.path,
    now: Number(input.now),
  }
}

function subjectFrom(subject: Subject): Subject {
  return { ...subject, email: subject.email, name: subject.name, username: subject.username }
}

function authenticationFrom(authentication: Authentication): Authentication {
  return { ...authentication, acr: authentication.acr, authTime: authentication.authTime }
}

function grantFrom(grant: GrantInput): Grant {
  return {
    ...grant,
    from: Number(grant.from),
    until: Number(grant.until),
    schedule: grant.schedule,
    sponsor: grant.sponsor,
    reason: grant.reason,
    revokedAt: grant.revokedAt,
  }
}

function postureFrom(posture: Posture): Posture {
  return {
    ...posture,
    managed: posture.managed,
    owner: posture.owner,
    compliant: posture.compliant,
    diskEncrypted: posture.diskEncrypted,
    os: posture.os,
    screenLock: posture.screenLock,
    firewall: posture.firewall,
    antivirus: posture.antivirus && { present: posture.antivirus.present, healthy: posture.antivirus.healthy },
    risk: posture.risk,
  }
}
