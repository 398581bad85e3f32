// Emergency codes (break-glass access while the identity provider is down): single-use, for one app, time-bound.
//
// A code has 125 random bits and exists on paper only; its SHA-256 finds the sealed record. Redeeming it creates an
// emergency request like any other (notified at once, reviewed afterwards) of a subject that exists for this purpose.
// The person states a name and a reason, which are shown everywhere as stated and never become part of the subject.

import type { Actor, Origin, Recorder } from '../../audit/event.ts'
import { emergencyProvider, type Authentication, type Subject } from '../../policy/subject.ts'
import type { Seal } from '../../store/seal.ts'
import type { Store } from '../../store/store.ts'
import type { Logger } from '../../telemetry/logger.ts'
import {
  createCodeRecords,
  hashOf,
  idOf,
  newCode,
  normalizeCode,
  sameHash,
  type EmergencyCode,
  type StoredCode,
} from './code.ts'
import type { Entitlements } from '../entitlements.ts'
import type { GrantRequest } from '../requests/request.ts'
import { readStated, type Stated, type StatedResult } from './stated.ts'
import { createWrongCodes } from './wrong-codes.ts'

export type { EmergencyCode } from './code.ts'

/** The code was not created; nothing was written. */
export class CodeRejected extends Error {
  readonly code = 'code_refused'
}

/** A client cannot distinguish a wrong code from a used or expired one. */
export type RedeemResult<Session> =
  | {
      readonly state: 'opened'
      readonly session: Session
      readonly app: string
      readonly until: number
      readonly request: GrantRequest
    }
  /** `throttled`: a wrong code as well, of an address block that has sent many. */
  | { readonly state: 'refused'; readonly reason: 'wrong' | 'throttled' }
  /** Name or reason is missing or too long; the code was neither looked up nor used. */
  | { readonly state: 'incomplete'; readonly mistakes: Extract<StatedResult, { state: 'mistaken' }>['mistakes'] }

export interface EmergencyCodes<Session> {
  /** Returns the code, which is not retrievable later. Rejects with `CodeRejected`, or when the store is unreachable. */
  create(
    wanted: { readonly app: string; readonly duration: number; readonly expiresAt: number },
    actor: Actor,
  ): Promise<{ readonly code: string; readonly record: EmergencyCode }>
  /** Newest first; used, revoked and expired codes stay listed for 90 days. */
  list(): Promise<readonly EmergencyCode[]>
  /** False when there is no such code or it was already used or revoked. */
  revoke(id: string, actor: Actor): Promise<boolean>
  /**
   * A right code is accepted however many wrong ones were sent, and from wherever: they are only counted and reported.
   * Rejects when the store is unreachable.
   */
  redeem(
    code: string,
    stated: { readonly [Field in keyof Stated]?: string | undefined },
    origin: Origin,
  ): Promise<RedeemResult<Session>>
  /** Whether any app accepts codes; otherwise the page for them is not served. */
  offered(): boolean
  /** Ends the reporting of wrong codes. */
  stop(): Promise<void>
}

export interface EmergencyCodesDependencies<Session> {
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly record: Recorder
  readonly now: () => number
  readonly log?: Logger
  readonly entitlements: () => Entitlements
  /** Creates the emergency request and its grant. */
  readonly createEmergencyRequest: (
    subject: Subject,
    code: EmergencyCode,
    stated: Stated,
    origin: Origin,
  ) => Promise<GrantRequest>
  /** Begins a session that ends at `until` (epoch milliseconds) regardless of the session settings. */
  readonly beginSession: (
    person: { readonly subject: Subject; readonly authentication: Authentication },
    until: number,
    origin: Origin,
  ) => Promise<Session>
}

const day = 86_400_000
const maxDuration = 366 * day

