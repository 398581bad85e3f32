// Decision input: serializes an access request for the audit log, so that the decision can be replayed from the log alone.

import type { AccessRequest, Absence } from '../policy/access-request.ts'
import type { Device, Posture } from '../policy/device.ts'
import type { Grant } from '../policy/grant.ts'
import type { Authentication, Subject } from '../policy/subject.ts'

/** Epoch milliseconds; JSON has no infinity, so that is a string. */
export type Timestamp = number | 'Infinity' | '-Infinity' | 'NaN'

export type GrantInput = Omit<Grant, 'from' | 'until'> & { readonly from: Timestamp; readonly until: Timestamp }

/** `AccessRequest` with sets as sorted lists and times safe for JSON, which omits undefined members. */
export interface DecisionInput {
  readonly identity: { readonly subject: Subject; readonly authentication: Authentication } | undefined
  readonly absence: Absence
  readonly device: Device
  readonly grants: readonly GrantInput[]
  readonly network: { readonly address: string | undefined; readonly names: readonly string[] }
  readonly method: string
  readonly path: string
  readonly destination?: string | undefined
  readonly now: Timestamp
}

interface Codec<Fact, Input> {
  readonly write: (fact: Fact) => Input
  /** Also reads an input parsed from JSON: omitted members are undefined again. */
  readonly read: (input: Input) => Fact
}

/**
 * Writer and reader of every fact, in the order of the log. A member of `AccessRequest` without a row does not compile,
 * as its decisions could not be replayed.
 */
const codecs: { readonly [Fact in keyof Required<AccessRequest>]: Codec<AccessRequest[Fact], DecisionInput[Fact]> } = {
  identity: {
    write: (identity) => identity && { subject: identity.subject, authentication: identity.authentication },
    read: (identity) =>
      identity && {
        subject: subjectFrom(identity.subject),
        authentication: authenticationFrom(identity.authentication),
      },
  },
  absence: unchanged(),
  device: {
    write: (device) => device,
    read: (device) =>
      device.state === 'known' ? { state: 'known', posture: postureFrom(device.posture) } : { state: device.state },
  },
  grants: { write: grantsInput, read: (grants) => grants.map(grantFrom) },
  network: {
    write: ({ address, names }) => ({ address, names: namesInput(names) }),
    read: ({ address, names }) => ({ address, names: new Set(names) }),
  },
  method: unchanged(),
  path: unchanged(),
  destination: unchanged(),
  now: { write: moment, read: Number },
}

function unchanged<T>(): Codec<T, T> {
  return { write: (fact) => fact, read: (input) => input }
}

export function decisionInput(access: AccessRequest): DecisionInput {
  return mapFacts((fact) => write(fact, access)) as unknown as DecisionInput
}

/** Restores the access request from a recorded input. */
export function accessFrom(input: DecisionInput): AccessRequest {
  return mapFacts((fact) => read(fact, input)) as unknown as AccessRequest
}

function mapFacts(map: (fact: keyof AccessRequest) => unknown): Record<string, unknown> {
  const facts = Object.keys(codecs) as (keyof AccessRequest)[]
  return Object.fromEntries(facts.map((fact) => [fact, map(fact)]))
}

function write<Fact extends keyof AccessRequest>(fact: Fact, access: AccessRequest): DecisionInput[Fact] {
  return codecs[fact].write(access[fact])
}

function read<Fact extends keyof AccessRequest>(fact: Fact, input: DecisionInput): AccessRequest[Fact] {
  return codecs[fact].read(input[fact])
}

export function grantsInput(grants: readonly Grant[]): readonly GrantInput[] {
  return grants.map((grant) => ({ ...grant, from: moment(grant.from), until: moment(grant.until) }))
}

export function namesInput(names: ReadonlySet<string>): readonly string[] {
  return [...names].sort()
}

export function moment(time: number): Timestamp {
  return Number.isFinite(time) ? time : (String(time) as Timestamp)
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
