// Model of access requests (fast-check): random sequences of acts, configuration changes, clock jumps and node failures,
// and the run of one sequence in a given environment.

import fc from 'fast-check'
import { day, hour, minute } from '../grants/requests/environment.ts'
import {
  anyNode,
  anything,
  approve,
  ask,
  close,
  revoke,
  withoutFailures,
  twoApprove,
  concurrently,
  type Action,
  type ActionResult,
} from './actions.ts'
import { stands, type FailurePoint, type Moment } from './failing-store.ts'
import { check, checkCarriedOut } from './invariants.ts'
import {
  allGrants,
  allRequests,
  openEnvironment,
  rules,
  maintained,
  type Platform,
  type Environment,
  type Tally,
} from './environment.ts'

/** Steps of one lifecycle; each prints as a description. */
export function runsOn({ moments }: Pick<Platform, 'moments'>): fc.Arbitrary<Action[]> {
  return fc.array(stepWith(moments), { minLength: 4, maxLength: 14 })
}

/** Runs one lifecycle; throws the violated invariant. */
export async function runModel(ground: Platform, steps: readonly Action[], tally: Tally): Promise<void> {
  const house = await openEnvironment(ground, tally)
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

/** After 91 days the store deletes ended records: they must not have any effect again. */
const advance = fc
  .oneof(
    { weight: 12, arbitrary: fc.constantFrom(minute, 20 * minute, 20 * minute, hour, 3 * hour) },
    { weight: 1, arbitrary: fc.constant(91 * day) },
  )
  .map((time): ActionResult => [
    `${time / minute} min pass`,
    async (house) => {
      for (const node of house.nodes) await node.quiet()
      await house.ground.pass(time)
      await maintained(house)
      await checkCarriedOut(house)
    },
  ])

const configure = fc.nat({ max: rules.length + 5 }).map((index): ActionResult => [
  `configuration ${index}`,
  async (house) => {
    // Mostly back to the configuration that offers access.
    house.rules = rules[index] ?? rules[0]!
    for (const node of house.nodes) await node.apply(house.rules)
  },
])

const breakingIn = (moments: readonly Moment[]): fc.Arbitrary<FailurePoint> =>
  fc.record({
    moment: fc.constantFrom(...moments),
    // Enough steps to request, be approved twice, and be granted.
    write: fc.integer({ min: 1, max: 20 }),
    bytes: fc.integer({ min: 1, max: 700 }),
    milliseconds: fc.nat({ max: 12 }),
    survives: fc.nat({ max: 3 }).map((one) => one === 3),
  })

/**
 * A node dies in the middle of an action, mostly while the other one acts as well; a new node replaces it, with nothing
 * but the store. Or only its connection breaks. The next step may find partial state, before background work repairs it.
 */
const broken = (moments: readonly Moment[]): fc.Arbitrary<ActionResult> =>
  fc.record({ nodeAt: anyNode, breaking: breakingIn(moments) }).chain(({ nodeAt, breaking }) => {
    const here = fc.constant(nodeAt)
    const there = fc.constant(1 - nodeAt)
    const { moment, write } = breaking
    const survives = breaking.survives && moment !== 'whenever'
    const next = fc.oneof(anything(anyNode), revoke(anyNode), configure)
    return fc
      .tuple(
        fc.oneof(anything(here), withoutFailures(here)),
        fc.option(anything(there), { freq: 3, nil: undefined }),
        fc.option(next, { freq: 2, nil: undefined }),
      )
      .map(([[what, act], meanwhile, next]): ActionResult => [
        [
          `${survives ? 'the connection of ' : ''}node ${nodeAt} breaks (${moment}, write ${write}), while ${what}`,
          ...(meanwhile === undefined ? [] : [meanwhile[0]]),
          ...(next === undefined ? [] : [`right afterwards ${next[0]}`]),
        ].join(', and '),
        async (house) => {
          const node = house.nodes[nodeAt]!
          await node.breakAt({ ...breaking, survives })
          await Promise.all([act(house), meanwhile?.[1](house)])
          await (survives ? mended(house, nodeAt, moment) : replaced(house, nodeAt, moment))
          if (next !== undefined) {
            await next[1](house)
            await check(house)
          }
          await maintained(house)
          await checkCarriedOut(house)
        },
      ])
  })

async function mended(house: Environment, nodeAt: number, moment: Moment): Promise<void> {
  const node = house.nodes[nodeAt]!
  await node.breakAt(undefined)
  // A write without a reply was not announced: others find it at the next full reload, every 30 s.
  await node.hear()
  house.tally.cuts[moment] = (house.tally.cuts[moment] ?? 0) + 1
}

async function replaced(house: Environment, nodeAt: number, moment: Moment): Promise<void> {
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

const stepWith = (moments: readonly Moment[]): fc.Arbitrary<Action> =>
  fc
    .oneof(
      { weight: 5, arbitrary: withoutFailures(anyNode) },
      { weight: 5, arbitrary: ask(anyNode) },
      { weight: 8, arbitrary: approve(anyNode) },
      { weight: 2, arbitrary: twoApprove },
      { weight: 3, arbitrary: concurrently },
      { weight: 2, arbitrary: close(anyNode) },
      { weight: 2, arbitrary: revoke(anyNode) },
      { weight: 3, arbitrary: advance },
      { weight: 1, arbitrary: configure },
      { weight: 3, arbitrary: broken(moments) },
    )
    // Printed in a counterexample.
    .map(([what, act]) => Object.assign((house: Environment) => act(house), { [fc.toStringMethod]: () => what }))
