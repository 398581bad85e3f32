// The ground on which lives are short: the memory store, and a clock that only moves when it is told to.

import { createMemoryStore } from '../../src/store/memory.ts'
import { start } from './request-house.ts'
import { createWay } from './requests-model-breaking.ts'
import type { Ground } from './requests-model-house.ts'
import { openModelNode } from './requests-model-node.ts'

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
