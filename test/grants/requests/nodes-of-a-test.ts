// Nodes of one test on a store and a clock of its own, stopped after it.

import { afterEach, beforeEach } from 'vitest'
import { createMemoryStore } from '../../../src/store/memory.ts'
import type { Store } from '../../../src/store/store.ts'
import { openNode, start, type RequestNode, type Rules } from './environment.ts'

export interface NodesOfATest {
  /** Of the store and all nodes; at `start` when a test begins. */
  readonly clock: { at: number }
  /** That of the running test. */
  readonly store: Store
  /** Opens one more node. `through`: how it reaches the store, by default directly. */
  node(rules?: Rules, through?: Store): Promise<RequestNode>
}

/** Registers hooks: called once, at the top of a test file. */
export function nodesOfATest(): NodesOfATest {
  const clock = { at: start }
  const nodes: RequestNode[] = []
  let store: Store
  const now = () => clock.at

  beforeEach(() => {
    clock.at = start
    store = createMemoryStore({ now })
  })
  afterEach(async () => {
    for (const node of nodes.splice(0)) await node.stop()
    await store.close()
  })

  return {
    clock,
    get store() {
      return store
    },
    async node(rules, through = store) {
      const node = await openNode(through, now, rules)
      nodes.push(node)
      return node
    },
  }
}
