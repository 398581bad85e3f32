// Lock of a session's tokens across nodes: held while tokens of a session are exchanged, so that no node uses a token twice.

import type { Store } from '../../store/store.ts'
import { newToken } from '../session/opaque-token.ts'

export interface TokenLock {
  /**
   * Runs `work` once the lock of this session is held. Between attempts `meanwhile` is asked for a result that makes `work`
   * needless. `busy` when another holder keeps the lock for 3 s. Rejects as `work`, `meanwhile` and the store do.
   */
  run<T>(session: string, work: () => Promise<T>, meanwhile?: () => Promise<T | undefined>): Promise<T | 'busy'>
}

// Longer than all requests of one refresh together (10 s each), so that the lock outlives the refresh.
const lockTtl = 50_000
const maxWait = 3000

export function createTokenLock(store: Pick<Store, 'add' | 'remove'>): TokenLock {
  return {
    async run(session, work, meanwhile = () => Promise.resolve(undefined)) {
      const lock = `lock:refresh:${session}`
      const owner = newToken()
      let delay = 25
      for (let waited = 0; ; waited += delay, delay *= 2) {
        if (await store.add(lock, owner, lockTtl)) {
          try {
            return await work()
          } finally {
            await store.remove(lock, owner).catch(() => false)
          }
        }
        const done = await meanwhile()
        if (done !== undefined) return done
        if (waited + delay > maxWait) return 'busy'
        await new Promise((resolve) => setTimeout(resolve, delay))
      }
    },
  }
}
