// The store, for `einlass check --online`.

import type { Configuration } from '../../config/configuration.ts'
import { never } from '../../policy/never.ts'
import { probeRedis } from '../../store/probe-redis.ts'
import { bounded, type Asked } from './online-check.ts'

export function askStore({ store }: Pick<Configuration, 'store'>): Promise<Asked> {
  switch (store.kind) {
    case 'memory':
      return answer('store (memory)', 'sessions and grants end with the process')
    case 'sqlite':
      // Locked by the gateway that runs; `check` has looked at the file.
      return answer(`store (${store.file})`, 'the file can be opened')
    case 'redis':
      return bounded(`store (${store.safeUrl})`, async () => ({
        checks: (await probeRedis(store.url)).map(({ what, ...found }) => ({
          name: what === 'use' ? `store (${store.safeUrl})` : `store ${what}`,
          ...found,
        })),
      }))
    default:
      return never(store)
  }
}

async function answer(name: string, detail: string): Promise<Asked> {
  return { checks: [{ name, ok: true, detail }] }
}
