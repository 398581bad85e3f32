// Emergency codes: the longest life of a code, and the order of the list.

import { afterEach, beforeEach, expect, test } from 'vitest'
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
let codes: EmergencyCodes<object>

beforeEach(() => {
  clock = { at: start }
  store = createMemoryStore({ now: () => clock.at })
  const configuration = configurationOf(rules)
  codes = createEmergencyCodes<object>({
    store,
    seal: createSeal([Buffer.alloc(32, 3)]),
    record: () => {},
    now: () => clock.at,
    entitlements: createEntitlements(() => configuration),
    createEmergencyRequest: () => Promise.reject(new Error('no code of these tests is valid')),
    beginSession: () => Promise.reject(new Error('no code of these tests is valid')),
  })
})
afterEach(() => store.close())

test('a code lives for at most 366 days, and gives access for at most the maximum of its app', async () => {
  const longest = { app: 'erp', duration: hour, expiresAt: start + 366 * day }
  expect((await codes.create(longest, admin)).record).toMatchObject({ duration: hour, expiresAt: start + 366 * day })
  await expect(codes.create({ ...longest, expiresAt: start + 366 * day + 1 }, admin)).rejects.toMatchObject({
    code: 'code_refused',
  })
  await expect(codes.create({ ...longest, expiresAt: start + 1 }, admin)).resolves.toBeDefined()
})

test('codes are listed newest first', async () => {
  const made: string[] = []
  for (let count = 0; count < 3; count++) {
    clock.at += minute
    made.push((await codes.create({ app: 'erp', duration: hour, expiresAt: clock.at + day }, admin)).record.id)
  }
  expect((await codes.list()).map(({ id }) => id)).toEqual(made.toReversed())
})
