// Whatever people, administrators, configurations, clocks and dying nodes do, in whatever order: no grant comes into
// being or lasts that its rules forbid, and nothing that was acknowledged is lost or half done.

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { GrantRequest } from '../../src/grants/grant-request.ts'
import { createGrantRecords } from '../../src/grants/grant-records.ts'
import { RequestRefused } from '../../src/grants/grant-requests.ts'
import { createRequestRecords } from '../../src/grants/request-records.ts'
import { compilePolicy } from '../../src/policy/compile.ts'
import { decide } from '../../src/policy/decide.ts'
import type { Grant, GrantLevel } from '../../src/policy/grant.ts'
import { subjectKey, type Subject } from '../../src/policy/subject.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { createSeal } from '../../src/store/seal.ts'
import type { Store } from '../../src/store/store.ts'
import {
  acting,
  anna,
  ben,
  boss,
  emergencySettings,
  hour,
  kim,
  minute,
  openNode,
  owner,
  requestSettings,
  start,
  type RequestNode,
  type Rules,
} from './request-house.ts'

const settings = requestSettings({
  approvals: 2,
  eligible: { groups: ['finance'] },
  maxDuration: 4 * hour,
  maxTotal: 6 * hour,
  maxExtensions: 1,
  lapseAfter: 3 * hour,
  openPerPerson: 9,
})
const both = { requests: settings, emergency: emergencySettings() }
/** What may be in force. In each, whoever may approve is the same; what is offered is not. */
const rules: readonly Rules[] = [
  { apps: { erp: both } },
  { apps: { erp: { requests: requestSettings({ ...settings, approvals: 1, maxDuration: 2 * hour }) } } },
  { apps: { erp: {} } },
  { apps: {} },
]
const people: readonly Subject[] = [anna, ben, owner, boss, kim]
const approvers = new Set(['corp|owner', 'corp|boss', 'corp|kim'])
const policy = compilePolicy(
  {
    name: 'erp',
    mode: 'enforce',
    require: {},
    rules: [
      {
        name: 'granted',
        effect: 'allow',
        when: { grant: 'required' },
        mode: 'enforce',
        limits: { download: undefined, upload: undefined },
      },
    ],
    lease: minute,
  },
  { roles: new Map(), schedules: new Map(), postures: new Map() },
)

class Dead extends Error {}

/** A node's way to the store: after so many writes it dies, in the middle of the last one or right after it. */
interface Fuse {
  left: number
  readonly after: boolean
}

function mortal(store: Store, fuse: { current: Fuse | undefined }): Store {
  let dead = false
  const writes = new Set(['set', 'add', 'replace', 'remove', 'increment', 'addMember', 'removeMember', 'announce'])
  return new Proxy(store, {
    get(target, name: keyof Store) {
      const method = target[name]
      if (typeof method !== 'function') return method
      return (...args: unknown[]) => {
        const call = () => Reflect.apply(method, target, args) as Promise<unknown>
        if (name === 'onHint') return call()
        if (dead) return Promise.reject(new Dead())
        if (fuse.current === undefined || !writes.has(name) || --fuse.current.left > 0) return call()
        dead = true
        return fuse.current.after ? call().then(() => Promise.reject(new Dead())) : Promise.reject(new Dead())
      }
    },
  })
}

/** What was tried and is not known to have failed: only from this may anything come. */
interface Tried {
  readonly approvals: {
    readonly by: string
    readonly level: GrantLevel
    readonly duration: number
    readonly at: number
  }[]
  denied: boolean
  withdrawn: boolean
  /** Acknowledged to whoever did it. */
  approved: boolean
  closed: 'denied' | 'withdrawn' | undefined
}

interface House {
  readonly clock: { at: number }
  readonly store: Store
  readonly nodes: { node: RequestNode; fuse: { current: Fuse | undefined } }[]
  readonly tried: Map<string, Tried>
  readonly revoked: Set<string>
  rules: Rules
}

const seal = createSeal([Buffer.alloc(32, 3)])

async function openHouse(): Promise<House> {
  const clock = { at: start }
  const store = createMemoryStore({ now: () => clock.at })
  const house: House = { clock, store, nodes: [], tried: new Map(), revoked: new Set(), rules: rules[0]! }
  for (const _ of [1, 2]) house.nodes.push(await enter(house))
  return house
}

async function enter({ store, clock, rules: current }: House) {
  const fuse: { current: Fuse | undefined } = { current: undefined }
  const node = await openNode(mortal(store, fuse), () => clock.at, current)
  node.apply(current)
  return { node, fuse }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise(setImmediate)
}

