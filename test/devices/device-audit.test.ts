// Audit events about devices: what they say, and how often they are repeated.

import { beforeEach, describe, expect, test } from 'vitest'
import type { AuditEvent } from '../../src/audit/event.ts'
import { createDeviceEvents, type DeviceEvents } from '../../src/devices/device-events.ts'
import { readPosture } from '../../src/devices/posture.ts'
import type { Posture } from '../../src/policy/device.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { postureQuery } from './posture-query-fixtures.ts'

const minute = 60_000
const nothing = readPosture({}, { deviceId: 'LT-1', source: 'agent', observedAt: 0 }).posture
const posture = (more: Partial<Posture> = {}): Posture => ({ ...nothing, ...more })
const everything = posture({
  managed: true,
  owner: 'ada@example.com',
  compliant: true,
  diskEncrypted: false,
  os: { name: 'linux', version: '6.1' },
  screenLock: true,
  firewall: false,
  antivirus: { present: true, healthy: false },
  risk: 'low',
})

let now: number
let store: Store
let recorded: AuditEvent[]
let events: DeviceEvents

const createEvents = (on: Pick<Store, 'add'> = store) =>
  createDeviceEvents({ store: on, record: (event) => void recorded.push(event), now: () => now })
const details = () => recorded.map((event) => ('detail' in event ? event.detail : undefined))

beforeEach(() => {
  now = 1_000_000
  recorded = []
  store = createMemoryStore({ now: () => now })
  events = createEvents()
})

describe('an observation', () => {
  test('lists every fact that is known', () => {
    events.observed(everything, undefined)
    expect(recorded).toEqual([
      {
        kind: 'device',
        at: now,
        actor: { kind: 'system' },
        device: 'LT-1',
        source: 'agent',
        activity: 'observed',
        detail:
          'managed true, owner ada@example.com, compliant true, disk_encrypted false, os linux 6.1, screen_lock true, ' +
          'firewall false, antivirus present true, antivirus healthy false, risk low',
      },
    ])
    events.observed(posture({ managed: true }), undefined)
    expect(details()[1]).toBe('managed true')
  })

  test('that changes facts lists those, before and after', () => {
    events.observed(everything, posture({ managed: true, risk: 'high' }))
    expect(recorded[0]).toMatchObject({ activity: 'changed' })
    expect(details()[0]).toBe(
      'owner unknown -> ada@example.com, compliant unknown -> true, disk_encrypted unknown -> false, ' +
        'os unknown -> linux 6.1, screen_lock unknown -> true, firewall unknown -> false, ' +
        'antivirus present unknown -> true, antivirus healthy unknown -> false, risk high -> low',
    )
    events.observed(nothing, posture({ firewall: true }))
    expect(details()[1]).toBe('firewall true -> unknown')
  })

  test('is recorded each time', () => {
    for (let turn = 0; turn < 2; turn++) events.observed(everything, undefined)
    events.changed('LT-1', 'inventory', 'removed')
    expect(recorded).toHaveLength(3)
    expect(recorded[2]).toMatchObject({ activity: 'changed', source: 'inventory', detail: 'removed' })
  })
})

describe('within a minute the same is reported once', () => {
  const kinds: [string, () => void, () => void][] = [
    ['a mismatch', () => events.mismatch('LT-1', 'LT-2', 'agent'), () => events.mismatch('LT-1', 'LT-3', 'agent')],
    [
      'a foreign owner',
      () => events.ownerMismatch(nothing, { provider: 'corp', sub: 'ada', email: undefined, external: false }),
      () => events.ownerMismatch(nothing, { provider: 'corp', sub: 'ben', email: undefined, external: false }),
    ],
    ['a rejected claim', () => events.refused('no', postureQuery({})), () => events.refused('other', postureQuery({}))],
  ]

  test.each(kinds)('%s', (_name, report, other) => {
    report()
    now += minute - 1
    report()
    expect(recorded).toHaveLength(1)
    other()
    expect(recorded).toHaveLength(2)
    now += 1
    report()
    expect(recorded).toHaveLength(3)
  })

  test.each(kinds)('%s, also when the clock was set back', (_name, report) => {
    report()
    now -= 1
    report()
    expect(recorded).toHaveLength(2)
  })

  test('up to a thousand different ones', () => {
    events.refused('first', postureQuery({}))
    for (let index = 0; index < 999; index++) events.refused(`claim ${index}`, postureQuery({}))
    events.refused('first', postureQuery({}))
    expect(recorded).toHaveLength(1000)
    events.refused('one more', postureQuery({}))
    events.refused('first', postureQuery({}))
    expect(recorded).toHaveLength(1002)
  })
})

test('a mismatch and a rejected claim name what is known, and nothing the client sent', () => {
  events.mismatch('LT-1', 'LT-2', 'agent')
  events.ownerMismatch(nothing, { provider: 'corp', sub: 'ada', email: undefined, external: false })
  events.refused('device signature does not fit', postureQuery({ 'x-device-id': 'evil' }))
  expect(details()).toEqual([
    'the session belongs to the device LT-2',
    'used by corp|ada, who does not own it',
    'device signature does not fit (peer 10.1.2.3, host wiki.example.com)',
  ])
  expect(recorded[2]).toMatchObject({ kind: 'finding', severity: 'low', actor: { kind: 'stranger' } })
})

describe('a conflict', () => {
  const conflicts = [
    { attribute: 'managed', values: ['a=true', 'b=false'] },
    { attribute: 'risk', values: ['a=low', 'b=high'] },
  ] as const
  const settled = () => new Promise((resolve) => setImmediate(resolve))

  test('is recorded by one node, once a day', async () => {
    const other = createEvents()
    for (const node of [events, other]) node.conflict('LT-1', 'a+b', conflicts)
    await settled()
    expect(details()).toEqual(['managed: a=true, b=false; risk: a=low, b=high'])
    expect(recorded[0]).toMatchObject({ activity: 'conflict', device: 'LT-1', source: 'a+b' })
    now += 24 * 60 * minute - 1
    events.conflict('LT-1', 'a+b', conflicts)
    await settled()
    expect(recorded).toHaveLength(1)
    now += minute
    events.conflict('LT-1', 'a+b', conflicts)
    await settled()
    expect(recorded).toHaveLength(2)
  })

  test('of another device or with other values is another one', async () => {
    events.conflict('LT-1', 'a+b', conflicts)
    events.conflict('LT-2', 'a+b', conflicts)
    events.conflict('LT-1', 'a+b', [conflicts[0]])
    await settled()
    expect(recorded).toHaveLength(3)
  })

  test('is recorded when the store cannot be asked', async () => {
    const down = createEvents({ add: () => Promise.reject(new Error('down')) })
    down.conflict('LT-1', 'a+b', conflicts)
    await settled()
    expect(recorded).toHaveLength(1)
  })
})
