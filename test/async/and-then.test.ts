// Continuation of a value or a promise of it.

import { expect, test } from 'vitest'
import { andThen } from '../../src/async/and-then.ts'

const double = (value: number): number => value * 2

test('continues synchronously with a plain value, and returns the result of the step', () => {
  expect(andThen(21, double)).toBe(42)
  const promised = Promise.resolve(42)
  expect(andThen(21, () => promised)).toBe(promised)
})

test('continues with a promised value when it resolves, and flattens the promise of the step', async () => {
  const result = andThen(Promise.resolve(21), (value) => Promise.resolve(double(value)))
  expect(result).toBeInstanceOf(Promise)
  expect(await result).toBe(42)
})

test('does not run the step after a rejection', async () => {
  const fault = new Error('unreachable')
  let ran = false
  const result = andThen(Promise.reject<number>(fault), () => void (ran = true))
  await expect(result).rejects.toBe(fault)
  expect(ran).toBe(false)
})

test('throws the error of the step with a plain value, and rejects with it otherwise', async () => {
  const fault = new Error('broken')
  const broken = (): never => {
    throw fault
  }
  expect(() => andThen(21, broken)).toThrow(fault)
  await expect(andThen(Promise.resolve(21), broken)).rejects.toBe(fault)
})
