// One node as the model sees it: the real requests and grants over a way to the store that can break, and what is asked of them.

import { mock } from 'node:test'
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'
import type { GrantRequest } from '../../src/grants/requests/request.ts'
import {
  RequestRejected,
  type ActingUser,
  type GrantRequests,
  type RejectionReason,
  type WantedAccess,
} from '../../src/grants/requests/repository.ts'
import type { Grant } from '../../src/policy/grant.ts'
import type { Subject } from '../../src/policy/subject.ts'
import type { Store } from '../../src/store/store.ts'
import { StoreUnreachable } from '../../src/store/store.ts'
import { openNode, type Rules } from '../grants/requests/environment.ts'
import { Dead, type Breaking, type Way, type Write } from './failing-store.ts'

/** `perhaps`: the node or its connection broke over it. It may have happened, or may yet. */
export type Outcome = { readonly done: GrantRequest } | { readonly refused: RejectionReason } | 'perhaps'

export interface ModelNode {
  ask(wanted: WantedAccess, acting: ActingUser): Promise<Outcome>
  approve(id: string, lesser: Parameters<GrantRequests['approve']>[1], acting: ActingUser): Promise<Outcome>
  deny(id: string, acting: ActingUser): Promise<Outcome>
  withdraw(id: string, acting: ActingUser): Promise<Outcome>
  revoke(id: string, acting: ActingUser): Promise<Outcome>
  /** Of each person: what decisions about them are made from. */
  held(people: readonly Subject[], app: string): Promise<readonly (readonly Grant[])[]>
  /** Another configuration is in force from now on, and what follows from it is done. */
  apply(rules: Rules): Promise<void>
  /** It has looked after what nobody asks for, as far as it knows of it. */
  tend(): Promise<void>
  /** Its connection is there, and it has heard of everything and read everything again. */
  hear(): Promise<void>
  /** Nothing is under way any more. */
  quiet(): Promise<void>
  breakAt(breaking: Breaking | undefined): Promise<void>
  /** Of the last break; undefined where nobody is left who could say. */
  unanswered(): Promise<Write | undefined>
  /** Ends as it is, with nothing tidied up. */
  kill(): Promise<void>
  /** The life is over. */
  leave(): Promise<void>
}

/**
 * Every two seconds, every thirty: those moments come when `tend` says so. What waits for something to be tried again,
 * and the store's own limits, keep real time.
 */
export function ownIntervals(): { giveBack(): void } {
  mock.timers.enable({ apis: ['setInterval'] })
  return { giveBack: () => mock.timers.reset() }
}

/** Needs `ownIntervals` before. */
export async function openModelNode(way: Way, now: () => number, rules: Rules): Promise<ModelNode> {
  const { store } = way
  const node = await openNode(store, now, rules)
  const { requests, grants, changes } = node

  async function quiet(): Promise<void> {
    for (let calm = 0; calm < 4;) {
      await turn()
      calm = way.underWay() === 0 ? calm + 1 : 0
    }
  }

  async function stop(): Promise<void> {
    await node.stop()
    await store.close()
  }

  node.apply(rules)
  await quiet()
  return {
    ask: (wanted, acting) => outcome(requests.create(wanted, acting)),
    approve: (id, lesser, acting) => outcome(requests.approve(id, lesser, acting)),
    deny: (id, acting) => outcome(requests.deny(id, undefined, acting)),
    withdraw: (id, acting) => outcome(requests.withdraw(id, acting)),
    revoke: (id, acting) => outcome(requests.revoke(id, acting)),
    held: async (people, app) => people.map((person) => grants.of(person, app)),
    async apply(next) {
      node.apply(next)
      await quiet()
    },
    async tend() {
      mock.timers.tick(2_000)
      await quiet()
    },
    async hear() {
      await untilAnswers(store)
      await Promise.all([changes.sweep(), requests.load(), grants.load()])
      await quiet()
    },
    quiet,
    breakAt: async (breaking) => way.breakAt(breaking),
    unanswered: async () => way.unanswered(),
    async kill() {
      way.die()
      await stop()
    },
    leave: stop,
  }
}

/** Nothing is expected of a refusal but that it is one we know. */
async function outcome(act: Promise<GrantRequest>): Promise<Outcome> {
  try {
    return { done: await act }
  } catch (error) {
    if (error instanceof RequestRejected) return { refused: error.code }
    if (error instanceof Dead || error instanceof StoreUnreachable) return 'perhaps'
    throw error
  }
}

/** A connection that was cut is there again after a moment. */
async function untilAnswers(store: Store): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await store.ping()
    } catch (error) {
      if (attempt === 500) throw error
      await pause(10)
    }
  }
}
