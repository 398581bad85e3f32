// Properties of posture: unknown is not false, the worse value wins, the order of sources changes no fact.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isDeviceId, mergePostures, readPosture } from '../../src/devices/posture.ts'
import { mayUse } from '../../src/devices/owner.ts'
import { newer } from '../../src/devices/observation-store.ts'
import type { Posture } from '../../src/policy/device.ts'

const fact = fc.option(fc.boolean(), { nil: undefined })
const version = fc.oneof(
  fc.constantFrom('10.0.22631', '10.0', '9', '14.6', '14.6.1', 'odd', 'odder'),
  fc.nat(30).map(String),
)
const posture: fc.Arbitrary<Posture> = fc.record({
  deviceId: fc.constant('d-1'),
  source: fc.constantFrom('a', 'b', 'c', 'd'),
  observedAt: fc.integer({ min: 0, max: 1e12 }),
  managed: fact,
  owner: fc.option(fc.constantFrom('anna@example.com', 'ben@example.com'), { nil: undefined }),
  compliant: fact,
  diskEncrypted: fact,
  os: fc.option(fc.record({ name: fc.constantFrom('windows', 'macos', 'linux'), version }), { nil: undefined }),
  screenLock: fact,
  firewall: fact,
  antivirus: fc.option(fc.record({ present: fact, healthy: fact }), { nil: undefined }),
  risk: fc.option(fc.constantFrom('low', 'medium', 'high', 'critical'), { nil: undefined }),
})
const several = fc.array(posture, { minLength: 1, maxLength: 4 }) as unknown as fc.Arbitrary<[Posture, ...Posture[]]>
const flags = ['managed', 'compliant', 'diskEncrypted', 'screenLock', 'firewall'] as const

describe('merging', () => {
  test('the order of sources changes no fact, time or set of conflicts', () => {
    fc.assert(
      fc.property(several, fc.infiniteStream(fc.nat()), (postures, random) => {
        const shuffled = postures
          .map((one) => ({ one, at: random.next().value as number }))
          .sort((one, other) => one.at - other.at)
          .map(({ one }) => one) as [Posture, ...Posture[]]
        const here = mergePostures(postures)
        const there = mergePostures(shuffled)
        expect({ ...there.posture, source: '' }).toEqual({ ...here.posture, source: '' })
        const names = (of: typeof here) => of.conflicts.map(({ attribute }) => attribute).sort()
        expect(names(there)).toEqual(names(here))
      }),
      { numRuns: 500 },
    )
  })

  test('merging is associative', () => {
    fc.assert(
      fc.property(posture, posture, posture, (one, two, three) => {
        const steps = mergePostures([mergePostures([one, two]).posture, three]).posture
        const once = mergePostures([one, two, three]).posture
        expect({ ...steps, source: '', observedAt: 0 }).toEqual({ ...once, source: '', observedAt: 0 })
      }),
    )
  })

  test('a fact is true only when a source facts true and none facts false; unknown stays unknown', () => {
    fc.assert(
      fc.property(several, (postures) => {
        const { posture } = mergePostures(postures)
        for (const flag of flags) {
          const values = postures.map((one) => one[flag])
          expect(posture[flag]).toBe(values.includes(false) ? false : values.includes(true) ? true : undefined)
        }
      }),
    )
  })

  test('an empty posture changes nothing', () => {
    fc.assert(
      fc.property(posture, (one) => {
        const empty = readPosture({}, { deviceId: 'd-1', source: 'empty', observedAt: 0 }).posture
        const merged = mergePostures([one, empty]).posture
        const alone = mergePostures([one]).posture
        const facts = (of: Posture) => ({ ...of, source: '', observedAt: 0 })
        expect(facts(merged)).toEqual(facts(alone))
      }),
    )
  })

  test('is never more recent than the oldest attribute used', () => {
    const about = (source: string, observedAt: number) => ({ deviceId: 'd-1', source, observedAt })
    const old = readPosture({ firewall: true, managed: true }, about('old', 100)).posture
    const fresh = readPosture({ managed: true }, about('fresh', 900)).posture
    expect(mergePostures([fresh, old]).posture).toMatchObject({ observedAt: 100, managed: true, firewall: true })
    const fresher = readPosture({ managed: true, firewall: true }, about('fresh', 900)).posture
    expect(mergePostures([fresher, old]).posture.observedAt).toBe(900)
  })

  test('a conflict lists the value of each source', () => {
    const about = (source: string) => ({ deviceId: 'd-1', source, observedAt: 1 })
    const { posture, conflicts } = mergePostures([
      readPosture({ disk_encrypted: true, os: { name: 'windows', version: '10.0.9' } }, about('agent')).posture,
      readPosture({ disk_encrypted: false, os: { name: 'windows', version: '10.0.10' } }, about('inventory')).posture,
    ])
    expect(posture).toMatchObject({ diskEncrypted: false, os: { version: '10.0.9' }, source: 'agent+inventory' })
    expect(conflicts).toEqual([
      { attribute: 'disk_encrypted', values: ['agent=true', 'inventory=false'] },
      { attribute: 'os', values: ['agent=windows 10.0.9', 'inventory=windows 10.0.10'] },
    ])
  })

  test('conflicting systems match no requirement, conflicting owners match no user', () => {
    const about = (source: string) => ({ deviceId: 'd-1', source, observedAt: 1 })
    const { posture } = mergePostures([
      readPosture({ os: { name: 'Windows', version: '11' }, owner: 'anna@example.com' }, about('a')).posture,
      readPosture({ os: { name: 'Linux', version: '6' }, owner: 'ben@example.com' }, about('b')).posture,
    ])
    expect(posture.os).toEqual({ name: 'linux+windows', version: '0' })
    for (const email of ['anna@example.com', 'ben@example.com']) {
      expect(mayUse(posture.owner, { provider: 'p', sub: 's', email, external: false })).toBe(false)
    }
  })

  test('of one source the newer observation counts, of the same time the worse', () => {
    const at = (observedAt: number, firewall: boolean) =>
      readPosture({ firewall }, { deviceId: 'd-1', source: 'a', observedAt }).posture
    expect(newer(at(1, false), at(2, true)).firewall).toBe(true)
    expect(newer(at(2, false), at(1, true)).firewall).toBe(false)
    expect(newer(at(1, true), at(1, false)).firewall).toBe(false)
    expect(newer(at(1, false), at(1, true)).firewall).toBe(false)
  })
})

