// The ground on which lives are short: the memory store, and a clock that only moves when it is told to.

import { createMemoryStore } from '../../src/store/memory.ts'
import { start } from '../grants/requests/environment.ts'
import { createWay } from './failing-store.ts'
import type { Ground } from './environment.ts'
import { openModelNode } from './node.ts'

export function memoryGround(): Ground {
  let at = start
  const now = () => at
  let store = createMemoryStore({ now })
  return {
    moments: ['before', 'after'],
    eye: () => store,
    now,
    async pass(time) {
      at += time
    },
    // What is there when a node of memory leaves is the other's as well: nobody but the ground closes it.
    enter: (rules) => openModelNode(createWay({ ...store, close: async () => undefined }), now, rules),
    drained: async () => undefined,
    async clear() {
      await store.close()
      at = start
      store = createMemoryStore({ now })
    },
    close: () => store.close(),
  }
}
