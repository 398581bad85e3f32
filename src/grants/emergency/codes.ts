// Emergency codes (break-glass access while the identity provider is down): single-use, for one app, time-bound.
//
// A code has 125 random bits and exists on paper only; its SHA-256 finds the sealed record. Redeeming it creates an
// emergency request like any other (notified at once, reviewed afterwards) of a subject that exists for this purpose.

import { createHash } from 'node:crypto'
import type { Actor, Origin, Recorder } from '../../audit/event.ts'
import { emergencyProvider, type Authentication, type Subject } from '../../policy/subject.ts'
import type { Seal } from '../../store/seal.ts'
import type { Store } from '../../store/store.ts'
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
  | { readonly state: 'refused'; readonly reason: 'wrong' | 'throttled' }

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
  /** Rate-limited per address and in total. Rejects when the store is unreachable. */
  redeem(code: string, origin: Origin): Promise<RedeemResult<Session>>
  /** Whether any app accepts codes; otherwise the page for them is not served. */
  offered(): boolean
}

export interface EmergencyCodesDependencies<Session> {
  readonly store: Store
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly record: Recorder
  readonly now: () => number
  readonly entitlements: () => Entitlements
  /** Creates the emergency request and its grant. */
  readonly createEmergencyRequest: (subject: Subject, code: EmergencyCode, origin: Origin) => Promise<GrantRequest>
  /** Begins a session that ends at `until` (epoch milliseconds) regardless of the session settings. */
  readonly beginSession: (
    person: { readonly subject: Subject; readonly authentication: Authentication },
    until: number,
    origin: Origin,
  ) => Promise<Session>
}

const day = 86_400_000
const maxDuration = 366 * day
/** Rate limit of attempts per 15 minutes. 125 bits cannot be guessed; the limit makes attempts slow and raises an alert. */
const attemptWindow = 15 * 60_000
const maxAttempts = { address: 10, all: 300 } as const

export function createEmergencyCodes<Session>(deps: EmergencyCodesDependencies<Session>): EmergencyCodes<Session> {
  const { store, record, now, entitlements, createEmergencyRequest, beginSession } = deps
  const records = createCodeRecords(deps)

  function alarm(
    severity: 'low' | 'medium' | 'high' | 'critical',
    title: string,
    detail: string,
    actor: Actor,
    origin?: Origin,
  ): void {
    record({ kind: 'finding', at: now(), actor, origin, title, detail, severity })
  }

  async function checkAttempts(origin: Origin): Promise<boolean> {
    const address = createHash('sha256').update(origin.address).digest('hex').slice(0, 20)
    const [localAttempts, sharedAttempts] = [
      await store.increment(`emergency-tries:${address}`, attemptWindow),
      await store.increment('emergency-tries', attemptWindow),
    ]
    if (localAttempts <= maxAttempts.address && sharedAttempts <= maxAttempts.all) return false
    if (localAttempts === maxAttempts.address + 1 || sharedAttempts === maxAttempts.all + 1) {
      alarm(
        'high',
        'Emergency codes are being guessed',
        'too many wrong codes: none is accepted for a while',
        anonymousActor,
        origin,
      )
    }
    return true
  }

  return {
    async create({ app, duration, expiresAt }, actor) {
      const rules = entitlements().emergency(app)
      if (rules?.codes !== true) throw new CodeRejected(`${app} accepts no codes: set emergency.codes there`)
      if (!(duration > 0) || duration > rules.maxDuration) {
        throw new CodeRejected(`the duration exceeds emergency.max_duration of ${app}`)
      }
      const at = now()
      if (!(expiresAt > at)) throw new CodeRejected('the code would already have expired')
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
    async redeem(written, origin) {
      if (await checkAttempts(origin)) return { state: 'refused', reason: 'throttled' }
      const hash = hashOf(normalizeCode(written))
      const id = idOf(hash)
      const at = now()
      const code = await records.change(id, (found) =>
        sameHash(found.hash, hash) &&
        found.used === undefined &&
        found.revokedAt === undefined &&
        at < found.expiresAt &&
        entitlements().emergency(found.app)?.codes === true
          ? { ...found, used: { at, address: origin.address } }
          : undefined,
      )
      if (code === undefined) {
        alarm(
          'medium',
          'A wrong emergency code',
          'wrong, used, revoked, expired, or for an app that takes none',
          anonymousActor,
          origin,
        )
        return { state: 'refused', reason: 'wrong' }
      }
      const subject = personOf(code)
      const actor: Actor = { kind: 'person', provider: subject.provider, sub: subject.sub, name: subject.name! }
      alarm('critical', `An emergency code opened ${code.app}`, `code ${id}, made by ${code.createdBy}`, actor, origin)
      const request = await createEmergencyRequest(subject, shown(code), origin)
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
        detail: `emergency code ${id}`,
        provider: emergencyProvider,
        session: undefined,
        mfa: false,
      })
      return { state: 'opened', session, app: code.app, until, request }
    },
    offered: () => entitlements().acceptsCodes(),
  }
}

const anonymousActor: Actor = { kind: 'stranger' }

/** A code on paper counts as no authentication factor. */
const noAuthentication: Authentication = {
  acr: undefined,
  amr: [],
  authTime: undefined,
  mfa: false,
  phishingResistant: false,
}

function personOf({ id, app }: EmergencyCode): Subject {
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
