// A store that is away at the start: said at once, and again while it is waited for.

import { expect, test, vi } from 'vitest'
import { waitForStore } from '../../src/server/lifecycle.ts'
import { watchStoreAtStart } from '../../src/server/store-at-start.ts'
import { StoreUnreachable } from '../../src/store/store.ts'
import type { Logger } from '../../src/telemetry/logger.ts'
import { freePort } from '../support/redis.ts'

function logger() {
  const lines: { fields: Record<string, unknown>; message: string }[] = []
  const write = (fields: object, message: string): void =>
    void lines.push({ fields: fields as Record<string, unknown>, message })
  const log = { debug: write, info: write, warn: write, error: write } as unknown as Logger
  return { lines, log }
}

test('a Redis that is away is named with cause and mend before any worker is up', async () => {
  const { lines, log } = logger()
  const port = await freePort()
  const stop = watchStoreAtStart({ kind: 'redis', url: `redis://:the-password-of-it@127.0.0.1:${port}` }, log)
  try {
    await expect.poll(() => lines.length, { timeout: 1_000 }).toBeGreaterThan(0)
    expect(lines[0]).toMatchObject({
      message: 'Redis is unreachable',
      fields: {
        port,
        cause: expect.stringContaining('ECONNREFUSED'),
        mend: expect.stringContaining('nothing listens'),
      },
    })
    expect(JSON.stringify(lines)).not.toContain('the-password-of-it')
  } finally {
    await stop()
  }
})

test('another store is not watched', async () => {
  const { lines, log } = logger()
  await watchStoreAtStart({ kind: 'memory' }, log)()
  expect(lines).toEqual([])
})

test('while the store is waited for, that is repeated every ten seconds', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
  try {
    const { lines, log } = logger()
    let away = true
    const waiting = waitForStore(log, async () => {
      if (away) throw new StoreUnreachable(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }))
    })
    await vi.advanceTimersByTimeAsync(25_000)
    expect(lines.map(({ message, fields }) => [message, fields['seconds']])).toEqual([
      ['waiting for the store', 0],
      ['waiting for the store', 10],
      ['waiting for the store', 20],
    ])
    away = false
    await vi.advanceTimersByTimeAsync(1_000)
    await waiting
  } finally {
    vi.useRealTimers()
  }
})