/** Every node looks after what nobody asks for, and has heard of everything. */
async function tended(house: House): Promise<void> {
  vi.advanceTimersByTime(2_000)
  await settled()
  for (const { node } of house.nodes) {
    await node.changes.sweep()
    await node.requests.load()
    await node.grants.load()
  }
  await settled()
}

const wholeStore = async ({ store, clock }: House) => ({
  requests: await createRequestRecords({ store, seal, now: () => clock.at }).readAll(),
  grants: await createGrantRecords({ store, seal, now: () => clock.at }).readAll(),
})

const triedOf = (house: House, id: string): Tried => {
  let tried = house.tried.get(id)
  if (tried === undefined) {
    tried = { approvals: [], denied: false, withdrawn: false, approved: false, closed: undefined }
    house.tried.set(id, tried)
  }
  return tried
}

async function check(house: House): Promise<void> {
  const { requests, grants } = await wholeStore(house)
  const byId = new Map(requests.map((request) => [request.id, request]))
  for (const request of requests) checkRequest(house, request, grants)
  for (const grant of grants) checkGrant(house, grant, byId)
  const at = house.clock.at
  const counting = grants.filter((grant) => grant.revokedAt === undefined && at < grant.until)
  const entitled = counting.map(({ who, app, basis }) => `${who} ${app} ${basis!.entitlement}`)
  expect(new Set(entitled).size, 'one grant that counts for each person and entitlement').toBe(entitled.length)
  const open = requests.filter(({ state, lapsesAt }) => state === 'open' && at < lapsesAt)
  expect(new Set(open.map(({ by }) => subjectKey(by))).size, 'one open request').toBe(open.length)
  for (const { node } of house.nodes) for (const person of people) checkDecision(house, node, person, grants)
}

function checkRequest(house: House, request: GrantRequest, grants: readonly Grant[]): void {
  const tried = triedOf(house, request.id)
  for (const { by, level, duration, at } of request.approvals) {
    expect(tried.approvals).toContainEqual({ by: subjectKey(by), level, duration, at })
    expect(approvers).toContain(subjectKey(by))
    expect(subjectKey(by)).not.toBe(subjectKey(request.by))
  }
  const distinct = new Set(request.approvals.map(({ by }) => subjectKey(by)))
  expect(distinct.size).toBe(request.approvals.length)
  const own = grants.find((grant) => grant.id === `request-${request.id}`)
  if (request.state !== 'approved') expect(own, `nothing comes of what is ${request.state}`).toBeUndefined()
  else if (!request.emergency) expect(request.approvals.length).toBeGreaterThanOrEqual(request.needed)
  if (tried.closed !== undefined) expect(request.state, 'what was acknowledged stays').toBe(tried.closed)
  if (tried.approved) {
    expect(request.state).toBe('approved')
    expect(
      grants.some(({ id }) => id === request.grant),
      'what was acknowledged is there',
    ).toBe(true)
  }
  if (request.state === 'denied') expect(tried.denied).toBe(true)
  if (request.state === 'withdrawn') expect(tried.withdrawn).toBe(true)
}

function checkGrant(house: House, grant: Grant, byId: ReadonlyMap<string, GrantRequest>): void {
  const request = byId.get(grant.basis!.request)!
  expect(grant.who).toBe(subjectKey(request.by))
  const length = grant.until - grant.from
  if (house.revoked.has(grant.id)) expect(grant.revokedAt, 'revoked stays revoked').toBeDefined()
  if (request.emergency) {
    expect(length).toBeLessThanOrEqual(Math.min(hour, request.duration))
    expect(grant.from).toBe(request.askedAt)
    return
  }
  const prolonged = (grant.extensions ?? []).map((id) => byId.get(id)!)
  expect(prolonged.length).toBeLessThanOrEqual(settings.maxExtensions)
  expect(new Set(prolonged.map(({ id }) => id)).size).toBe(prolonged.length)
  const least = (one: GrantRequest) => Math.min(one.duration, ...one.approvals.map(({ duration }) => duration))
  expect(length).toBe([request, ...prolonged].reduce((sum, one) => sum + least(one), 0))
  expect(length).toBeLessThanOrEqual(settings.maxTotal)
  expect(grant.from).toBeGreaterThanOrEqual(Math.max(request.approvals.at(-1)!.at, request.from ?? 0))
  const last = prolonged.at(-1) ?? request
  if (last.level === 'read' || last.approvals.some(({ level }) => level === 'read')) expect(grant.level).toBe('read')
}

