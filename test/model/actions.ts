// Actions of the model: what users do at one node or at both concurrently, and how each attempt is recorded.

import fc from 'fast-check'
import type { GrantRequest } from '../../src/grants/requests/request.ts'
import type { GrantLevel } from '../../src/policy/grant.ts'
import { subjectKey, type Subject } from '../../src/policy/subject.ts'
import { acting, anna, ben, boss, hour, kim, minute, owner } from '../grants/requests/environment.ts'
import { allGrants, allRequests, people, attemptedFor, type Environment } from './environment.ts'
import type { Outcome } from './node.ts'

export type Action = (house: Environment) => Promise<void>
/** Name in a counterexample. */
export type ActionResult = readonly [string, Action]

export const anyNode = fc.nat({ max: 1 })
const person = fc.constantFrom(...people)
/** Mostly authorized users, so that actions succeed often enough. */
const asker = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(anna, ben, owner) }, { weight: 1, arbitrary: person })
const decider = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(owner, boss, kim) }, { weight: 1, arbitrary: person })
const level = fc.constantFrom<GrantLevel>('read', 'full')
const duration = fc.constantFrom(10 * minute, hour, 2 * hour, 2 * hour, 4 * hour, 5 * hour)
/** Mostly the newest request, which is most often still open. */
const which = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 4 }) })

const requestAt = async (house: Environment, index: number): Promise<GrantRequest | undefined> => {
  const at = house.ground.now()
  const closed = ({ state, lapsesAt }: GrantRequest): number => Number(state !== 'open' || lapsesAt <= at)
  const requests = await allRequests(house)
  return requests.sort(
    (one, other) => closed(one) - closed(other) || other.askedAt - one.askedAt || (one.id < other.id ? 1 : -1),
  )[index]
}

export const ask = (nodeAt: fc.Arbitrary<number>, who?: Subject): fc.Arbitrary<ActionResult> =>
  fc
    .record({
      nodeAt,
      person: who === undefined ? asker : fc.constant(who),
      level,
      duration,
      extend: fc.boolean(),
      emergency: fc.nat({ max: 5 }),
      ahead: fc.nat({ max: 3 }),
    })
    .map(({ nodeAt, person, level, duration, extend, emergency, ahead }) => [
      `${person.sub} asks ${nodeAt} for ${emergency === 0 ? 'an emergency' : `${level} for ${duration / minute} min`}`,
      async (house) => {
        const at = house.ground.now()
        const held = (await allGrants(house)).find(
          ({ who, revokedAt, until }) => who === subjectKey(person) && revokedAt === undefined && until > at,
        )
        const wanted = {
          app: 'erp',
          level,
          duration: emergency === 0 ? 30 * minute : duration,
          from: ahead === 0 && emergency > 0 ? at + hour : undefined,
          reason: 'why not',
          ticket: undefined,
          extends: extend ? held?.id : undefined,
          emergency: emergency === 0,
        }
        const outcome = heard(house, await house.nodes[nodeAt]!.ask(wanted, acting(person, { authTime: at })))
        if (isDone(outcome)) attemptedFor(house, outcome.done.id).asked.push(outcome.done)
      },
    ])

export const approve = (nodeAt: fc.Arbitrary<number>): fc.Arbitrary<ActionResult> =>
  fc
    .record({
      nodeAt,
      person: decider,
      which,
      level: fc.option(level, { nil: undefined }),
      duration: fc.constantFrom(undefined, undefined, undefined, 10 * minute, hour, 5 * hour),
    })
    .map(({ nodeAt, person, which, level, duration }) => [
      `${person.sub} approves ${which} at ${nodeAt} (${level ?? 'as asked'}, ${duration ?? 'as asked'})`,
      (house) => approving(house, nodeAt, person, which, level, duration),
    ])

