// Rotating refresh tokens under parallel requests through two gateways: every request is answered, and no session ends.

import { expect, test } from 'vitest'
import { runParallelRefreshes } from './parallel-refreshes.ts'

/** Seconds; `npm run test:refreshes` runs for longer. */
const seconds = 5

test('two gateways, one Redis, a provider that takes a reused refresh token for theft: all 200', async ({
  annotate,
}) => {
  const { line, statuses, refreshes, ended } = await runParallelRefreshes(seconds)
  await annotate(line)
  expect(Object.keys(statuses)).toEqual(['200'])
  expect(ended).toBe(0)
  // About one in two seconds for each session (`gateway/idp-freshness.ts` repeats no attempt sooner): they did rotate.
  expect(refreshes).toBeGreaterThanOrEqual(3)
}, 60_000)