describe('parsing', () => {
  test('anything but true or false is unknown', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const { posture } = readPosture(
          { managed: value, firewall: value },
          { deviceId: 'd', source: 's', observedAt: 0 },
        )
        const clear =
          value === true || value === 'true' ? true : value === false || value === 'false' ? false : undefined
        expect([posture.managed, posture.firewall]).toEqual([clear, clear])
      }),
    )
  })

  test('any record can be parsed; invalid values are listed', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('os', 'antivirus', 'risk', 'owner', '__proto__'), fc.anything()),
        (facts) => {
          readPosture(facts, { deviceId: 'd', source: 's', observedAt: 0 })
        },
      ),
    )
    const { unreadable } = readPosture(
      { risk: 'extreme', os: 'windows', antivirus: { present: 'maybe' }, managed: 'yes' },
      { deviceId: 'd', source: 's', observedAt: 0 },
    )
    expect(unreadable).toEqual(['managed', 'os', 'antivirus', 'risk'])
  })

  test('inherited properties are not facts', () => {
    const facts = Object.create({ managed: true }) as Record<string, unknown>
    expect(readPosture(facts, { deviceId: 'd', source: 's', observedAt: 0 }).posture.managed).toBeUndefined()
  })

  test.each([
    ['LT-0042', true],
    ['6f9619ff-8b86-d011-b42d-00cf4fc964ff', true],
    ['', false],
    ['a b', false],
    ['a\n', false],
    ['../x', false],
    ['ä', false],
    ['x'.repeat(129), false],
  ])('device id %j: %s', (id, usable) => {
    expect(isDeviceId(id)).toBe(usable)
  })
})

test.each([
  [undefined, 'a@example.com', false, true],
  ['a@example.com', 'a@example.com', false, true],
  ['a@example.com', 'a@example.com', true, false],
  ['a@example.com', 'b@example.com', false, false],
  ['a@example.com', undefined, false, false],
  ['login|42', 'b@example.com', false, true],
  ['other|42', 'b@example.com', false, false],
  ['login|mailto:b@example.com', 'b@example.com', true, true],
  ['other|mailto:b@example.com', 'b@example.com', false, false],
])('device of %s, person %s (external: %s): %s', (owner, email, external, expected) => {
  expect(mayUse(owner, { provider: 'login', sub: '42', email, external })).toBe(expected)
})
