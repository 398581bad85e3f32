// Facts of a device as sources write them: accepted spellings, what counts as unknown, merging, and ownership.

import { describe, expect, test } from 'vitest'
import { newer } from '../../src/devices/observation-store.ts'
import { mayUse } from '../../src/devices/owner.ts'
import { factsKey, isDeviceId, mergePostures, readPosture } from '../../src/devices/posture.ts'
import type { Posture } from '../../src/policy/device.ts'

const about = { deviceId: 'd1', source: 's', observedAt: 5 }
const read = (facts: Record<string, unknown>) => readPosture(facts, about)
const nothing = read({}).posture
const posture = (more: Partial<Posture> = {}): Posture => ({ ...nothing, ...more })

describe('a device id', () => {
  test.each(['a', 'A9', 'x'.repeat(128), 'LT-0042', 'a._:@+-b', '0'])('may be %s', (id) => {
    expect(isDeviceId(id)).toBe(true)
  })
  test.each(['', 'x'.repeat(129), '-a', '.a', 'a b', 'a/b', 'a\n', ' a', 'ä', 7, null, undefined])(
    'may not be %j',
    (id) => {
      expect(isDeviceId(id)).toBe(false)
    },
  )
})

describe('a fact', () => {
  const flags = [
    ['managed', 'managed'],
    ['compliant', 'compliant'],
    ['disk_encrypted', 'diskEncrypted'],
    ['screen_lock', 'screenLock'],
    ['firewall', 'firewall'],
  ] as const

  test.each(flags)('%s is true or false, as boolean or text', (name, attribute) => {
    for (const [value, fact] of [
      [true, true],
      ['true', true],
      [false, false],
      ['false', false],
    ] as const) {
      expect(read({ [name]: value })).toEqual({ posture: { ...nothing, [attribute]: fact }, unreadable: [] })
    }
  })

  test.each(flags)('%s of another kind is unknown, and reported', (name) => {
    for (const value of ['yes', 'True', 1, 0, {}, []]) {
      expect(read({ [name]: value })).toEqual({ posture: nothing, unreadable: [name] })
    }
  })

  test.each(flags)('%s that is absent or empty is unknown, and not reported', (name) => {
    for (const value of [undefined, null, '']) expect(read({ [name]: value }).unreadable).toEqual([])
  })

  test('is never read from a prototype', () => {
    expect(read(Object.create({ managed: true }) as Record<string, unknown>).posture).toEqual(nothing)
  })
})

describe('an owner', () => {
  test('is compared in lower case, composed, without white space around it', () => {
    expect(read({ owner: ' Ju\u0308rgen@Example.com ' }).posture.owner).toBe('jürgen@example.com')
  })

  test.each(['kim@münchen.example', 'corp|mailto:kim@MÜNCHEN.example'])(
    'whose domain is written beyond ASCII may use the device: %s',
    (owner) => {
      const kim = { provider: 'corp', sub: 'kim', email: 'kim@xn--mnchen-3ya.example', external: false }
      expect(mayUse(read({ owner }).posture.owner, kim)).toBe(true)
    },
  )

  test('named by a subject identifier keeps it, also where that looks like an address beyond ASCII', () => {
    expect(read({ owner: 'corp|kim@münchen.example' }).posture.owner).toBe('corp|kim@münchen.example')
  })

  test('has at most 320 characters', () => {
    expect(read({ owner: 'x'.repeat(320) }).posture.owner).toHaveLength(320)
    expect(read({ owner: 'x'.repeat(321) })).toMatchObject({ posture: { owner: undefined }, unreadable: ['owner'] })
    expect(read({ owner: 7 }).unreadable).toEqual(['owner'])
  })
})

