// Creates access requests: to be approved, or self-activated in an emergency (break-glass), also by an emergency code.

import { createHash } from 'node:crypto'
import { addressOf, type Origin } from '../../audit/event.ts'
import type { Grant } from '../../policy/grant.ts'
import { subjectKey, type Subject } from '../../policy/subject.ts'
import type { EmergencyCode } from '../emergency/codes.ts'
import type { Stated } from '../emergency/stated.ts'
import type { Entitlement, Entitlements } from '../entitlements.ts'
import type { GrantRequest } from './request.ts'
import type { ActingUser, GrantRequests, WantedAccess } from './repository.ts'
import { checkExtension, validateRequest, isActive, latestEnd, rejected } from './checks.ts'
import { stateAt } from './index.ts'
import { chainOf } from './records.ts'
import { actorOfPerson, grantIdOf, type RequestsDependencies, type RequestWriting } from './write.ts'
import { isFollowable } from './follow-up.ts'
import { createFollowUpCreation } from './create-follow-up.ts'
import { actorOf, personOf } from '../grant-events.ts'

export interface CreateRequest extends Pick<GrantRequests, 'create'> {
  /** Emergency access by an emergency code that has just been redeemed. */
  createEmergencyRequest(subject: Subject, code: EmergencyCode, stated: Stated, origin: Origin): Promise<GrantRequest>
}

/** Initial values of a request. */
const newRequestDefaults = {
  version: 1,
  from: undefined,
  ticket: undefined,
  groups: [],
  external: false,
  device: undefined,
  extends: undefined,
  needed: 0,
  approvals: [],
  state: 'open',
  closed: undefined,
  terms: undefined,
  grant: undefined,
  settled: false,
  reviewBy: undefined,
  reviewed: undefined,
} as const satisfies Partial<GrantRequest>

/** Rate limit: requests of one user per hour and kind, as each of them sends notifications. */
const maxPerHour = 20
const hour = 3_600_000
const maxAttempts = 20

