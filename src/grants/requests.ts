// The repository of requests for access: asking, agreeing, refusing, withdrawing; one view on every node.
//
// Whatever is decided is one compare-and-set on the request itself, with everything that shall come of it written in
// it. Only then the grant is written, under a name that follows from the request, so that a node that dies in between
// leaves nothing half done: whichever node sees the decision next carries it out, and nobody does so twice.

import { createHash } from 'node:crypto'
import type { Origin, Recorder } from '../audit/event.ts'
import type { Grant } from '../policy/grant.ts'
import { emergencyProvider, subjectKey, type Subject } from '../policy/subject.ts'
import type { Changes } from '../store/changes.ts'
import type { Seal } from '../store/seal.ts'
import type { Store } from '../store/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Entitlement, Entitlements } from './entitlement.ts'
import type { EmergencyCode } from './emergency-codes.ts'
import type { GrantRequest, Person } from './grant-request.ts'
import type { Acting, GrantRequests, WantedAccess } from './grant-requests.ts'
import type { Grants } from './grants.ts'
import { checkApproval, checkExtension, checkWanted, counts, refused, termsOf, text } from './request-checks.ts'
import { createRequestFollowing } from './request-following.ts'
import { asOf } from './request-index.ts'
import { chainOf, createRequestRecords } from './request-records.ts'
import { step, type RequestAct } from './request-states.ts'
import { actorOf, nameOf, personOf, type Telling } from './telling.ts'

export interface RequestsParts {
  readonly store: Store
  readonly changes: Changes
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly record: Recorder
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly grants: Pick<Grants, 'establish' | 'prolong' | 'read' | 'revoke'>
  readonly entitlements: () => Entitlements
  readonly telling: Telling
  readonly log?: Logger
}

