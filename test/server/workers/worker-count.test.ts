// Number of workers, and the reason when it is one.

import { describe, expect, test } from 'vitest'
import { workerCount, type Machine } from '../../../src/server/workers/worker-count.ts'
import { divideLimits } from '../../../src/server/workers/divide-limits.ts'
import { head, valid, wiki } from '../../config/config-fixtures.ts'

const machine: Machine = { cores: 4, platform: 'linux', mayStart: true }

async function counted(gateway: string, store: string, here: Partial<Machine> = {}) {
  const text = `${head.replace('secret_key:', `${gateway} secret_key:`)}store: ${store}\napps:\n${wiki}`
  return workerCount(await valid(text), { ...machine, ...here })
}

describe('with Redis', () => {
  test.each([
    ['one per core by default', '', {}, 4, undefined],
    ['a configured number, whatever the cores', 'workers: 3,', { cores: 1 }, 3, undefined],
    ['a configured one needs no reason', 'workers: 1,', {}, 1, undefined],
    ['one core', '', { cores: 1 }, 1, 'there is one core'],
    ['another platform', '', { platform: 'darwin' as const }, 1, 'processes can share a port on Linux only'],
    [
      'under the permission model',
      '',
      { mayStart: false },
      1,
      'this process may start no others (--permission without --allow-child-process)',
    ],
    ['an ephemeral port', 'listen: [{ address: "127.0.0.1:0" }],', {}, 1, 'port 0 cannot be shared'],
  ])('%s', async (_name, gateway, here, count, why) => {
    expect(await counted(gateway, 'redis://127.0.0.1', here)).toEqual({ count, why })
  })

  test('a configured number that is not possible is an error, not one worker', async () => {
    await expect(counted('workers: 2,', 'redis://127.0.0.1', { mayStart: false })).rejects.toThrow(
      'gateway.workers: only one is possible here: this process may start no others',
    )
  })
})

test.each(['sqlite:einlass.db', '"memory:"'])('with %s there is one worker, with the reason', async (store) => {
  const kind = store.includes('memory') ? 'memory' : 'sqlite'
  const why = `the store ${kind}: is for one process only; several need Redis`
  expect(await counted('', store)).toEqual({ count: 1, why })
  expect(await counted('workers: 1,', store)).toEqual({ count: 1, why: undefined })
})

test('limits per client address are divided, rounded up; limits per user are not', async () => {
  const configuration = await valid(
    `${head}apps:\n${wiki}limits: { connections: 101, connections_per_address: 10, sign_ins_per_minute: 1 }\n`,
  )
  const share = divideLimits(configuration, 4)
  expect(share.limits).toEqual({
    ...configuration.limits,
    connections: 26,
    connectionsPerAddress: 3,
    signInsPerMinute: 1,
  })
  expect(share.gateway.secretKeys).toEqual(configuration.gateway.secretKeys)
})