/** The very decision of the gateway: never without a grant that says so now, under the configuration of now. */
function checkDecision(house: House, node: RequestNode, person: Subject, stored: readonly Grant[]): void {
  const offers = house.rules.apps?.['erp']
  for (const method of ['GET', 'POST']) {
    const decision = decide(policy, {
      identity: {
        subject: person,
        authentication: { acr: undefined, amr: [], authTime: undefined, mfa: false, phishingResistant: false },
      },
      absence: 'no_session',
      device: { state: 'absent' },
      grants: node.grants.of(person, 'erp'),
      network: { address: '192.0.2.1', names: new Set() },
      method,
      path: '/',
      now: house.clock.at,
    })
    if (decision.effect !== 'allow') continue
    const grant = stored.find(({ id }) => id === decision.grant)!
    expect(grant.who).toBe(subjectKey(person))
    expect(grant.from).toBeLessThanOrEqual(house.clock.at)
    expect(house.clock.at).toBeLessThan(grant.until)
    if (method === 'POST') expect(grant.level).toBe('full')
    expect(decision.validUntil).toBeLessThanOrEqual(grant.until)
    expect(offers?.[grant.basis!.entitlement as 'requests'], 'the entitlement is still there').toBeDefined()
  }
}

/** Nothing is expected of a refusal but that it is one we know. */
async function attempt<T>(act: Promise<T>): Promise<T | 'refused' | 'perhaps'> {
  try {
    return await act
  } catch (error) {
    if (error instanceof RequestRefused) return 'refused'
    if (error instanceof Dead) return 'perhaps'
    throw error
  }
}

type Step = (house: House) => Promise<void>

const nodeAt = fc.nat({ max: 1 })
const person = fc.constantFrom(...people)
/** Mostly those who may: that is where things happen. */
const asker = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(anna, ben, owner) }, { weight: 1, arbitrary: person })
const decider = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(owner, boss, kim) }, { weight: 1, arbitrary: person })
const level = fc.constantFrom<GrantLevel>('read', 'full')
const duration = fc.constantFrom(10 * minute, hour, 2 * hour, 2 * hour, 4 * hour, 5 * hour)
/** Mostly the newest request: that is where things happen. */
const which = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 4 }) })

const requestAt = async (house: House, index: number): Promise<GrantRequest | undefined> => {
  const closed = ({ state, lapsesAt }: GrantRequest): number => Number(state !== 'open' || lapsesAt <= house.clock.at)
  const { requests } = await wholeStore(house)
  return requests.sort(
    (one, other) => closed(one) - closed(other) || other.askedAt - one.askedAt || (one.id < other.id ? 1 : -1),
  )[index]
}

const ask = fc
  .record({
    nodeAt,
    person: asker,
    level,
    duration,
    extend: fc.boolean(),
    emergency: fc.nat({ max: 5 }),
    ahead: fc.nat({ max: 3 }),
  })
  .map(({ nodeAt, person, level, duration, extend, emergency, ahead }): [string, Step] => [
    `${person.sub} asks for ${level} for ${duration / minute} min`,
    async (house) => {
      const held = (await wholeStore(house)).grants.find(
        ({ who, revokedAt, until }) => who === subjectKey(person) && revokedAt === undefined && until > house.clock.at,
      )
      await attempt(
        house.nodes[nodeAt]!.node.requests.ask(
          {
            app: 'erp',
            level,
            duration: emergency === 0 ? 30 * minute : duration,
            from: ahead === 0 && emergency > 0 ? house.clock.at + hour : undefined,
            reason: 'why not',
            ticket: undefined,
            extends: extend ? held?.id : undefined,
            emergency: emergency === 0,
          },
          acting(person, { authTime: house.clock.at }),
        ),
      )
    },
  ])

const approve = fc
  .record({
    nodeAt,
    person: decider,
    which,
    level: fc.option(level, { nil: undefined }),
    duration: fc.constantFrom(undefined, undefined, undefined, 10 * minute, hour, 5 * hour),
  })
  .map(({ nodeAt, person, which, level, duration }): [string, Step] => [
    `${person.sub} approves ${which} (${level ?? 'as asked'}, ${duration ?? 'as asked'})`,
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
    at: house.clock.at,
  }
  const lesser = { ...(level && { level }), ...(duration && { duration }) }
  // Put down before it is known: a node that dies may have written it.
  tried.approvals.push(approval)
  const done = await attempt(house.nodes[nodeAt]!.node.requests.approve(request.id, lesser, acting(person)))
  if (done === 'refused') tried.approvals.splice(tried.approvals.indexOf(approval), 1)
  else if (done !== 'perhaps' && done.state === 'approved') tried.approved = true
}

const twoAtOnce = fc.record({ which, one: decider, other: decider }).map(({ which, one, other }): [string, Step] => [
  `${one.sub} and ${other.sub} approve ${which} at the same moment`,
  async (house) => {
    await Promise.all([approving(house, 0, one, which), approving(house, 1, other, which, 'read', 10 * minute)])
  },
])