/** What every request begins with. */
const unasked = {
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

/** Requests one person may make an hour, of each kind: each of them sends somebody a message. */
const perHour = 20
const hour = 3_600_000
const mostAttempts = 20

export function createGrantRequests(parts: RequestsParts): GrantRequests & {
  /** Emergency access by a sealed code that was just used up. */
  take(subject: Subject, code: EmergencyCode, origin: Origin): Promise<GrantRequest>
} {
  const { store, record, now, grants, entitlements, telling } = parts
  const records = createRequestRecords(parts)
  const following = createRequestFollowing({ ...parts, records, settle })
  const { index } = following

  async function ask(wanted: WantedAccess, acting: Acting): Promise<GrantRequest> {
    const rules = entitlements()
    const checked = checkWanted(wanted, acting, rules, now())
    if (acting.kind !== 'person') throw refused('not_eligible')
    const { subject } = acting
    const by = personOf(acting)
    const settings = rules.requests(wanted.app)
    const entitlement: Entitlement = wanted.emergency ? 'emergency' : 'requests'
    if (!wanted.emergency && openOf(subject) >= settings!.openPerPerson) {
      throw refused('too_many_requests', { most: settings!.openPerPerson })
    }
    const prolonged =
      wanted.extends === undefined || wanted.emergency
        ? undefined
        : checkExtension(
            await grants.read(wanted.extends),
            subjectKey(subject),
            wanted.app,
            checked.duration,
            settings!,
            now(),
          )
    const rate = createHash('sha256').update(rules.nameOf(by)).digest('hex').slice(0, 20)
    if ((await store.increment(`request-rate:${entitlement}:${rate}`, hour)) > perHour) {
      throw refused('too_many_requests', { most: perHour })
    }

    const chain = chainOf(rules.nameOf(by), wanted.app, entitlement)
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const { request: last, next } = await records.newest(chain)
      if (last !== undefined) await mayFollow(last, prolonged)
      const at = now()
      const id = `${chain}-${next}`
      const { lapseAfter, ...asked } = checked
      const request: GrantRequest = {
        ...unasked,
        ...asked,
        id,
        app: wanted.app,
        by,
        groups: subject.groups,
        external: subject.external,
        device: acting.device,
        address: acting.address,
        askedAt: at,
        lapsesAt: Math.min(at + lapseAfter, prolonged?.until ?? Infinity),
        extends: prolonged?.id,
        emergency: wanted.emergency,
      }
      const made = wanted.emergency ? activated(request, at, rules) : request
      if (await records.create(made)) {
        await written(made)
        record(telling.requestEvent(at, 'opened', made, actorOf(acting)))
        return wanted.emergency ? activate(made, acting) : made
      }
    }
    throw refused('already_requested')
  }

  /** One request at a time, and one grant that counts; prolonging is for the grant there is. */
  async function mayFollow(last: GrantRequest, prolonged: Grant | undefined): Promise<void> {
    const known = asOf(last, now())
    if (known.state === 'open') throw refused('already_requested', { since: known.askedAt })
    if (known.state === 'approved' && !known.settled) await settle(known)
    // An extension that came to nothing leaves what it would have prolonged as it is.
    const held = known.grant ?? known.extends
    const grant = held === undefined ? undefined : await grants.read(held)
    if (grant === undefined || !counts(grant, now()) || grant.id === prolonged?.id) return
    throw refused('already_granted', { until: grant.until })
  }

  function openOf(subject: Subject): number {
    return mine(subject).filter(({ state }) => state === 'open').length
  }

  /** Approved by nobody: it begins as what an approval would have made of it. */
  function activated(request: GrantRequest, at: number, rules: Entitlements): GrantRequest {
    return {
      ...request,
      state: 'approved',
      closed: { at, by: request.by, comment: undefined },
      terms: { level: request.level, from: at, until: at + request.duration },
      grant: grantIdOf(request.id),
      reviewBy: at + rules.emergency(request.app)!.reviewWithin,
    }
  }

  async function activate(request: GrantRequest, acting: Acting): Promise<GrantRequest> {
    const { app, by, reason, terms, id } = request
    record({
      kind: 'finding',
      at: now(),
      actor: actorOf(acting),
      origin: undefined,
      title: `Emergency access to ${app}`,
      detail: `${subjectKey(by)} let themselves in until ${iso(terms!.until)}: ${reason ?? ''} (request ${id})`,
      severity: 'high',
    })
    return settle(request)
  }

  /** By a sealed code, which is the permission: one request for each, whoever holds it. */
  async function take(subject: Subject, code: EmergencyCode, origin: Origin): Promise<GrantRequest> {
    const at = now()
    const by = { provider: subject.provider, sub: subject.sub, email: undefined, name: subject.name }
    const request = activated(
      {
        ...unasked,
        id: `${chainOf(subjectKey(by), code.app, 'emergency')}-1`,
        app: code.app,
        level: entitlements().emergency(code.app)!.level,
        duration: code.duration,
        reason: `emergency code ${code.id}`,
        by,
        address: origin.address,
        askedAt: at,
        lapsesAt: at,
        emergency: true,
      },
      at,
      entitlements(),
    )
    if (!(await records.create(request))) throw refused('already_requested')
    await written(request)
    record(telling.requestEvent(at, 'opened', request, actorOfPerson(by)))
    return settle(request)
  }

  /** Carries out what was decided. Safe to do twice, on however many nodes. */
  async function settle(request: GrantRequest): Promise<GrantRequest> {
    const { terms, grant: id, by, emergency, closed } = request
    if (request.state !== 'approved' || request.settled || terms === undefined || id === undefined) return request
    const actor = actorOfPerson(closed?.by)
    if (request.extends === undefined) {
      await grants.establish(
        {
          id,
          who: subjectKey(by),
          app: request.app,
          ...terms,
          schedule: undefined,
          sponsor: undefined,
          reason: request.reason,
          contract: undefined,
          origin: 'runtime',
          givenBy: nameOf(actor),
          revokedAt: undefined,
          basis: {
            request: request.id,
            entitlement: !emergency ? 'requests' : by.provider === emergencyProvider ? 'codes' : 'emergency',
            email: by.email,
            groups: request.groups,
            external: request.external,
          },
        },
        actor,
      )
    } else {
      await grants.prolong(id, { request: request.id, until: terms.until, level: terms.level }, actor)
    }
    return change(request.id, (current) => (current.settled ? undefined : { ...current, settled: true }))
  }

  /** Replaces the request as it is by what `next` makes of it; undefined leaves it. Throws what `next` throws. */
  async function change(
    id: string,
    next: (current: GrantRequest) => GrantRequest | undefined | Promise<GrantRequest | undefined>,
  ): Promise<GrantRequest> {
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const before = await records.read(id)
      if (before === undefined) throw refused('request_unknown')
      const changed = await next(before.request)
      if (changed === undefined) {
        index.put(before.request)
        return before.request
      }
      const numbered = { ...changed, version: before.request.version + 1 }
      if (await records.replace(before, numbered)) {
        await written(numbered)
        return numbered
      }
    }
    throw Object.assign(new Error('the request is being written all the time'), { code: 'request_contended' })
  }

  async function written(request: GrantRequest): Promise<void> {
    index.put(request)
    await following.announce(request.id)
  }

  /** Whoever decides is one of those who may, and not the person who asked. Throws `RequestRefused`. */
  function checkDecider(request: GrantRequest, acting: Acting): void {
    if (acting.kind === 'administrator') return
    const rules = entitlements()
    if (rules.samePerson(personOf(acting), request.by)) throw refused('own_request')
    const entitlement = request.emergency ? 'emergency' : 'requests'
    if (!rules.decides(acting.subject, request.app, entitlement)) throw refused('not_an_approver')
  }

  function stepped(request: GrantRequest, act: RequestAct, at: number): GrantRequest {
    const taken = step(asOf(request, at).state, act)
    if (!taken.done) throw refused(taken.refusal, { at: asOf(request, at).closed?.at ?? at })
    return { ...request, state: taken.state }
  }

  async function approve(
    id: string,
    lesser: Parameters<GrantRequests['approve']>[1],
    acting: Acting,
  ): Promise<GrantRequest> {
    const approved = await change(id, async (current) => {
      const at = now()
      const rules = entitlements()
      const settings = rules.requests(current.app)
      if (settings === undefined) {
        throw refused(rules.knows(current.app) ? 'requests_closed' : 'app_unknown', { app: current.app })
      }
      checkDecider(current, acting)
      stepped(current, 'support', at)
      if (!rules.eligible(thenOf(current), current.app, 'requests')) throw refused('not_eligible')
      const me = personOf(acting)
      const earlier = current.approvals.find((one) => rules.samePerson(one.by, me))
      if (earlier !== undefined) throw refused('approved_already', { at: earlier.at })
      const approvals = [...current.approvals, checkApproval(current, lesser, acting, settings, at)]
      // A configuration that asks for more by now is heeded, one that asks for less is not.
      if (approvals.length < Math.max(current.needed, settings.approvals)) return { ...current, approvals }
      const least = termsOf(current, approvals, undefined, at)
      const prolonged =
        current.extends === undefined
          ? undefined
          : checkExtension(
              await grants.read(current.extends),
              subjectKey(current.by),
              current.app,
              least.until - least.from,
              settings,
              at,
            )
      return {
        ...stepped(current, 'approve', at),
        approvals,
        closed: { at, by: me, comment: text(lesser.comment) },
        terms: termsOf(current, approvals, prolonged, at),
        grant: prolonged?.id ?? grantIdOf(current.id),
      }
    })
    const activity = approved.state === 'approved' ? 'approved' : 'supported'
    record(telling.requestEvent(now(), activity, approved, actorOf(acting), text(lesser.comment)))
    return settle(approved)
  }

  async function close(
    id: string,
    act: 'deny' | 'withdraw',
    comment: string | undefined,
    acting: Acting,
    may: (current: GrantRequest) => void,
  ): Promise<GrantRequest> {
    const closed = await change(id, (current) => {
      const at = now()
      may(current)
      return { ...stepped(current, act, at), closed: { at, by: personOf(acting), comment: text(comment) } }
    })
    const activity = act === 'deny' ? 'denied' : 'withdrawn'
    record(telling.requestEvent(now(), activity, closed, actorOf(acting), text(comment)))
    return closed
  }

  function isTheirs(request: GrantRequest, acting: Acting): boolean {
    return acting.kind === 'administrator' || subjectKey(acting.subject) === subjectKey(request.by)
  }

  async function revoke(id: string, acting: Acting): Promise<GrantRequest> {
    const found = await records.read(id)
    if (found === undefined) throw refused('request_unknown')
    const { request } = found
    if (!isTheirs(request, acting)) checkDecider(request, acting)
    // What was decided and not carried out yet must not be carried out afterwards.
    const settled = await settle(request)
    if (settled.grant === undefined || !(await grants.revoke(settled.grant, actorOf(acting))))
      throw refused('grant_over')
    return settled
  }

  async function review(id: string, comment: string | undefined, acting: Acting): Promise<GrantRequest> {
    const reviewed = await change(id, (current) => {
      if (!current.emergency) throw refused('no_review_due')
      checkDecider(current, acting)
      if (current.reviewed !== undefined) throw refused('no_review_due')
      return { ...current, reviewed: { at: now(), by: personOf(acting), comment: text(comment) } }
    })
    record(telling.requestEvent(now(), 'reviewed', reviewed, actorOf(acting), text(comment)))
    return reviewed
  }

  function mine(subject: Subject): readonly GrantRequest[] {
    const key = subjectKey(subject)
    return index.all().filter(({ by }) => subjectKey(by) === key)
  }

  const me = (subject: Subject): Person => ({ ...subject })

  return {
    offer: (subject, app) => entitlements().offer(subject, app),
    ask,
    take,
    approve,
    deny: (id, comment, acting) => close(id, 'deny', comment, acting, (current) => checkDecider(current, acting)),
    withdraw: (id, acting) =>
      close(id, 'withdraw', undefined, acting, (current) => {
        // To anybody else it is as if there were none.
        if (!isTheirs(current, acting)) throw refused('request_unknown')
      }),
    revoke,
    review,
    get: (id) => index.get(id),
    of: mine,
    awaiting(subject) {
      const rules = entitlements()
      return index
        .all()
        .filter(
          ({ state, app, by, approvals }) =>
            state === 'open' &&
            rules.decides(subject, app, 'requests') &&
            !rules.samePerson(by, me(subject)) &&
            !approvals.some((one) => rules.samePerson(one.by, me(subject))),
        )
    },
    unreviewed(subject) {
      const rules = entitlements()
      return index
        .all()
        .filter(
          ({ emergency, reviewed, app, by }) =>
            emergency &&
            reviewed === undefined &&
            rules.decides(subject, app, 'emergency') &&
            !rules.samePerson(by, me(subject)),
        )
    },
    approves: (subject) => entitlements().decidesAnything(subject),
    concerns(subject, { app, by, emergency }) {
      const rules = entitlements()
      return rules.decides(subject, app, emergency ? 'emergency' : 'requests') && !rules.samePerson(by, me(subject))
    },
    all: () => index.all(),
    load: following.load,
    stop: following.stop,
  }
}

/** The grant a request leads to has a name before it is there: it can come into being only once. */
function grantIdOf(request: string): string {
  return `request-${request}`
}

/** The person as they were when they asked. */
function thenOf({ by, groups, external }: GrantRequest): Subject {
  return { ...by, username: undefined, groups, groupsComplete: true, claims: {}, external }
}

function actorOfPerson(by: Person | undefined) {
  if (by === undefined) return { kind: 'system' } as const
  if (by.provider === '') return { kind: 'administrator', name: by.sub } as const
  const { provider, sub, email, name } = by
  return {
    kind: 'person',
    provider,
    sub,
    ...(email === undefined ? {} : { email }),
    ...(name === undefined ? {} : { name }),
  } as const
}

function iso(at: number): string {
  return Temporal.Instant.fromEpochMilliseconds(at).toString({ smallestUnit: 'second' })
}