export function createRequestCreation(deps: RequestsDependencies, writing: RequestWriting): CreateRequest {
  const { store, record, now, grants, entitlements, grantEvents } = deps
  const { records, replica, applyWrite, applyTerms } = writing
  const createFollowUp = createFollowUpCreation(deps, writing)

  async function create(wanted: WantedAccess, acting: ActingUser): Promise<GrantRequest> {
    const followed = wanted.extends === undefined || wanted.emergency ? undefined : await grants.find(wanted.extends)
    const rules = entitlements()
    // That of another person is treated as one that does not exist.
    if (followed !== undefined && acting.kind === 'person' && isFollowable(followed, personOf(acting), rules)) {
      return createFollowUp({ ...wanted, extends: followed.id }, acting)
    }
    const checked = validateRequest(wanted, acting, rules, now())
    if (acting.kind !== 'person') throw rejected('not_eligible')
    const { subject } = acting
    const by = personOf(acting)
    const settings = rules.requests(wanted.app)
    const entitlement: Entitlement = wanted.emergency ? 'emergency' : 'requests'
    if (!wanted.emergency && openOf(subject) >= settings!.openPerPerson) {
      throw rejected('too_many_requests', { most: settings!.openPerPerson })
    }
    const extended =
      wanted.extends === undefined || wanted.emergency
        ? undefined
        : checkExtension(
            await grants.read(wanted.extends),
            subjectKey(subject),
            wanted.app,
            checked.duration,
            settings!,
            now(),
            latestEnd(by, rules, now()),
          )
    const rate = createHash('sha256').update(rules.nameOf(by)).digest('hex').slice(0, 20)
    if ((await store.increment(`request-rate:${entitlement}:${rate}`, hour)) > maxPerHour) {
      throw rejected('too_many_requests', { most: maxPerHour })
    }

    const chain = chainOf(rules.nameOf(by), wanted.app, entitlement)
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      const { request: last, next } = await records.newest(chain)
      if (last !== undefined) await checkNoActiveAccess(last, extended)
      const at = now()
      const id = `${chain}-${next}`
      const { lapseAfter, ...newRequest } = checked
      const request: GrantRequest = {
        ...newRequestDefaults,
        ...newRequest,
        id,
        app: wanted.app,
        by,
        groups: subject.groups,
        external: subject.external,
        device: acting.device,
        address: acting.address,
        askedAt: at,
        lapsesAt: Math.min(at + lapseAfter, extended?.until ?? Infinity),
        extends: extended?.id,
        emergency: wanted.emergency,
      }
      const made = wanted.emergency ? activatedRequest(request, at, rules) : request
      if (await records.create(made)) {
        await applyWrite(made)
        record(grantEvents.requestEvent(at, 'opened', made, actorOf(acting)))
        return wanted.emergency ? activate(made, acting) : made
      }
    }
    throw rejected('already_requested')
  }

  /** One open request at a time and one active grant; an extension must be of that grant. */
  async function checkNoActiveAccess(last: GrantRequest, extended: Grant | undefined): Promise<void> {
    const known = stateAt(last, now())
    if (known.state === 'open') throw rejected('already_requested', { since: known.askedAt })
    if (known.state === 'approved' && !known.settled) await applyTerms(known)
    // A failed extension leaves the grant it refers to unchanged.
    const grantId = known.grant ?? known.extends
    const grant = grantId === undefined ? undefined : await grants.read(grantId)
    if (grant === undefined || !isActive(grant, now()) || grant.id === extended?.id) return
    throw rejected('already_granted', { until: grant.until })
  }

  function openOf(subject: Subject): number {
    const key = subjectKey(subject)
    return replica.index.all().filter(({ by, state }) => state === 'open' && subjectKey(by) === key).length
  }

  async function activate(request: GrantRequest, acting: ActingUser): Promise<GrantRequest> {
    const { app, by, reason, terms, id } = request
    record({
      kind: 'finding',
      at: now(),
      actor: actorOf(acting),
      origin: undefined,
      title: `Emergency access to ${app}`,
      detail: `${subjectKey(by)} activated access until ${iso(terms!.until)}: ${reason ?? ''} (request ${id})`,
      severity: 'high',
    })
    return applyTerms(request)
  }

  /** By an emergency code, which is the authorization: exactly one request per code. */
  async function createEmergencyRequest(
    subject: Subject,
    code: EmergencyCode,
    stated: Stated,
    origin: Origin,
  ): Promise<GrantRequest> {
    const at = now()
    const by = { provider: subject.provider, sub: subject.sub, email: undefined, name: subject.name }
    const request = activatedRequest(
      {
        ...newRequestDefaults,
        id: `${chainOf(subjectKey(by), code.app, 'emergency')}-1`,
        app: code.app,
        level: entitlements().emergency(code.app)!.level,
        duration: code.duration,
        reason: stated.reason,
        statedName: stated.name,
        by,
        address: addressOf(origin),
        askedAt: at,
        lapsesAt: at,
        emergency: true,
      },
      at,
      entitlements(),
    )
    if (!(await records.create(request))) throw rejected('already_requested')
    await applyWrite(request)
    record(grantEvents.requestEvent(at, 'opened', request, actorOfPerson(by)))
    return applyTerms(request)
  }

  return { create, createEmergencyRequest }
}

/** Self-activated: the request starts in the state an approval would have led to. */
function activatedRequest(request: GrantRequest, at: number, rules: Entitlements): GrantRequest {
  return {
    ...request,
    state: 'approved',
    closed: { at, by: request.by, comment: undefined },
    terms: { level: request.level, from: at, until: at + request.duration },
    grant: grantIdOf(request.id),
    reviewBy: at + rules.emergency(request.app)!.reviewWithin,
  }
}

function iso(at: number): string {
  return Temporal.Instant.fromEpochMilliseconds(at).toString({ smallestUnit: 'second' })
}