export function createEmergencyCodes<Session>(deps: EmergencyCodesDependencies<Session>): EmergencyCodes<Session> {
  const { record, now, entitlements, createEmergencyRequest, beginSession } = deps
  const records = createCodeRecords(deps)
  const wrongCodes = createWrongCodes(deps)

  function alarm(
    severity: 'low' | 'medium' | 'high' | 'critical',
    title: string,
    detail: string,
    actor: Actor,
    origin?: Origin,
  ): void {
    record({ kind: 'finding', at: now(), actor, origin, title, detail, severity })
  }

  return {
    async create({ app, duration, expiresAt }, actor) {
      const rules = entitlements().emergency(app)
      if (rules?.codes !== true) throw new CodeRejected(`${app} accepts no codes: set emergency.codes there`)
      if (!Number.isSafeInteger(duration) || !(duration > 0) || duration > rules.maxDuration) {
        throw new CodeRejected(`the duration exceeds emergency.max_duration of ${app}`)
      }
      const at = now()
      if (!Number.isSafeInteger(expiresAt) || !(expiresAt > at))
        throw new CodeRejected('the code would already have expired')
      if (expiresAt > at + maxDuration) throw new CodeRejected('a code must expire within 366 days')
      const code = newCode()
      const hash = hashOf(code)
      const createdCode: StoredCode = {
        id: idOf(hash),
        hash,
        app,
        duration,
        createdAt: at,
        createdBy: actor.kind === 'administrator' ? actor.name : actor.kind,
        expiresAt,
        used: undefined,
        revokedAt: undefined,
      }
      await records.add(createdCode)
      alarm('medium', `An emergency code for ${app} was made`, `code ${createdCode.id}, until ${iso(expiresAt)}`, actor)
      return { code, record: shown(createdCode) }
    },
    async list() {
      const found = await records.all()
      return found.map(shown).sort((one, other) => other.createdAt - one.createdAt || (one.id < other.id ? -1 : 1))
    },
    async revoke(id, actor) {
      const revoked = await records.change(id, (code) =>
        code.used !== undefined || code.revokedAt !== undefined ? undefined : { ...code, revokedAt: now() },
      )
      if (revoked !== undefined) alarm('low', `An emergency code for ${revoked.app} was revoked`, `code ${id}`, actor)
      return revoked !== undefined
    },
    async redeem(written, { name, reason }, origin) {
      const stated = readStated(name, reason)
      if (stated.state === 'mistaken') return { state: 'incomplete', mistakes: stated.mistakes }
      const hash = hashOf(normalizeCode(written))
      const id = idOf(hash)
      const at = now()
      const code = await records.change(id, (found) =>
        sameHash(found.hash, hash) &&
        found.used === undefined &&
        found.revokedAt === undefined &&
        at < found.expiresAt &&
        entitlements().emergency(found.app)?.codes === true
          ? { ...found, used: { at, address: origin.address, name: stated.name, reason: stated.reason } }
          : undefined,
      )
      if (code === undefined) return { state: 'refused', reason: await wrongCodes.count(origin) }
      const subject = subjectOf(code)
      const actor: Actor = { kind: 'person', provider: subject.provider, sub: subject.sub, name: subject.name! }
      const detail = `stated name: ${JSON.stringify(stated.name)}; stated reason: ${JSON.stringify(stated.reason)}`
      alarm(
        'critical',
        `An emergency code opened ${code.app}`,
        `${detail}; code ${id}, made by ${code.createdBy}`,
        actor,
        origin,
      )
      const request = await createEmergencyRequest(subject, shown(code), stated, origin)
      const { until } = request.terms!
      const session = await beginSession(
        { subject, authentication: { ...noAuthentication, authTime: at } },
        until,
        origin,
      )
      record({
        kind: 'authentication',
        at,
        origin,
        actor,
        activity: 'sign_in',
        outcome: 'success',
        reason: undefined,
        detail: `emergency code ${id}; ${detail}`,
        provider: emergencyProvider,
        session: undefined,
        mfa: false,
      })
      return { state: 'opened', session, app: code.app, until, request }
    },
    offered: () => entitlements().acceptsCodes(),
    stop: wrongCodes.stop,
  }
}

/** A code on paper counts as no authentication factor. */
const noAuthentication: Authentication = {
  acr: undefined,
  amr: [],
  authTime: undefined,
  mfa: false,
  phishingResistant: false,
}

function subjectOf({ id, app }: EmergencyCode): Subject {
  return {
    provider: emergencyProvider,
    sub: id,
    email: undefined,
    name: `Emergency code ${id}`,
    username: undefined,
    groups: [],
    groupsComplete: true,
    claims: { app: [app] },
    external: false,
  }
}

function shown({ hash: _hash, ...code }: StoredCode): EmergencyCode {
  return code
}

function iso(at: number): string {
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(at)).toString({ smallestUnit: 'second' })
}
