// Circuit breaker: one call without an answer opens it, one probe at a time goes out, an answer closes it.

import { beforeEach, expect, test } from 'vitest'
import { CircuitOpen, createCircuitBreaker, type CircuitBreaker } from '../../src/async/circuit-breaker.ts'

let now = 0
let states: boolean[]
let breaker: CircuitBreaker

beforeEach(() => {
  now = 1_000_000
  states = []
  breaker = createCircuitBreaker({
    now: () => now,
    changed: ({ open }) => states.push(open),
    isAnswer: (error) => (error as Error).message === 'unacceptable',
  })
})

const failAfter =
  (milliseconds: number, message = 'timed out') =>
  async (): Promise<never> => {
    await Promise.resolve()
    now += milliseconds
    throw new Error(message)
  }
const isOpen = async (): Promise<boolean> =>
  breaker
    .run(async () => 'asked')
    .then(
      () => false,
      (error: unknown) => error instanceof CircuitOpen,
    )

test('one call without an answer opens it; others are told at once, and it is reported once', async () => {
  let told = 0
  breaker.onOpen(() => told++)
  await expect(breaker.run(failAfter(10_000))).rejects.toThrow('timed out')
  expect([await isOpen(), await isOpen(), breaker.available()]).toEqual([true, true, false])
  expect([states, told]).toEqual([[true], 1])
})

test.each([
  ['a failure that held nobody', () => breaker.run(failAfter(20, 'refused'))],
  ['an answer that is unacceptable', () => breaker.run(failAfter(5000, 'unacceptable'))],
])('%s leaves it closed', async (_name, call) => {
  await expect(call()).rejects.toThrow()
  expect(await isOpen()).toBe(false)
  expect(states).toEqual([])
})

test('a call without an answer beside others that are answered leaves it closed', async () => {
  const slow = breaker.run(async () => {
    await new Promise((resolve) => setTimeout(resolve, 5))
    now += 10_000
    throw new Error('timed out')
  })
  now += 10
  await breaker.run(async () => 'answered')
  await expect(slow).rejects.toThrow('timed out')
  expect(breaker.available()).toBe(true)
})

test('after a pause one probe goes out; until it is answered, others are still told at once', async () => {
  await breaker.run(failAfter(10_000)).catch(() => undefined)
  now += 1000
  let answer = (_text: string): void => undefined
  const probe = breaker.run(() => new Promise<string>((resolve) => (answer = resolve)))
  expect([await isOpen(), await isOpen()]).toEqual([true, true])
  answer('back')
  expect(await probe).toBe('back')
  expect([await isOpen(), states]).toEqual([false, [true, false]])
})

test('each probe that fails doubles the pause, up to ten seconds', async () => {
  await breaker.run(failAfter(10_000)).catch(() => undefined)
  for (const pause of [1000, 2000, 4000, 8000, 10_000, 10_000]) {
    now += pause - 1
    expect(await isOpen()).toBe(true)
    now += 1
    await expect(breaker.run(failAfter(5, 'refused'))).rejects.toThrow('refused')
  }
  expect(states).toEqual([true])
})

test('calls that began before it opened change neither pause nor report', async () => {
  const late = [0, 1, 2].map(() => breaker.run(failAfter(3000)).catch(() => undefined))
  await Promise.all(late)
  expect(states).toEqual([true])
  now += 1000
  expect(await isOpen()).toBe(false)
})

test('a slow answer that says the peer is out of order counts as none', async () => {
  const bad = async (milliseconds: number) => {
    now += milliseconds
    return 504
  }
  const isOutage = (status: number): boolean => status === 504
  expect(await breaker.run(() => bad(10), isOutage)).toBe(504)
  expect(breaker.available()).toBe(true)
  expect(await breaker.run(() => bad(9000), isOutage)).toBe(504)
  expect(breaker.available()).toBe(false)
})
