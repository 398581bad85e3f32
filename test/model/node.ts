// One node of the model: the real request and grant repositories on a store that can fail.

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
import { Dead, type FailurePoint, type FailingStore, type Write } from './failing-store.ts'

/** `perhaps`: the node or its connection failed meanwhile. It may have been applied, or may be later. */
export type Outcome = { readonly done: GrantRequest } | { readonly refused: RejectionReason } | 'perhaps'

export interface ModelNode {
  ask(wanted: WantedAccess, acting: ActingUser): Promise<Outcome>
  approve(id: string, lesser: Parameters<GrantRequests['approve']>[1], acting: ActingUser): Promise<Outcome>
  deny(id: string, acting: ActingUser): Promise<Outcome>
  withdraw(id: string, acting: ActingUser): Promise<Outcome>
  revoke(id: string, acting: ActingUser): Promise<Outcome>
  /** Inputs of decisions, by user. */
  held(people: readonly Subject[], app: string): Promise<readonly (readonly Grant[])[]>
  /** Applies another configuration, with its consequences. */
  apply(rules: Rules): Promise<void>
  /** Runs the periodic background work. */
  tend(): Promise<void>
  /** Resolves when it is connected and has reloaded everything. */
  hear(): Promise<void>
  /** Resolves when no operation is in progress. */
  quiet(): Promise<void>
  breakAt(breaking: FailurePoint | undefined): Promise<void>
  /** Of the last failure; undefined if the process is gone. */
  unanswered(): Promise<Write | undefined>
  /** Ends without clean-up. */
  kill(): Promise<void>
  /** Ends it in order, after the lifecycle. */
  leave(): Promise<void>
}

/**
 * Replaces the intervals of two and thirty seconds, which then run when `tend` is called. Retries and the timeouts of the
 * store keep real time.
 */
export function ownIntervals(): { giveBack(): void } {
  mock.timers.enable({ apis: ['setInterval'] })
  return { giveBack: () => mock.timers.reset() }
}

/** Requires `ownIntervals` to have been called. */
export async function openModelNode(way: FailingStore, now: () => number, rules: Rules): Promise<ModelNode> {
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

/** A rejection may have any known code. */
async function outcome(act: Promise<GrantRequest>): Promise<Outcome> {
  try {
    return { done: await act }
  } catch (error) {
    if (error instanceof RequestRejected) return { refused: error.code }
    if (error instanceof Dead || error instanceof StoreUnreachable) return 'perhaps'
    throw error
  }
}

/** Waits for a broken connection to be re-established. */
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
