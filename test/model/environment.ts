// Two nodes, one store and one clock, and everything the model knows of what was tried there.

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
/** What may be in force. In each, whoever may approve is the same; what is offered is not. */
export const rules: readonly Rules[] = [
  { apps: { erp: both } },
  { apps: { erp: { requests: requestSettings({ ...settings, approvals: 1, maxDuration: 2 * hour }) } } },
  { apps: { erp: {} } },
  { apps: {} },
]
export const people: readonly Subject[] = [anna, ben, owner, boss, kim]

/** What the lives of the model are lived on: a store, its clock, and how nodes come to it. */
export interface Ground {
  /** In which ways a node can die here. */
  readonly moments: readonly Moment[]
  /** The model's own eyes: nothing breaks them. */
  readonly eye: () => Store
  /** Epoch milliseconds; the clock of the nodes, of the model and of the store. */
  now(): number
  /** Forward only, in milliseconds, for everybody. */
  pass(time: number): Promise<void>
  enter(rules: Rules): Promise<ModelNode>
  /** Whatever a node had sent before it died has reached the store, or never will. */
  drained(): Promise<void>
  /** Nothing is left of the life before. */
  clear(): Promise<void>
  close(): Promise<void>
}

/** What was tried and is not known to have failed: only from this may anything come. */
export interface Tried {
  readonly approvals: TriedApproval[]
  readonly closings: { readonly act: 'deny' | 'withdraw' }[]
  /** Acknowledged to whoever did it, all of these. */
  readonly asked: GrantRequest[]
  approved: boolean
  closed: 'denied' | 'withdrawn' | undefined
}

export interface TriedApproval {
  readonly by: string
  readonly level: GrantLevel
  readonly duration: number
  /** Epoch milliseconds between which it was tried; without an end it is being tried. */
  readonly since: number
  until: number
}

export interface House {
  readonly ground: Ground
  readonly nodes: ModelNode[]
  readonly tried: Map<string, Tried>
  readonly revoked: Set<string>
  /** Grants of which somebody was told that they are over. */
  readonly over: Set<string>
  readonly tally: Tally
  rules: Rules
  /** Nothing happened since every node heard of everything. */
  heard: boolean
}

/** What happened in all lives: a model in which nothing happens would prove nothing. */
export interface Tally {
  lives: number
  steps: number
  requests: number
  grants: number
  prolonged: number
  revoked: number
  /** Acts of which nobody heard what came of them. */
  perhaps: number
  readonly deaths: Partial<Record<Moment, number>>
  readonly cuts: Partial<Record<Moment, number>>
  /** Writes that were sent, or torn, and never answered: of those the store has, and has not. */
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

export async function openHouse(ground: Ground, tally: Tally): Promise<House> {
  await ground.clear()
  const current = rules[0]!
  const nodes = await Promise.all([ground.enter(current), ground.enter(current)])
  return { ground, nodes, tried: new Map(), revoked: new Set(), over: new Set(), tally, rules: current, heard: false }
}

/** Every node, at once, looks after what nobody asks for, and then has heard of everything. */
export async function tended(house: House): Promise<void> {
  await Promise.all(house.nodes.map((node) => node.tend()))
  await Promise.all(house.nodes.map((node) => node.hear()))
  house.heard = true
}

export function allRequests({ ground }: House): Promise<GrantRequest[]> {
  return createRequestRecords({ store: ground.eye(), seal, now: () => ground.now() }).readAll()
}

export function allGrants({ ground }: House): Promise<Grant[]> {
  return createGrantRecords({ store: ground.eye(), seal, now: () => ground.now() }).readAll()
}

/** The one the nodes of `openNode` have. */
const seal = createSeal([Buffer.alloc(32, 3)])

export function triedOf(house: House, id: string): Tried {
  let tried = house.tried.get(id)
  if (tried === undefined) {
    tried = { approvals: [], closings: [], asked: [], approved: false, closed: undefined }
    house.tried.set(id, tried)
  }
  return tried
}
