// The model of requests: what people, administrators, configurations, clocks and dying nodes do, in whatever order, and
// one life of it on whatever ground.

import fc from 'fast-check'
import type { GrantRequest } from '../../src/grants/grant-request.ts'
import type { GrantLevel } from '../../src/policy/grant.ts'
import { subjectKey, type Subject } from '../../src/policy/subject.ts'
import { acting, anna, ben, boss, day, hour, kim, minute, owner } from './request-house.ts'
import { check, checkCarriedOut } from './requests-model-check.ts'
import { stands, type Breaking, type Moment } from './requests-model-breaking.ts'
import {
  allGrants,
  allRequests,
  openHouse,
  people,
  rules,
  tended,
  triedOf,
  type Ground,
  type House,
  type Tally,
} from './requests-model-house.ts'
import type { Outcome } from './requests-model-node.ts'

export type Step = (house: House) => Promise<void>

/** Steps of one life; each is printed as what happens in it. */
export function livesOn({ moments }: Pick<Ground, 'moments'>): fc.Arbitrary<Step[]> {
  return fc.array(stepWith(moments), { minLength: 4, maxLength: 14 })
}

/** Throws what did not hold. */
export async function live(ground: Ground, steps: readonly Step[], tally: Tally): Promise<void> {
  const house = await openHouse(ground, tally)
  try {
    for (const act of steps) {
      house.heard = false
      await act(house)
      await check(house)
      tally.steps++
    }
    const [requests, grants] = await Promise.all([allRequests(house), allGrants(house)])
    tally.lives++
    tally.requests += requests.length
    tally.grants += grants.length
    tally.prolonged += grants.filter(({ extensions }) => extensions !== undefined && extensions.length > 0).length
    tally.revoked += house.revoked.size
  } finally {
    for (const node of house.nodes) await node.leave()
  }
}

type Told = readonly [string, Step]

const anyNode = fc.nat({ max: 1 })
const person = fc.constantFrom(...people)
/** Mostly those who may: that is where things happen. */
const asker = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(anna, ben, owner) }, { weight: 1, arbitrary: person })
const decider = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(owner, boss, kim) }, { weight: 1, arbitrary: person })
const level = fc.constantFrom<GrantLevel>('read', 'full')
const duration = fc.constantFrom(10 * minute, hour, 2 * hour, 2 * hour, 4 * hour, 5 * hour)
/** Mostly the newest request: that is where things happen. */
const which = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 4 }) })

const requestAt = async (house: House, index: number): Promise<GrantRequest | undefined> => {
  const at = house.ground.now()
  const closed = ({ state, lapsesAt }: GrantRequest): number => Number(state !== 'open' || lapsesAt <= at)
  const requests = await allRequests(house)
  return requests.sort(
    (one, other) => closed(one) - closed(other) || other.askedAt - one.askedAt || (one.id < other.id ? 1 : -1),
  )[index]
}

const ask = (nodeAt: fc.Arbitrary<number>): fc.Arbitrary<Told> =>
  fc
    .record({
      nodeAt,
      person: asker,
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
        heard(house, await house.nodes[nodeAt]!.ask(wanted, acting(person, { authTime: at })))
      },
    ])

const approve = (nodeAt: fc.Arbitrary<number>): fc.Arbitrary<Told> =>
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
  house: House,
  nodeAt: number,
  person: Subject,
  which: number,
  level?: GrantLevel,
  duration?: number,
): Promise<void> {
  const request = await requestAt(house, which)
  if (request === undefined) return
  const tried = triedOf(house, request.id)
  const approval = {
    by: subjectKey(person),
    level: level ?? request.level,
    duration: duration ?? request.duration,
    since: house.ground.now(),
    until: Infinity,
  }
  const lesser = { ...(level && { level }), ...(duration && { duration }) }
  // Put down before it is known: a node that dies may have written it.
  tried.approvals.push(approval)
  const outcome = heard(house, await house.nodes[nodeAt]!.approve(request.id, lesser, acting(person)))
  approval.until = house.ground.now()
  if (outcome === 'refused') tried.approvals.splice(tried.approvals.indexOf(approval), 1)
  else if (outcome !== 'perhaps' && outcome.done.state === 'approved') tried.approved = true
}

const twoAtOnce = fc.record({ which, one: decider, other: decider }).map(({ which, one, other }): Told => [
  `${one.sub} and ${other.sub} approve ${which} at the same moment`,
  async (house) => {
    await Promise.all([approving(house, 0, one, which), approving(house, 1, other, which, 'read', 10 * minute)])
  },
])

const close = (nodeAt: fc.Arbitrary<number>): fc.Arbitrary<Told> =>
  fc
    .record({ nodeAt, person, which, act: fc.constantFrom('deny' as const, 'withdraw' as const) })
    .map(({ nodeAt, person, which, act }) => [
      `${person.sub} would ${act} ${which} at ${nodeAt}`,
      async (house) => {
        const request = await requestAt(house, which)
        if (request === undefined) return
        const tried = triedOf(house, request.id)
        const closing = { act }
        tried.closings.push(closing)
        const outcome = heard(house, await house.nodes[nodeAt]![act](request.id, acting(person)))
        if (outcome === 'refused') tried.closings.splice(tried.closings.indexOf(closing), 1)
        else if (outcome !== 'perhaps') tried.closed = act === 'deny' ? 'denied' : 'withdrawn'
      },
    ])

