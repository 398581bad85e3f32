// Pending revocations of a signed review: completed once, by any node, and never lost nor repeated.

import { expect, test } from 'vitest'
import type { AuditEvent } from '../../../src/audit/event.ts'
import { createPendingReviews, type PendingEnds } from '../../../src/grants/reviews/pending-ends.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'
import type { Store } from '../../../src/store/store.ts'

const start = 1_800_000_000_000
const actor = { kind: 'person', provider: 'corp', sub: 'erika' } as const

const review = { app: 'erp', by: 'Erika', file: 'f.json', sha256: 'abc', kept: 0, ended: 2, takeOut: 0 } as const
const ends: PendingEnds = {
  grants: ['grant-to-be-ended', 'g2'],
  actor,
  event: { kind: 'review', at: start, actor, review },
}

function stage(more: Partial<Store> = {}) {
  const clock = { at: start }
  const store = { ...createMemoryStore({ now: () => clock.at }), ...more }
  const revoked: unknown[] = []
  const saved: string[] = []
  const events: AuditEvent[] = []
  const warnings: string[] = []
  const parts = {
    store,
    seal: createSeal([Buffer.alloc(32, 5)]),
    grants: { revoke: (id: string, by: unknown) => Promise.resolve(revoked.push([id, by]) > 0) },
    saveLast: ({ review: { app } }: typeof ends.event) => Promise.resolve(void saved.push(app)),
    record: (event: AuditEvent) => void events.push(event),
    now: () => clock.at,
    log: { warn: (_fields: object, message: string) => void warnings.push(message) } as never,
  }
  return { clock, store, revoked, saved, events, warnings, parts, pending: createPendingReviews(parts) }
}

test('are sealed, and gone once completed', async () => {
  const { store, pending, revoked, saved, events } = stage()
  const id = await pending.add(ends)
  expect(await store.members('review-pending')).toEqual([id])
  expect(await store.get(`review-pending:${id}`)).not.toContain('grant-to-be-ended')
  expect([revoked, saved, events]).toEqual([[], [], []])
  await pending.complete(id, ends)
  expect(revoked).toEqual([
    ['grant-to-be-ended', actor],
    ['g2', actor],
  ])
  expect([saved, events]).toEqual([['erp'], [ends.event]])
  expect([await store.members('review-pending'), await store.get(`review-pending:${id}`)]).toEqual([[], undefined])
})

test('that two nodes complete are recorded once', async () => {
  const { pending, events } = stage()
  const id = await pending.add(ends)
  await Promise.all([pending.complete(id, ends), pending.complete(id, ends)])
  expect(events).toEqual([ends.event])
})

test('are left to the node that signed for half a minute, then completed by any other', async () => {
  const { clock, pending, revoked, events } = stage()
  await pending.add(ends)
  clock.at = start + 30_000
  await pending.resume()
  expect(revoked).toEqual([])
  clock.at++
  await pending.resume()
  expect(revoked).toHaveLength(2)
  await pending.resume()
  expect([revoked.length, events.length]).toEqual([2, 1])
})

test('are kept for 90 days', async () => {
  const { clock, store, pending } = stage()
  const id = await pending.add(ends)
  clock.at = start + 90 * 86_400_000 - 1
  expect(await store.get(`review-pending:${id}`)).toBeDefined()
  clock.at++
  expect(await store.get(`review-pending:${id}`)).toBeUndefined()
})

test('that were changed in the store, or of which only the id was written, revoke nothing', async () => {
  const { clock, store, pending, revoked, warnings } = stage()
  const [forged, moved] = ['erp-forged', 'erp-moved']
  await store.set(`review-pending:${forged}`, JSON.stringify(ends), 1e9)
  await store.set(`review-pending:${moved}`, (await store.get(`review-pending:${await pending.add(ends)}`))!, 1e9)
  for (const id of [forged, moved, 'erp-listed']) await store.addMember('review-pending', id, 1e9)
  clock.at += 60_000
  await pending.resume()
  // Only those that were signed.
  expect([revoked.length, warnings]).toEqual([2, []])
})

test('that cannot be completed now are completed later, with a warning', async () => {
  const { clock, pending, parts, revoked, warnings } = stage()
  await pending.add(ends)
  clock.at += 60_000
  const { revoke } = parts.grants
  parts.grants.revoke = () => Promise.reject(new Error('unreachable'))
  await pending.resume()
  expect(warnings).toEqual(['revocations of a signed access review are not complete yet; will retry'])
  await createPendingReviews({ ...parts, log: undefined }).resume()
  parts.grants.revoke = revoke
  await pending.resume()
  expect(revoked).toHaveLength(2)
})