const close = fc
  .record({ nodeAt, person, which, act: fc.constantFrom('deny' as const, 'withdraw' as const) })
  .map(({ nodeAt, person, which, act }): [string, Step] => [
    `${person.sub} would ${act} ${which}`,
    async (house) => {
      const request = await requestAt(house, which)
      if (request === undefined) return
      const { requests } = house.nodes[nodeAt]!.node
      const tried = triedOf(house, request.id)
      const before = { denied: tried.denied, withdrawn: tried.withdrawn }
      if (act === 'deny') tried.denied = true
      else tried.withdrawn = true
      const done = await attempt(
        act === 'deny'
          ? requests.deny(request.id, undefined, acting(person))
          : requests.withdraw(request.id, acting(person)),
      )
      if (done === 'refused') Object.assign(tried, before)
      else if (done !== 'perhaps') tried.closed = act === 'deny' ? 'denied' : 'withdrawn'
    },
  ])

const revoke = fc.record({ nodeAt, person, which }).map(({ nodeAt, person, which }): [string, Step] => [
  `${person.sub} takes back ${which}`,
  async (house) => {
    const request = await requestAt(house, which)
    if (request === undefined) return
    const done = await attempt(house.nodes[nodeAt]!.node.requests.revoke(request.id, acting(person)))
    if (done !== 'refused' && done !== 'perhaps') house.revoked.add(done.grant!)
  },
])

const advance = fc.constantFrom(minute, 20 * minute, 20 * minute, hour, 3 * hour).map((time): [string, Step] => [
  `${time / minute} min pass`,
  async (house) => {
    house.clock.at += time
    await tended(house)
  },
])

const configure = fc.nat({ max: rules.length + 5 }).map((index): [string, Step] => [
  `configuration ${index}`,
  async (house) => {
    // Mostly back to the one in which something can happen.
    house.rules = rules[index] ?? rules[0]!
    for (const { node } of house.nodes) node.apply(house.rules)
    await settled()
  },
])

/** A node dies in the middle of whatever it does next; another takes its place, with nothing but the store. */
const killed = fc
  .record({ nodeAt, left: fc.integer({ min: 1, max: 12 }), after: fc.boolean() })
  .chain(({ nodeAt, left, after }) =>
    fc.oneof(ask, approve, close, revoke).map(([what, act]): [string, Step] => [
      `node ${nodeAt} dies ${after ? 'after' : 'at'} its write ${left}, while ${what}`,
      async (house) => {
        const dying = house.nodes[nodeAt]!
        dying.fuse.current = { left, after }
        await act(house)
        await dying.node.stop()
        house.nodes[nodeAt] = await enter(house)
        await tended(house)
        const { requests, grants } = await wholeStore(house)
        for (const { state, terms, grant } of requests) {
          if (state !== 'approved' || terms!.until <= house.clock.at) continue
          expect(
            grants.some(({ id }) => id === grant),
            'what was decided is carried out',
          ).toBe(true)
        }
      },
    ]),
  )

/** Nobody objects: so that there is something to prolong, take back and outlive. */
const smoothly = fc.tuple(ask, fc.nat({ max: 2 })).map(([[what, act], skipped]): [string, Step] => [
  `${what}, and they agree`,
  async (house) => {
    await act(house)
    for (const who of [owner, boss, kim].filter((_, index) => index !== skipped)) await approving(house, 0, who, 0)
  },
])

const step = fc
  .oneof(
    { weight: 5, arbitrary: smoothly },
    { weight: 5, arbitrary: ask },
    { weight: 8, arbitrary: approve },
    { weight: 2, arbitrary: twoAtOnce },
    { weight: 2, arbitrary: close },
    { weight: 1, arbitrary: revoke },
    { weight: 3, arbitrary: advance },
    { weight: 1, arbitrary: configure },
    { weight: 2, arbitrary: killed },
  )
  // What a counterexample is printed as.
  .map(([what, act]) => Object.assign((house: House) => act(house), { [fc.toStringMethod]: () => what }))

describe('requests, whatever happens', () => {
  beforeAll(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] }))
  afterAll(() => void vi.useRealTimers())

  test('never lead to a grant their rules forbid, nor lose one that was acknowledged', async () => {
    let given = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
        const house = await openHouse()
        try {
          for (const act of steps) {
            await act(house)
            await check(house)
          }
          given += (await wholeStore(house)).grants.length
        } finally {
          for (const { node } of house.nodes) await node.stop()
          await house.store.close()
        }
      }),
      { numRuns: 2000 },
    )
    // A model in which nobody ever gets in would prove nothing.
    expect(given).toBeGreaterThan(1000)
  }, 120_000)
})
