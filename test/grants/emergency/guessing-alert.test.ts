// Limits of emergency codes: one alert at the moment too many were guessed, and the longest life of a code.

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AuditEvent, Origin } from '../../../src/audit/event.ts'
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
const at = (address: string): Origin => ({ requestId: 'r1', address })

let clock: { at: number }
let store: Store
let codes: EmergencyCodes<object>
let events: AuditEvent[]

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
afterEach(() => store.close())

const guess = (address: string) => codes.redeem('x', at(address))
const alerts = () => events.filter((event) => event.kind === 'finding' && event.severity === 'high')

/** Guesses once from each of `count` addresses of a network. */
async function guessFrom(network: string, count: number): Promise<void> {
  for (let host = 0; host < count; host++) await guess(`${network}.${host}`)
}

test('ten guesses from one address raise no alert, the eleventh raises one, later ones none', async () => {
  for (let tries = 0; tries < 10; tries++) await guess('192.0.2.1')
  expect(alerts()).toEqual([])
  expect(await guess('192.0.2.1')).toEqual({ state: 'refused', reason: 'throttled' })
  expect(alerts()).toMatchObject([
    {
      title: 'Emergency codes are being guessed',
      at: start,
      actor: { kind: 'stranger' },
      origin: { address: '192.0.2.1' },
    },
  ])
  for (let tries = 0; tries < 5; tries++) await guess('192.0.2.1')
  expect(alerts()).toHaveLength(1)
})

test('each address raises an alert of its own', async () => {
  for (const address of ['192.0.2.1', '192.0.2.2']) for (let tries = 0; tries < 12; tries++) await guess(address)
  expect(alerts()).toMatchObject([{ origin: { address: '192.0.2.1' } }, { origin: { address: '192.0.2.2' } }])
})

test('three hundred guesses from many addresses raise no alert, the next raises one, later ones none', async () => {
  await guessFrom('198.51.100', 200)
  await guessFrom('203.0.113', 100)
  expect(alerts()).toEqual([])
  expect(await guess('192.0.2.1')).toEqual({ state: 'refused', reason: 'throttled' })
  expect(alerts()).toHaveLength(1)
  await guessFrom('192.0.2', 5)
  expect(alerts()).toHaveLength(1)
})

test('after a quarter of an hour guesses are counted, and alerted, anew', async () => {
  for (let tries = 0; tries < 11; tries++) await guess('192.0.2.1')
  clock.at += 15 * minute
  expect(await guess('192.0.2.1')).toEqual({ state: 'refused', reason: 'wrong' })
  for (let tries = 0; tries < 10; tries++) await guess('192.0.2.1')
  expect(alerts()).toHaveLength(2)
})

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
