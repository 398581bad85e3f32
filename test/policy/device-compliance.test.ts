// Compliance verdict of a device: asked by every posture, in every state of the device, unless the posture ignores it.

import { describe, expect, test } from 'vitest'
import { compilePolicy } from '../../src/policy/compile.ts'
import { decide } from '../../src/policy/decide.ts'
import type { PostureRequirement } from '../../src/policy/device.ts'
import { message } from '../../src/policy/reasons.ts'
import { mergePostures } from '../../src/devices/posture.ts'
import { access, allow, app, day, deny, known, noon, posture, vocabulary } from './access-request-fixtures.ts'

const bare = { maxAge: day, whenUnknown: 'deny' } as const
const postures = new Map<string, PostureRequirement>(
  [
    { name: 'silent', ...bare, managed: true },
    { name: 'asking', ...bare, compliant: true as const },
    { name: 'ignoring', ...bare, managed: true, compliant: 'any' as const },
    { name: 'lenient', ...bare, managed: true, whenUnknown: 'read_only' as const },
  ].map((one) => [one.name, one]),
)
const policy = (device: string, effect = allow) =>
  compilePolicy(app([...(effect === deny ? [allow('all', {})] : []), effect('it', { device })]), {
    ...vocabulary,
    postures,
  })
const decided = (device: string, compliant: boolean | undefined, more = {}) =>
  decide(policy(device), access({ device: known({ compliant, ...more }) }))

describe.each([
  ['silent', ['allow', 'allow', 'deny']],
  ['asking', ['allow', 'deny', 'deny']],
  ['ignoring', ['allow', 'allow', 'allow']],
  ['lenient', ['allow', 'allow', 'deny']],
] as const)('a posture that is %s', (name, effects) => {
  test.each([true, undefined, false].map((compliant, at) => [compliant, effects[at]] as const))(
    'compliant %s: %s',
    (compliant, effect) => {
      expect(decided(name, compliant).effect).toBe(effect)
    },
  )
})

test('the reason is its own, with a remedy, in both languages, and comes first', () => {
  const { reasons, remedy } = decided('silent', false, { managed: false })
  expect(reasons.map(({ code }) => code)).toEqual(['device_reported_noncompliant', 'device_not_compliant'])
  expect(remedy).toEqual({ kind: 'use_other_device' })
  expect(message(reasons[0]!, 'en')).toContain('management')
  expect(message(reasons[0]!, 'de')).toContain('Geräteverwaltung')
})

test('unknown where it is asked names the attribute', () => {
  const [first] = decided('asking', undefined).reasons
  expect(first).toMatchObject({ code: 'device_unknown', parameters: { attribute: 'compliant' } })
  expect(message(first!, 'de')).toContain('Einhaltung der Vorgaben')
})

test('a verdict counts however old it is', () => {
  const observedAt = noon - 30 * day
  expect(decided('silent', false, { observedAt }).reasons[0]?.code).toBe('device_reported_noncompliant')
  expect(decided('lenient', false, { observedAt }).effect).toBe('deny')
})

test('one source that says not compliant outweighs all others', () => {
  const one = posture({ source: 'a', compliant: true })
  const other = posture({ source: 'b', compliant: false, observedAt: one.observedAt - day / 2 })
  for (const all of [[one, other] as const, [other, one] as const]) {
    const { posture: merged } = mergePostures([...all])
    expect(decide(policy('silent'), access({ device: { state: 'known', posture: merged } })).effect).toBe('deny')
  }
})

test('a deny over a posture that asks is not disarmed by an unknown verdict', () => {
  const device = known({ compliant: undefined })
  expect(decide(policy('asking', deny), access({ device })).effect).toBe('deny')
})
