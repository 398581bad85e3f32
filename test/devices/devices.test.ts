// Device identification and posture over all sources: pinning, merging, caching, failures.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { PostureSourceSettings } from '../../src/config/configuration.ts'
import type { Devices, DeviceIdentification } from '../../src/devices/devices.ts'
import { createDevices } from '../../src/devices/devices.ts'
import { openDevices } from '../../src/devices/open.ts'
import type { PostureSource } from '../../src/devices/posture-source.ts'
import { createTrustedHeader } from '../../src/devices/sources/trusted-header.ts'
import { createChangeFeed } from '../../src/store/change-feed.ts'
import {
  postureQuery,
  deviceKey,
  origin,
  createDeviceFixtures,
  signedQuery,
  start,
  token,
  type Headers,
} from './posture-query-fixtures.ts'

const secret = 'a secret of the agent gateway'
const inventory = (facts: string) => `devices:\n  - { id: LT-1, ${facts} }\n  - { id: LT-2 }\n`
const agent = { 'x-device-id': 'LT-1', 'x-device-managed': 'true', 'x-device-disk-encrypted': 'true' }

let key: Awaited<ReturnType<typeof deviceKey>>
let folder: string
let fixtures: ReturnType<typeof createDeviceFixtures>
let devices: Devices
let opened: Devices[] = []
let sources: PostureSourceSettings[]