const revoke = (nodeAt: fc.Arbitrary<number>): fc.Arbitrary<Told> =>
  fc.record({ nodeAt, person, which }).map(({ nodeAt, person, which }) => [
    `${person.sub} takes back ${which} at ${nodeAt}`,
    async (house) => {
      const request = await requestAt(house, which)
      if (request === undefined) return
      const outcome = heard(house, await house.nodes[nodeAt]!.revoke(request.id, acting(person)))
      if (outcome !== 'refused' && outcome !== 'perhaps') house.revoked.add(outcome.done.grant!)
    },
  ])

function heard(house: House, outcome: Outcome): Outcome {
  if (outcome === 'perhaps') house.tally.perhaps++
  return outcome
}

/** After 91 days the store forgets what is over: nothing may come of it again. */
const advance = fc
  .oneof(
    { weight: 12, arbitrary: fc.constantFrom(minute, 20 * minute, 20 * minute, hour, 3 * hour) },
    { weight: 1, arbitrary: fc.constant(91 * day) },
  )
  .map((time): Told => [
    `${time / minute} min pass`,
    async (house) => {
      for (const node of house.nodes) await node.quiet()
      await house.ground.pass(time)
      await tended(house)
    },
  ])

const configure = fc.nat({ max: rules.length + 5 }).map((index): Told => [
  `configuration ${index}`,
  async (house) => {
    // Mostly back to the one in which something can happen.
    house.rules = rules[index] ?? rules[0]!
    for (const node of house.nodes) await node.apply(house.rules)
  },
])

/** Nobody objects: so that there is something to prolong, take back and outlive. */
const smoothly = (nodeAt: fc.Arbitrary<number>): fc.Arbitrary<Told> =>
  fc.tuple(nodeAt, ask(nodeAt), fc.nat({ max: 2 })).map(([at, [what, act], skipped]) => [
    `${what}, and they agree`,
    async (house) => {
      await act(house)
      for (const who of [owner, boss, kim].filter((_, index) => index !== skipped)) await approving(house, at, who, 0)
    },
  ])

const breakingIn = (moments: readonly Moment[]): fc.Arbitrary<Breaking> =>
  fc.record({
    moment: fc.constantFrom(...moments),
    write: fc.integer({ min: 1, max: 12 }),
    bytes: fc.integer({ min: 1, max: 700 }),
    milliseconds: fc.nat({ max: 12 }),
    survives: fc.nat({ max: 3 }).map((one) => one === 3),
  })

/**
 * A node dies in the middle of whatever it does, mostly while the other one does something as well; another takes its
 * place, with nothing but the store. Or it lives on, and only its connection breaks.
 */
const broken = (moments: readonly Moment[]): fc.Arbitrary<Told> =>
  fc.record({ nodeAt: anyNode, breaking: breakingIn(moments) }).chain(({ nodeAt, breaking }) => {
    const here = fc.constant(nodeAt)
    const there = fc.constant(1 - nodeAt)
    const any = (where: fc.Arbitrary<number>) => fc.oneof(ask(where), approve(where), close(where), revoke(where))
    const { moment, write } = breaking
    const survives = breaking.survives && moment !== 'whenever'
    return fc
      .tuple(fc.oneof(any(here), smoothly(here)), fc.option(any(there), { freq: 3, nil: undefined }))
      .map(([[what, act], other]): Told => [
        `${survives ? 'the connection of ' : ''}node ${nodeAt} breaks (${moment}, write ${write}), while ${what}${other === undefined ? '' : `, and ${other[0]}`}`,
        async (house) => {
          const node = house.nodes[nodeAt]!
          await node.breakAt({ ...breaking, survives })
          await Promise.all([act(house), other?.[1](house)])
          await (survives ? mended(house, nodeAt, moment) : replaced(house, nodeAt, moment))
          await tended(house)
          await checkCarriedOut(house)
        },
      ])
  })

async function mended(house: House, nodeAt: number, moment: Moment): Promise<void> {
  const node = house.nodes[nodeAt]!
  await node.breakAt(undefined)
  // What it wrote and was not told of, nobody has announced: it is found when everything is read again, every 30 s.
  await node.hear()
  house.tally.cuts[moment] = (house.tally.cuts[moment] ?? 0) + 1
}

async function replaced(house: House, nodeAt: number, moment: Moment): Promise<void> {
  const node = house.nodes[nodeAt]!
  const unanswered = await node.unanswered()
  await node.kill()
  await house.ground.drained()
  const { tally, ground } = house
  tally.deaths[moment] = (tally.deaths[moment] ?? 0) + 1
  if (unanswered !== undefined) {
    tally.unanswered[(await stands(unanswered, ground.eye())) ? 'stood' : 'lost']++
  }
  house.nodes[nodeAt] = await ground.enter(house.rules)
}

const stepWith = (moments: readonly Moment[]): fc.Arbitrary<Step> =>
  fc
    .oneof(
      { weight: 5, arbitrary: smoothly(anyNode) },
      { weight: 5, arbitrary: ask(anyNode) },
      { weight: 8, arbitrary: approve(anyNode) },
      { weight: 2, arbitrary: twoAtOnce },
      { weight: 2, arbitrary: close(anyNode) },
      { weight: 1, arbitrary: revoke(anyNode) },
      { weight: 3, arbitrary: advance },
      { weight: 1, arbitrary: configure },
      { weight: 3, arbitrary: broken(moments) },
    )
    // What a counterexample is printed as.
    .map(([what, act]) => Object.assign((house: House) => act(house), { [fc.toStringMethod]: () => what }))
