import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createFairQueue } from '../../../src/http/server/fair-queue.ts'

const busy = (milliseconds: number): void => {
  for (const until = performance.now() + milliseconds; performance.now() < until;);
}

test('nothing begins before what has arrived was read', async () => {
  const turns = createFairQueue()
  const order: string[] = []
  turns.enqueue({}, () => order.push('begun'))
  order.push('read')
  await turn()
  expect(order).toEqual(['read', 'begun'])
})

test('one of each connection, in turn: nobody waits behind the hundred of another', async () => {
  const turns = createFairQueue()
  const [flood, honest] = [{}, {}]
  const order: string[] = []
  for (let i = 0; i < 100; i++) turns.enqueue(flood, () => order.push('flood'))
  for (let i = 0; i < 3; i++) turns.enqueue(honest, () => order.push('honest'))
  await expect.poll(() => order.length).toBe(103)
  expect(order.slice(0, 6)).toEqual(['flood', 'honest', 'flood', 'honest', 'flood', 'honest'])
})

test('between two slices everything else has its turn', async () => {
  const turns = createFairQueue()
  let begun = 0
  for (let i = 0; i < 100; i++) {
    turns.enqueue({}, () => {
      busy(1)
      begun += 1
    })
  }
  await turn()
  expect(begun).toBeLessThan(50)
  await expect.poll(() => begun).toBe(100)
})

test('what begins may let others wait', async () => {
  const turns = createFairQueue()
  const order: number[] = []
  const one = {}
  turns.enqueue(one, () => {
    order.push(1)
    turns.enqueue(one, () => order.push(2))
  })
  await expect.poll(() => order).toEqual([1, 2])
})