beforeAll(async () => {
  key = await deviceKey()
})
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'einlass-devices-'))
  writeFileSync(
    join(folder, 'keys.json'),
    JSON.stringify({
      keys: [
        { ...key.jwk, kid: 'LT-1' },
        { ...key.jwk, kid: 'LT-2' },
      ],
    }),
  )
  writeFileSync(join(folder, 'inventory.yaml'), inventory('owner: anna@example.com, firewall: true'))
  fixtures = createDeviceFixtures()
  sources = [
    { kind: 'signed_jwt', name: 'token', keys: join(folder, 'keys.json') },
    { kind: 'trusted_header', name: 'agent', style: 'einlass', networks: ['10.0.0.0/8'], secret, tolerance: 60_000 },
    { kind: 'inventory', name: 'inventory', file: join(folder, 'inventory.yaml') },
  ]
  devices = await open()
  await fixtures.deps.changes.sweep()
})
afterEach(async () => {
  await Promise.all(opened.map((one) => one.stop()))
  opened = []
  await fixtures.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function open(deps: Partial<typeof fixtures.deps> & { grace?: () => number } = {}): Promise<Devices> {
  const made = await openDevices({ sources, postures: new Map(), origin }, { ...fixtures.deps, ...deps })
  opened.push(made)
  return made
}

const withToken = async (kid = 'LT-1', claims = {}, more: Parameters<typeof postureQuery>[1] = {}) =>
  postureQuery({ 'device-posture': await token(key, kid, claims, {}, more.now ?? start) }, more)
const identify = async (query: Parameters<Devices['identify']>[0], on = devices): Promise<DeviceIdentification> =>
  await on.identify(query)
const kinds = () =>
  fixtures.events.map((event) => (event.kind === 'device' ? `${event.source} ${event.activity}` : event.kind))

describe('identification', () => {
  test('no device headers: absent, synchronously', () => {
    expect(devices.identify(postureQuery({}))).toEqual({ device: { state: 'absent' }, pin: undefined })
  })

  test('an unsigned header identifies no device', async () => {
    expect(await identify(postureQuery({ ...agent, 'device-posture': '{"managed":true}' }))).toEqual({
      device: { state: 'absent' },
      pin: undefined,
    })
    expect(kinds()).toEqual(['finding', 'finding'])
  })

  test('a signed header identifies a device, and the inventory adds attributes', async () => {
    expect(await identify(signedQuery(agent, secret))).toEqual({
      pin: undefined,
      device: {
        state: 'known',
        posture: expect.objectContaining({
          deviceId: 'LT-1',
          source: 'agent+inventory',
          managed: true,
          diskEncrypted: true,
          firewall: true,
          screenLock: undefined,
          owner: 'anna@example.com',
          observedAt: start,
        }),
      },
    })
  })

  test('only the first token pins the device', async () => {
    expect(await identify(await withToken())).toMatchObject({ pin: 'LT-1', device: { state: 'known' } })
    expect(await identify(await withToken('LT-1', {}, { pinned: 'LT-1' }))).toMatchObject({ pin: undefined })
  })

  test('another device than the pinned one is a mismatch, and recorded once', async () => {
    for (let i = 0; i < 3; i++) {
      expect(await identify(await withToken('LT-2', {}, { pinned: 'LT-1' }))).toEqual({
        device: { state: 'mismatch' },
        pin: undefined,
      })
    }
    expect(await identify(signedQuery(agent, secret, start, { pinned: 'LT-2' }))).toMatchObject({
      device: { state: 'mismatch' },
    })
    expect(kinds().filter((kind) => kind.endsWith('mismatch'))).toEqual(['token mismatch', 'agent mismatch'])
  })

  test('two devices in one request are a mismatch', async () => {
    const combined = signedQuery(agent, secret)
    const posture = await token(key, 'LT-2')
    const query = {
      ...combined,
      header: (name: string) => (name === 'device-posture' ? posture : combined.header(name)),
    }
    expect(await identify(query)).toEqual({ device: { state: 'mismatch' }, pin: undefined })
  })

  test('a device of another owner is a mismatch and is not pinned', async () => {
    const ben = { provider: 'login', sub: '9', email: 'ben@example.com', external: false }
    expect(await identify(await withToken('LT-1', {}, { person: ben }))).toEqual({
      device: { state: 'mismatch' },
      pin: undefined,
    })
    const anna = { ...ben, email: 'anna@example.com' }
    expect(await identify(await withToken('LT-1', {}, { person: anna }))).toMatchObject({ pin: 'LT-1' })
    expect(await identify(await withToken('LT-2', {}, { person: ben }))).toMatchObject({ pin: 'LT-2' })
    expect(await devices.current('LT-1', ben)).toEqual({ state: 'mismatch' })
    expect(await devices.current('LT-1', anna)).toMatchObject({ state: 'known' })
    expect(await identify(postureQuery({}, { pinned: 'LT-1', person: ben }))).toMatchObject({
      device: { state: 'mismatch' },
    })
  })
})

describe('cached and stored posture', () => {
  test('a pinned device needs no further token: same facts and observation time, synchronously', async () => {
    await identify(await withToken('LT-1', { managed: true }))
    fixtures.clock.at += 30_000
    await fixtures.deps.changes.sweep()
    const again = devices.identify(postureQuery({}, { pinned: 'LT-1', now: fixtures.clock.at }))
    expect(again).not.toBeInstanceOf(Promise)
    expect(again).toMatchObject({ device: { state: 'known', posture: { managed: true, observedAt: start } } })
    expect((devices.identify(postureQuery({}, { pinned: 'LT-1' })) as DeviceIdentification).device).toBe(
      (again as DeviceIdentification).device,
    )
  })

  test('another node has it too', async () => {
    await identify(await withToken('LT-1', { managed: true }))
    const other = await open()
    expect(await identify(postureQuery({}, { pinned: 'LT-1' }), other)).toMatchObject({
      device: { state: 'known', posture: { managed: true } },
    })
    expect(await other.all()).toMatchObject([{ deviceId: 'LT-1', managed: true }, { deviceId: 'LT-2' }])
  })

  test('an observation is stored for 48 hours, or as long as configured', async () => {
    await identify(signedQuery(agent, secret))
    const stored = () => fixtures.deps.store.get('device:LT-1')
    fixtures.clock.at = start + 48 * 3_600_000
    expect(await stored()).toBeDefined()
    fixtures.clock.at += 1
    expect(await stored()).toBeUndefined()
    const source = createTrustedHeader({ name: 'agent', networks: ['10.0.0.0/8'], secret, tolerance: 60_000 })
    const short = createDevices({ ...fixtures.deps, sources: [source], observationTtl: 1000 })
    opened.push(short)
    await identify(signedQuery(agent, secret, fixtures.clock.at), short)
    fixtures.clock.at += 1000
    expect(await stored()).toBeDefined()
    fixtures.clock.at += 1
    expect(await stored()).toBeUndefined()
  })

  test('after a gap in the change log nothing cached counts; another change leaves it', async () => {
    const { store } = fixtures.deps
    let gap = false
    const changes = createChangeFeed({
      store: { ...store, changesSince: async (cursor) => ({ ...(await store.changesSince(cursor)), gap }) },
      now: fixtures.deps.now,
    })
    await changes.sweep()
    const node = await open({ changes })
    await identify(signedQuery(agent, secret), node)
    await changes.announce({ kind: 'session_changed', session: 'LT-1' })
    expect(node.current('LT-1')).not.toBeInstanceOf(Promise)
    gap = true
    await changes.sweep()
    gap = false
    expect(node.current('LT-1')).toBeInstanceOf(Promise)
    await changes.stop()
  })

  test('an unknown device is absent, pinned or not', async () => {
    expect(await identify(postureQuery({}, { pinned: 'LT-9' }))).toEqual({
      device: { state: 'absent' },
      pin: undefined,
    })
  })

  test('an unchanged observation is added synchronously, with its own time', async () => {
    const other = { ...agent, 'x-device-id': 'LT-2' }
    await identify(signedQuery(other, secret))
    const later = devices.identify(signedQuery(other, secret, start + 5000))
    expect(later).toMatchObject({ device: { posture: { observedAt: start + 5000 } } })
    expect(fixtures.announced).toEqual(['LT-2'])
  })

  test('an unchanged observation is written again each minute, for the other nodes', async () => {
    await identify(signedQuery(agent, secret))
    fixtures.clock.at += 61_000
    await fixtures.deps.changes.sweep()
    await identify(signedQuery(agent, secret, fixtures.clock.at))
    expect(await identify(postureQuery({}, { pinned: 'LT-1' }), await open())).toMatchObject({
      device: { posture: { observedAt: start + 61_000 } },
    })
    expect(fixtures.announced).toEqual(['LT-1'])
  })

  test('changed facts are written, announced and recorded once', async () => {
    await identify(signedQuery(agent, secret))
    const worse = { ...agent, 'x-device-disk-encrypted': 'false' }
    expect(await identify(signedQuery(worse, secret, start + 1000))).toMatchObject({
      device: { posture: { diskEncrypted: false } },
    })
    expect(fixtures.announced).toEqual(['LT-1', 'LT-1'])
    expect(kinds()).toEqual(['agent observed', 'agent changed'])
    expect(fixtures.events.at(-1)).toMatchObject({ detail: 'disk_encrypted true -> false' })
  })

  test('an older good observation does not replace a newer bad one', async () => {
    await identify(signedQuery({ ...agent, 'x-device-disk-encrypted': 'false' }, secret, start + 1000))
    expect(await identify(signedQuery(agent, secret, start))).toMatchObject({
      device: { posture: { diskEncrypted: false } },
    })
    const other = await open()
    expect(await identify(signedQuery(agent, secret, start), other)).toMatchObject({
      device: { posture: { diskEncrypted: false } },
    })
  })

  test('conflicting sources: the worse value counts, the conflict is recorded once across nodes', async () => {
    writeFileSync(join(folder, 'inventory.yaml'), inventory('managed: false'))
    const nodes = [await open(), await open()]
    for (const node of nodes) {
      expect(await identify(signedQuery(agent, secret), node)).toMatchObject({
        device: { posture: { managed: false } },
      })
      await identify(signedQuery(agent, secret, start + 1000), node)
    }
    await expect.poll(() => kinds().filter((kind) => kind.endsWith('conflict'))).toHaveLength(1)
    expect(fixtures.events.find((event) => event.kind === 'device' && event.activity === 'conflict')).toMatchObject({
      device: 'LT-1',
      detail: 'managed: agent=true, inventory=false',
    })
  })

  test('a change of the inventory is announced, recorded, and used in the next result', async () => {
    await identify(signedQuery(agent, secret))
    writeFileSync(join(folder, 'inventory.yaml'), inventory('owner: anna@example.com, firewall: false'))
    await expect.poll(() => fixtures.announced, { timeout: 5000, interval: 10 }).toEqual(['LT-1', 'LT-1'])
    expect(kinds()).toContain('inventory changed')
    expect(await devices.current('LT-1')).toMatchObject({ posture: { firewall: false } })
  })

  test('observations of a source that is no longer configured are ignored', async () => {
    await identify(signedQuery(agent, secret))
    sources = sources.filter(({ kind }) => kind !== 'trusted_header')
    const later = await open()
    expect(await later.current('LT-1')).toMatchObject({
      state: 'known',
      posture: { managed: undefined, source: 'inventory' },
    })
  })

  test('observations of a device whose key was removed are ignored', async () => {
    await identify(await withToken('LT-1', { managed: true }))
    writeFileSync(join(folder, 'keys.json'), JSON.stringify({ keys: [{ ...key.jwk, kid: 'LT-2' }] }))
    await expect.poll(() => fixtures.announced, { timeout: 5000, interval: 10 }).toEqual(['LT-1', 'LT-1'])
    expect(await devices.current('LT-1')).toMatchObject({ posture: { managed: undefined, source: 'inventory' } })
  })

  test('a store record that was not sealed with our key is ignored', async () => {
    await identify(signedQuery(agent, secret))
    const record = (await fixtures.deps.store.get('device:LT-1'))!
    expect(record).not.toContain('managed')
    await fixtures.deps.store.set('device:LT-2', record, 60_000)
    await fixtures.deps.store.set('device:LT-3', '[["agent",{"managed":true}]]', 60_000)
    expect(await devices.current('LT-2')).toMatchObject({ posture: { managed: undefined, source: 'inventory' } })
    expect(await devices.current('LT-3')).toEqual({ state: 'absent' })
  })
})

describe('failures', () => {
  const broken = (name: string, source: Partial<PostureSource>): PostureSource => ({
    name,
    headers: [],
    stop: () => Promise.resolve(),
    ...source,
  })
  const query = () => signedQuery(agent, secret)

  test.each<[string, Partial<PostureSource>]>([
    [
      'throws in observe',
      {
        observe: () => {
          throw new Error('no')
        },
      },
    ],
    ['rejects in observe', { observe: () => Promise.reject(new Error('no')) }],
    ['cannot be asked', { observe: () => ({ state: 'unreachable' }) }],
    [
      'throws in lookUp',
      {
        lookUp: () => {
          throw new Error('no')
        },
      },
    ],
    ['rejects in lookUp', { lookUp: () => Promise.reject(new Error('no')) }],
  ])('a source that %s makes the device unreachable, never known', async (_name, source) => {
    const good = createTrustedHeader({ name: 'agent', networks: ['10.0.0.0/8'], secret, tolerance: 60_000 })
    const made = createDevices({ ...fixtures.deps, sources: [good, broken('broken', source)] })
    opened.push(made)
    expect(await identify(query(), made)).toEqual({ device: { state: 'unreachable' }, pin: undefined })
  })

  test('while the store is unreachable there are no new facts, and cached ones are used for grace alone', async () => {
    const lasting = await open({ grace: () => 60_000 })
    await identify(await withToken('LT-1', { managed: true }), lasting)
    await lasting.current('LT-1')
    await devices.current('LT-1')
    await fixtures.deps.store.close()
    await fixtures.deps.changes.sweep().catch(() => {})
    expect(await identify(signedQuery({ ...agent, 'x-device-id': 'LT-2' }, secret))).toMatchObject({
      device: { state: 'unreachable' },
    })
    fixtures.clock.at += 30_000
    expect(await lasting.current('LT-1')).toMatchObject({ state: 'known' })
    expect(await devices.current('LT-1')).toEqual({ state: 'unreachable' })
    fixtures.clock.at += 31_000
    expect(await lasting.current('LT-1')).toEqual({ state: 'unreachable' })
  })

  test('a read that began before a change is not cached after it', async () => {
    const { store } = fixtures.deps
    let hold: Promise<void> | undefined
    let release = () => {}
    const slow = {
      ...store,
      get: async (name: string) => {
        const value = await store.get(name)
        await hold
        return value
      },
    }
    await identify(signedQuery(agent, secret))
    const changes = createChangeFeed({ store, now: fixtures.deps.now })
    await changes.sweep()
    const node = await open({ store: slow, changes })
    hold = new Promise((resolve) => (release = resolve))
    const reading = node.current('LT-1')
    const worse = { ...agent, 'x-device-disk-encrypted': 'false' }
    await identify(signedQuery(worse, secret, start + 1000))
    await changes.sweep()
    hold = undefined
    release()
    await reading
    expect(await node.current('LT-1')).toMatchObject({ posture: { diskEncrypted: false } })
    await changes.stop()
  })

  test('when one source cannot be opened, the others are stopped', async () => {
    sources = [...sources, { kind: 'inventory', name: 'lost', file: join(folder, 'lost.yaml') }]
    await expect(open()).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

test('arbitrary headers never identify a device, throw, or pin', async () => {
  const name = fc.constantFrom(...devices.headers)
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom(
      'true',
      'LT-1',
      `t=${start / 1000},v1=${'0'.repeat(64)}`,
      'eyJhbGciOiJub25lIn0.e30.',
      'a.b.c',
      '..',
    ),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(name, value),
      fc.constantFrom('10.0.0.1', '192.0.2.1', ''),
      async (headers, peer) => {
        expect(await identify(postureQuery(headers as Headers, { peer }))).toEqual({
          device: { state: 'absent' },
          pin: undefined,
        })
      },
    ),
    { numRuns: 300 },
  )
})

test('an unknown attribute stays unknown through store and cache', async () => {
  const flags = ['managed', 'compliant', 'disk_encrypted', 'screen_lock', 'firewall'] as const
  const value = fc.constantFrom(true, false, 'perhaps', null, undefined)
  writeFileSync(join(folder, 'inventory.yaml'), 'devices: []\n')
  const node = await open()
  await fc.assert(
    fc.asyncProperty(fc.record(Object.fromEntries(flags.map((flag) => [flag, value]))), async (claims) => {
      fixtures.clock.at += 1000
      await fixtures.deps.changes.sweep()
      await identify(await withToken('LT-1', claims, { now: fixtures.clock.at }), node)
      for (const device of [await node.current('LT-1'), await (await open()).current('LT-1')]) {
        if (device.state !== 'known') throw new Error(device.state)
        const { managed, compliant, diskEncrypted, screenLock, firewall } = device.posture
        expect([managed, compliant, diskEncrypted, screenLock, firewall]).toEqual(
          flags.map((flag) => (typeof claims[flag] === 'boolean' ? claims[flag] : undefined)),
        )
      }
    }),
    { numRuns: 20 },
  )
})

test('lists every header it reads, in lower case', () => {
  expect(devices.headers).toContain('device-posture')
  expect(devices.headers).toContain('x-device-signature')
  expect(devices.headers.every((name) => name === name.toLowerCase())).toBe(true)
})
