// Environment of the model in memory: the memory store, and a manual clock; the fastest one.

import { createMemoryStore } from '../../src/store/memory.ts'
import { start } from '../grants/requests/environment.ts'
import { createFailingStore } from './failing-store.ts'
import type { Platform } from './environment.ts'
import { openModelNode } from './node.ts'

export function memoryPlatform(): Platform {
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
    // The memory store is shared by both nodes, so only the environment closes it.
    enter: (rules) => openModelNode(createFailingStore({ ...store, close: async () => undefined }), now, rules),
    drained: async () => undefined,
    async clear() {
      await store.close()
      at = start
      store = createMemoryStore({ now })
    },
    close: () => store.close(),
  }
}
