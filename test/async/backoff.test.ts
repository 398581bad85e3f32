// Exponential backoff.

import { expect, test } from 'vitest'
import { backoff } from '../../src/async/backoff.ts'

test('doubles from the minimum to the maximum and stays there', () => {
  const delays = [0, 1, 2, 3, 4, 5, 6].map((retry) => backoff({ min: 100, max: 1_500 }, retry))
  expect(delays).toEqual([100, 200, 400, 800, 1_500, 1_500, 1_500])
})

test('is bounded after any number of failures', () => {
  expect(backoff({ min: 2_000, max: 300_000 }, 5_000)).toBe(300_000)
})
