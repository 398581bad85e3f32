// Fair queue: round robin over connections in time slices.

import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createFairQueue } from '../../../src/http/server/fair-queue.ts'

const busy = (milliseconds: number): void => {
  for (const until = performance.now() + milliseconds; performance.now() < until;);
}

test('no task starts before the data that has arrived was read', async () => {
  const queue = createFairQueue()
  const order: string[] = []
  queue.enqueue({}, () => order.push('started'))
  order.push('read')
  await turn()
  expect(order).toEqual(['read', 'started'])
})

test('round robin: one task per connection, so that none waits behind the hundred of another', async () => {
  const queue = createFairQueue()
  const [flood, other] = [{}, {}]
  const order: string[] = []
  for (let i = 0; i < 100; i++) queue.enqueue(flood, () => order.push('flood'))
  for (let i = 0; i < 3; i++) queue.enqueue(other, () => order.push('other'))
  await expect.poll(() => order.length).toBe(103)
  expect(order.slice(0, 6)).toEqual(['flood', 'other', 'flood', 'other', 'flood', 'other'])
})

test('the event loop runs between two time slices', async () => {
  const queue = createFairQueue()
  let started = 0
  for (let i = 0; i < 100; i++) {
    queue.enqueue({}, () => {
      busy(1)
      started += 1
    })
  }
  await turn()
  expect(started).toBeLessThan(50)
  await expect.poll(() => started).toBe(100)
})

test('a running task may enqueue another', async () => {
  const queue = createFairQueue()
  const order: number[] = []
  const one = {}
  queue.enqueue(one, () => {
    order.push(1)
    queue.enqueue(one, () => order.push(2))
  })
  await expect.poll(() => order).toEqual([1, 2])
})