describe('an operating system', () => {
  test.each([
    ['Windows', 'windows'],
    ['Darwin', 'macos'],
    ['Mac OS X', 'macos'],
    ['mac os', 'macos'],
    ['macOS', 'macos'],
    [' Linux ', 'linux'],
    ['Darwin 2', 'darwin 2'],
  ])('%j is %s', (name, system) => {
    expect(read({ os: { name, version: '1' } }).posture.os).toEqual({ name: system, version: '1' })
  })

  test.each<[unknown]>([
    ['windows 10'],
    [{ name: 'windows' }],
    [{ version: '10' }],
    [{ name: 7, version: '10' }],
    [{ name: 'windows', version: 10 }],
    [{ name: '', version: '10' }],
    [{ name: 'windows', version: '' }],
    [{ name: 'x'.repeat(65), version: '10' }],
    [{ name: 'windows', version: '1'.repeat(65) }],
    [{ name: 'win;dows', version: '10' }],
    [{ name: 'windows', version: '10;' }],
    [{ name: 'windows', version: '\n10' }],
    [{ name: '<windows', version: '10' }],
  ])('%j is unknown, and reported', (os) => {
    expect(read({ os })).toEqual({ posture: nothing, unreadable: ['os'] })
  })

  test('has names and versions of up to 64 characters', () => {
    const os = { name: 'x'.repeat(64), version: '1'.repeat(64) }
    expect(read({ os }).posture.os).toEqual(os)
    expect(read({ os: { name: 'a_b .-', version: '1.2 (a):b-c_d' } }).unreadable).toEqual([])
  })
})

describe('antivirus', () => {
  test.each<[unknown, Posture['antivirus']]>([
    ['healthy', { present: true, healthy: true }],
    ['unhealthy', { present: true, healthy: false }],
    ['present', { present: true, healthy: undefined }],
    ['absent', { present: false, healthy: false }],
    [
      { present: true, healthy: 'false' },
      { present: true, healthy: false },
    ],
    [{ present: false }, { present: false, healthy: undefined }],
    [
      { healthy: true, present: null },
      { present: undefined, healthy: true },
    ],
    [{}, { present: undefined, healthy: undefined }],
  ])('%j', (value, antivirus) => {
    expect(read({ antivirus: value })).toEqual({ posture: { ...nothing, antivirus }, unreadable: [] })
  })

  test.each<[unknown]>([
    ['ok'],
    [7],
    [true],
    [{ present: 'yes' }],
    [{ healthy: 1 }],
    [{ present: true, healthy: 'x' }],
  ])('%j is unknown, and reported', (antivirus) =>
    expect(read({ antivirus })).toEqual({ posture: nothing, unreadable: ['antivirus'] }),
  )
})

test('a risk is one of four levels', () => {
  for (const risk of ['low', 'medium', 'high', 'critical']) expect(read({ risk }).posture.risk).toBe(risk)
  for (const risk of ['none', 'LOW', 3]) expect(read({ risk }).unreadable).toEqual(['risk'])
})

test('several unreadable facts are all reported', () => {
  expect(read({ managed: 'x', os: 'y', risk: 'z' }).unreadable).toEqual(['managed', 'os', 'risk'])
})

describe('two postures have the same facts', () => {
  test('whatever their source and time', () => {
    expect(factsKey(posture({ managed: true, source: 'a', observedAt: 1 }))).toBe(
      factsKey(posture({ managed: true, source: 'b', observedAt: 2 })),
    )
  })

  test.each<[string, Partial<Posture>]>([
    ['managed', { managed: true }],
    ['owner', { owner: 'a' }],
    ['compliant', { compliant: false }],
    ['diskEncrypted', { diskEncrypted: true }],
    ['os', { os: { name: 'linux', version: '1' } }],
    ['version', { os: { name: 'linux', version: '2' } }],
    ['screenLock', { screenLock: true }],
    ['firewall', { firewall: true }],
    ['antivirus', { antivirus: { present: true, healthy: undefined } }],
    ['health', { antivirus: { present: true, healthy: true } }],
    ['risk', { risk: 'low' }],
  ])('unless they differ in %s', (_name, more) => {
    expect(factsKey(posture(more))).not.toBe(factsKey(posture()))
  })
})

