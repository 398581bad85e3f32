// Unknown client addresses: the log tells them at once and then once a minute, with the number of requests.

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createUnknownAddresses } from '../../src/gateway/unknown-addresses.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function observed() {
  const lines: unknown[] = []
  const addresses = createUnknownAddresses({ warn: (detail: unknown) => void lines.push(detail) } as never)
  return { lines, addresses }
}
const absent = 'x_forwarded_for_absent'

test('unknown addresses are told once a minute, with their count, until they end', () => {
  const { lines, addresses } = observed()
  for (let i = 0; i < 1_000; i++) addresses.add('10.0.0.1', absent)
  expect(lines).toEqual([{ proxy: '10.0.0.1', detail: absent, requests: 1 }])
  vi.advanceTimersByTime(59_999)
  expect(lines).toHaveLength(1)
  vi.advanceTimersByTime(1)
  expect(lines.slice(1)).toEqual([{ proxy: '10.0.0.1', detail: absent, requests: 999 }])
  addresses.add('10.0.0.1', absent)
  vi.advanceTimersByTime(60_000)
  expect(lines.slice(2)).toEqual([{ proxy: '10.0.0.1', detail: absent, requests: 1 }])
  vi.advanceTimersByTime(600_000)
  expect(lines).toHaveLength(3)
  expect(vi.getTimerCount()).toBe(0)
  addresses.add('10.0.0.1', absent)
  expect(lines).toHaveLength(4)
})

test('each proxy and cause has its own line, and a large range of proxies does not flood the log', () => {
  const { lines, addresses } = observed()
  addresses.add('10.0.0.1', absent)
  addresses.add('10.0.0.2', absent)
  addresses.add('10.0.0.1', 'x_forwarded_for_unreadable')
  expect(lines).toHaveLength(3)
  for (let i = 0; i < 1_000; i++) addresses.add(`10.0.1.${i}`, absent)
  expect(lines).toHaveLength(100)
})
