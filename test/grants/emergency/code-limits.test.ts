// Emergency codes: the longest life of a code, and the order of the list.

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AuditEvent } from '../../../src/audit/event.ts'
import { createEmergencyCodes, type EmergencyCodes } from '../../../src/grants/emergency/codes.ts'
import { createEntitlements } from '../../../src/grants/entitlements.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'
import type { Store } from '../../../src/store/store.ts'
import {
  configurationOf,
  day,
  emergencySettings,
  hour,
  minute,
  requestSettings,
  start,
  type Rules,
} from '../requests/environment.ts'

const rules: Rules = { apps: { erp: { requests: requestSettings(), emergency: emergencySettings({ codes: true }) } } }
const admin = { kind: 'administrator', name: 'admin socket' } as const

let clock: { at: number }
let store: Store
let events: AuditEvent[]
let codes: EmergencyCodes<object>

beforeEach(() => {
  clock = { at: start }
  events = []
  store = createMemoryStore({ now: () => clock.at })
  const configuration = configurationOf(rules)
  codes = createEmergencyCodes<object>({
    store,
    seal: createSeal([Buffer.alloc(32, 3)]),
    record: (event) => void events.push(event),
    now: () => clock.at,
    entitlements: createEntitlements(() => configuration),
    createEmergencyRequest: () => Promise.reject(new Error('no code of these tests is valid')),
    beginSession: () => Promise.reject(new Error('no code of these tests is valid')),
  })
})
afterEach(async () => {
  await codes.stop()
  await store.close()
})

test('a code lives for at most 366 days, and gives access for at most the maximum of its app', async () => {
  const longest = { app: 'erp', duration: hour, expiresAt: start + 366 * day }
  expect((await codes.create(longest, admin)).record).toMatchObject({ duration: hour, expiresAt: start + 366 * day })
  await expect(codes.create({ ...longest, expiresAt: start + 366 * day + 1 }, admin)).rejects.toMatchObject({
    code: 'code_refused',
  })
  await expect(codes.create({ ...longest, expiresAt: start + 1 }, admin)).resolves.toBeDefined()
})

test('a code made in the same millisecond is listed by its id', async () => {
  const made: string[] = []
  for (let count = 0; count < 6; count++) {
    made.push((await codes.create({ app: 'erp', duration: hour, expiresAt: start + day }, admin)).record.id)
  }
  expect((await codes.list()).map(({ id }) => id)).toEqual(made.toSorted())
})

test.each([
  [hour + 0.5, start + day],
  [1, start + day + 0.5],
  [Infinity, start + day],
  [-1, start + day],
  [1, Number.NaN],
])('a duration of %d and an end at %d are refused', async (duration, expiresAt) => {
  await expect(codes.create({ app: 'erp', duration, expiresAt }, admin)).rejects.toMatchObject({ code: 'code_refused' })
  expect(await codes.list()).toEqual([])
})

test('making and revoking a code is a finding of who did it', async () => {
  const { record } = await codes.create({ app: 'erp', duration: hour, expiresAt: start + day }, admin)
  const person = { kind: 'person', provider: 'corp', sub: 'kim' } as const
  expect((await codes.create({ app: 'erp', duration: hour, expiresAt: start + day }, person)).record.createdBy).toBe(
    'person',
  )
  clock.at += minute
  expect(await codes.revoke('nothing', admin)).toBe(false)
  expect(await codes.revoke(record.id, person)).toBe(true)
  expect(events).toMatchObject([{ actor: admin }, { actor: person }, {}])
  expect([events[0], events[2]]).toEqual([
    {
      kind: 'finding',
      at: start,
      actor: admin,
      origin: undefined,
      title: 'An emergency code for erp was made',
      detail: `code ${record.id}, until 2027-01-16T08:00:00Z`,
      severity: 'medium',
    },
    {
      kind: 'finding',
      at: start + minute,
      actor: person,
      origin: undefined,
      title: 'An emergency code for erp was revoked',
      detail: `code ${record.id}`,
      severity: 'low',
    },
  ])
  expect((await codes.list()).find(({ id }) => id === record.id)).toMatchObject({ revokedAt: start + minute })
})

test('a code is listed for 90 days after it expired', async () => {
  await codes.create({ app: 'erp', duration: hour, expiresAt: start + day }, admin)
  clock.at = start + 91 * day - 1
  expect(await codes.list()).toHaveLength(1)
  clock.at++
  expect(await codes.list()).toEqual([])
})

test('codes are listed newest first', async () => {
  const made: string[] = []
  for (let count = 0; count < 3; count++) {
    clock.at += minute
    made.push((await codes.create({ app: 'erp', duration: hour, expiresAt: clock.at + day }, admin)).record.id)
  }
  expect((await codes.list()).map(({ id }) => id)).toEqual(made.toReversed())
})