describe('merging', () => {
  const merged = (one: Partial<Posture>, other: Partial<Posture>) =>
    mergePostures([posture({ source: 'a', ...one }), posture({ source: 'b', ...other })])

  test.each<[string, Partial<Posture>, Partial<Posture>, Partial<Posture>]>([
    ['the worse of two flags', { managed: true }, { managed: false }, { managed: false }],
    ['the known of two flags', { firewall: true }, {}, { firewall: true }],
    ['two owners: a name that matches nobody', { owner: 'b' }, { owner: 'a' }, { owner: 'a and b' }],
    ['the same owner once', { owner: 'a' }, { owner: 'a' }, { owner: 'a' }],
    ['the higher risk', { risk: 'medium' }, { risk: 'high' }, { risk: 'high' }],
    ['the higher risk, the other way round', { risk: 'critical' }, { risk: 'low' }, { risk: 'critical' }],
    [
      'the lower version',
      { os: { name: 'linux', version: '1.10' } },
      { os: { name: 'linux', version: '1.9' } },
      { os: { name: 'linux', version: '1.9' } },
    ],
    [
      'a version that cannot be read',
      { os: { name: 'linux', version: '1' } },
      { os: { name: 'linux', version: 'odd' } },
      { os: { name: 'linux', version: 'odd' } },
    ],
    [
      'the same, the other way round',
      { os: { name: 'linux', version: 'odd' } },
      { os: { name: 'linux', version: '1' } },
      { os: { name: 'linux', version: 'odd' } },
    ],
    [
      'two systems: a name that no requirement lists',
      { os: { name: 'windows', version: '11' } },
      { os: { name: 'linux', version: '6' } },
      { os: { name: 'linux+windows', version: '0' } },
    ],
    [
      'antivirus: the worse of each part',
      { antivirus: { present: true, healthy: false } },
      { antivirus: { present: true, healthy: true } },
      { antivirus: { present: true, healthy: false } },
    ],
    [
      'antivirus: the known part of each',
      { antivirus: { present: true, healthy: undefined } },
      { antivirus: { present: undefined, healthy: true } },
      { antivirus: { present: true, healthy: true } },
    ],
  ])('%s', (_name, one, other, wanted) => {
    expect(merged(one, other).posture).toMatchObject({ source: 'a+b', deviceId: 'd1', ...wanted })
  })

  test('names conflicts with every value and its source, once per attribute', () => {
    const { conflicts } = merged(
      { managed: true, risk: 'low', os: { name: 'linux', version: '1' }, antivirus: { present: true, healthy: true } },
      {
        managed: false,
        risk: 'low',
        os: { name: 'linux', version: '2' },
        antivirus: { present: false, healthy: false },
      },
    )
    expect(conflicts).toEqual([
      { attribute: 'managed', values: ['a=true', 'b=false'] },
      { attribute: 'os', values: ['a=linux 1', 'b=linux 2'] },
      { attribute: 'antivirus', values: ['a=present true', 'b=present false'] },
    ])
  })

  test('is as old as the oldest fact that was used', () => {
    const both = merged({ managed: true, observedAt: 10 }, { managed: true, observedAt: 20 })
    expect(both.posture.observedAt).toBe(20)
    expect(merged({ managed: true, observedAt: 10 }, { firewall: true, observedAt: 20 }).posture.observedAt).toBe(10)
    expect(merged({ managed: false, observedAt: 10 }, { managed: true, observedAt: 20 }).posture.observedAt).toBe(10)
    expect(merged({ observedAt: 10 }, { observedAt: 20 }).posture.observedAt).toBe(10)
  })
})

describe('of two observations of one source', () => {
  const [early, late] = [posture({ managed: true, observedAt: 1 }), posture({ managed: false, observedAt: 2 })]

  test('the newer one counts, whichever comes first', () => {
    expect([newer(undefined, early), newer(early, late), newer(late, early)]).toEqual([early, late, late])
  })

  test('with the same time and other facts, the worse value of each counts', () => {
    const other = posture({ managed: false, observedAt: 1 })
    expect(newer(early, other)).toMatchObject({ managed: false, observedAt: 1 })
    expect(newer(early, { ...early })).toBe(early)
  })
})

describe('a device may be used', () => {
  const anna = { provider: 'Corp', sub: 'Anna', email: 'Anna@Example.com', external: false }

  test.each([undefined, 'corp|anna', 'corp|mailto:anna@example.com', 'anna@example.com'])(
    'by its owner %s',
    (owner) => {
      expect(mayUse(owner, anna)).toBe(true)
    },
  )

  test.each(['other|anna', 'corp|ben', 'other|mailto:anna@example.com', 'ben@example.com', 'anna', ''])(
    'not by another than %s',
    (owner) => expect(mayUse(owner, anna)).toBe(false),
  )

  test('by a user of an external provider only if the owner names that provider', () => {
    const external = { ...anna, external: true }
    expect(
      ['corp|anna', 'corp|mailto:anna@example.com', 'anna@example.com'].map((owner) => mayUse(owner, external)),
    ).toEqual([true, true, false])
  })

  test('by a user without an address only by sub', () => {
    const unnamed = { ...anna, email: undefined }
    expect(
      ['corp|anna', 'corp|mailto:anna@example.com', 'anna@example.com'].map((owner) => mayUse(owner, unnamed)),
    ).toEqual([true, false, false])
  })
})