async function approving(
  house: Environment,
  nodeAt: number,
  person: Subject,
  which: number,
  level?: GrantLevel,
  duration?: number,
): Promise<void> {
  const request = await requestAt(house, which)
  if (request === undefined) return
  const tried = attemptedFor(house, request.id)
  const approval = {
    by: subjectKey(person),
    level: level ?? request.level,
    duration: duration ?? request.duration,
    since: house.ground.now(),
    until: Infinity,
  }
  const lesser = { ...(level && { level }), ...(duration && { duration }) }
  // Recorded before the outcome is known: a node that dies may have written it.
  tried.approvals.push(approval)
  const outcome = heard(house, await house.nodes[nodeAt]!.approve(request.id, lesser, acting(person)))
  approval.until = house.ground.now()
  if (isRefused(outcome)) tried.approvals.splice(tried.approvals.indexOf(approval), 1)
  else if (isDone(outcome) && outcome.done.state === 'approved') tried.approved = true
}

export const twoApprove = fc
  .record({ which, one: decider, other: decider })
  .map(({ which, one, other }): ActionResult => [
    `${one.sub} and ${other.sub} approve ${which} at the same moment`,
    async (house) => {
      await Promise.all([approving(house, 0, one, which), approving(house, 1, other, which, 'read', 10 * minute)])
    },
  ])

export const close = (nodeAt: fc.Arbitrary<number>): fc.Arbitrary<ActionResult> =>
  fc
    .record({ nodeAt, person, which, act: fc.constantFrom('deny' as const, 'withdraw' as const) })
    .map(({ nodeAt, person, which, act }) => [
      `${person.sub} would ${act} ${which} at ${nodeAt}`,
      async (house) => {
        const request = await requestAt(house, which)
        if (request === undefined) return
        const tried = attemptedFor(house, request.id)
        const closing = { act }
        tried.closings.push(closing)
        const outcome = heard(house, await house.nodes[nodeAt]![act](request.id, acting(person)))
        if (isRefused(outcome)) tried.closings.splice(tried.closings.indexOf(closing), 1)
        else if (isDone(outcome)) tried.closed = act === 'deny' ? 'denied' : 'withdrawn'
      },
    ])

export const revoke = (nodeAt: fc.Arbitrary<number>): fc.Arbitrary<ActionResult> =>
  fc.record({ nodeAt, person, which }).map(({ nodeAt, person, which }) => [
    `${person.sub} takes back ${which} at ${nodeAt}`,
    async (house) => {
      const request = await requestAt(house, which)
      if (request === undefined) return
      const outcome = heard(house, await house.nodes[nodeAt]!.revoke(request.id, acting(person)))
      if (isDone(outcome)) house.revoked.add(outcome.done.grant!)
      // The caller relies on this response: it must also hold for a decision that is not carried out yet.
      else if (isRefused(outcome) && outcome.refused === 'grant_over' && request.grant) house.over.add(request.grant)
    },
  ])

const isDone = (outcome: Outcome) => typeof outcome === 'object' && 'done' in outcome
const isRefused = (outcome: Outcome) => typeof outcome === 'object' && 'refused' in outcome

function heard(house: Environment, outcome: Outcome): Outcome {
  if (outcome === 'perhaps') house.tally.perhaps++
  return outcome
}

export const anything = (nodeAt: fc.Arbitrary<number>): fc.Arbitrary<ActionResult> =>
  fc.oneof(ask(nodeAt), approve(nodeAt), close(nodeAt), revoke(nodeAt))

export const concurrently: fc.Arbitrary<ActionResult> = fc
  .oneof(
    fc.tuple(anything(fc.constant(0)), anything(fc.constant(1))),
    asker.chain((who) => fc.tuple(ask(fc.constant(0), who), ask(fc.constant(1), who))),
  )
  .map(([one, other]) => [
    `at the same moment ${one[0]} and ${other[0]}`,
    async (house) => void (await Promise.all([one[1](house), other[1](house)])),
  ])

/** Grants the request at once, so that there is something to extend, revoke and expire. */
export const withoutFailures = (nodeAt: fc.Arbitrary<number>): fc.Arbitrary<ActionResult> =>
  fc.tuple(nodeAt, ask(nodeAt), fc.nat({ max: 2 })).map(([at, [what, act], skipped]) => [
    `${what}, and they agree`,
    async (house) => {
      await act(house)
      for (const who of [owner, boss, kim].filter((_, index) => index !== skipped)) await approving(house, at, who, 0)
    },
  ])
