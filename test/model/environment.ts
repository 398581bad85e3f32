// Environment of the model: two nodes, one store, one clock, and the record of every attempt.

import { createGrantRecords } from '../../src/grants/grant-records.ts'
import type { GrantRequest } from '../../src/grants/requests/request.ts'
import { createRequestRecords } from '../../src/grants/requests/records.ts'
import type { Grant, GrantLevel } from '../../src/policy/grant.ts'
import type { Subject } from '../../src/policy/subject.ts'
import { createSeal } from '../../src/store/seal.ts'
import type { Store } from '../../src/store/store.ts'
import {
  anna,
  ben,
  boss,
  emergencySettings,
  hour,
  kim,
  owner,
  requestSettings,
  type Rules,
} from '../grants/requests/environment.ts'
import type { Moment } from './failing-store.ts'
import type { ModelNode } from './node.ts'

export const settings = requestSettings({
  approvals: 2,
  eligible: { groups: ['finance'] },
  maxDuration: 4 * hour,
  maxTotal: 6 * hour,
  maxExtensions: 1,
  lapseAfter: 3 * hour,
  openPerPerson: 9,
})
const both = { requests: settings, emergency: emergencySettings() }
/** Configurations. All have the same approvers, but offer different access. */
export const rules: readonly Rules[] = [
  { apps: { erp: both } },
  { apps: { erp: { requests: requestSettings({ ...settings, approvals: 1, maxDuration: 2 * hour }) } } },
  { apps: { erp: {} } },
  { apps: {} },
]
export const people: readonly Subject[] = [anna, ben, owner, boss, kim]

/** Where lifecycles run: a store, its clock, and how nodes connect to it. */
export interface Platform {
  /** Supported ways for a node to die. */
  readonly moments: readonly Moment[]
  /** The model's own connection to the store, without faults. */
  readonly eye: () => Store
  /** Clock of nodes, model and store, epoch milliseconds. */
  now(): number
  /** Advances the clock of all by milliseconds; forward only. */
  pass(time: number): Promise<void>
  enter(rules: Rules): Promise<ModelNode>
  /** Resolves when everything a dead node had sent has reached the store, or never will. */
  drained(): Promise<void>
  /** Removes everything of the previous lifecycle. */
  clear(): Promise<void>
  close(): Promise<void>
}

/** Attempts that are not known to have failed: nothing else may have an effect. */
export interface Attempted {
  readonly approvals: AttemptedApproval[]
  readonly closings: { readonly act: 'deny' | 'withdraw' }[]
  /** Acknowledged attempts. */
  readonly asked: GrantRequest[]
  approved: boolean
  closed: 'denied' | 'withdrawn' | undefined
}

export interface AttemptedApproval {
  readonly by: string
  readonly level: GrantLevel
  readonly duration: number
  /** Epoch milliseconds of start and end; without an end it is in progress. */
  readonly since: number
  until: number
}

export interface Environment {
  readonly ground: Platform
  readonly nodes: ModelNode[]
  readonly tried: Map<string, Attempted>
  readonly revoked: Set<string>
  /** Grants whose end was acknowledged. */
  readonly over: Set<string>
  readonly tally: Tally
  rules: Rules
  /** Nothing has happened since every node was up to date. */
  heard: boolean
}

/** Totals over all lifecycles: a model in which nothing happens would prove nothing. */
export interface Tally {
  lives: number
  steps: number
  requests: number
  grants: number
  prolonged: number
  revoked: number
  /** Acts whose outcome is unknown. */
  perhaps: number
  readonly deaths: Partial<Record<Moment, number>>
  readonly cuts: Partial<Record<Moment, number>>
  /** Writes without a reply: number the store has applied, and not. */
  readonly unanswered: { stood: number; lost: number }
}

export const emptyTally = (): Tally => ({
  lives: 0,
  steps: 0,
  requests: 0,
  grants: 0,
  prolonged: 0,
  revoked: 0,
  perhaps: 0,
  deaths: {},
  cuts: {},
  unanswered: { stood: 0, lost: 0 },
})

export async function openEnvironment(ground: Platform, tally: Tally): Promise<Environment> {
  await ground.clear()
  const current = rules[0]!
  const nodes = await Promise.all([ground.enter(current), ground.enter(current)])
  return { ground, nodes, tried: new Map(), revoked: new Set(), over: new Set(), tally, rules: current, heard: false }
}

/** Runs the background work of every node concurrently, and brings them up to date. */
export async function maintained(house: Environment): Promise<void> {
  await Promise.all(house.nodes.map((node) => node.tend()))
  await Promise.all(house.nodes.map((node) => node.hear()))
  house.heard = true
}

export function allRequests({ ground }: Environment): Promise<GrantRequest[]> {
  return createRequestRecords({ store: ground.eye(), seal, now: () => ground.now() }).readAll()
}

export function allGrants({ ground }: Environment): Promise<Grant[]> {
  return createGrantRecords({ store: ground.eye(), seal, now: () => ground.now() }).readAll()
}

/** The configuration that nodes of `openNode` start with. */
const seal = createSeal([Buffer.alloc(32, 3)])

export function attemptedFor(house: Environment, id: string): Attempted {
  let tried = house.tried.get(id)
  if (tried === undefined) {
    tried = { approvals: [], closings: [], asked: [], approved: false, closed: undefined }
    house.tried.set(id, tried)
  }
  return tried
}
