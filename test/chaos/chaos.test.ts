// Fast fault injection: a misbehaving upstream and a full disk. `npm run test:chaos` runs all faults.

import { expect, test } from 'vitest'
import { auditFaults } from './audit-disk.ts'
import type { Outcome } from './expectation.ts'
import { upstreamFaults } from './upstream.ts'

test.each([upstreamFaults, auditFaults])('$name: every expectation is met', { timeout: 60_000 }, async ({ run }) => {
  const outcomes: Outcome[] = []
  await run(async (fault, promise, check) => {
    const [kept, seen] = await check().then(
      (told) => [true, told ?? ''] as const,
      (error: Error) => [false, error.message] as const,
    )
    outcomes.push({ fault, promise, kept, seen })
  })
  expect(outcomes.length).toBeGreaterThan(3)
  expect(outcomes.filter(({ kept }) => !kept)).toEqual([])
})
