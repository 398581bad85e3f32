// Time zone of a person: the claim `zoneinfo` where it names a zone, else that of the gateway.

import { expect, test } from 'vitest'
import { timeZoneOf } from '../../../src/identity/users/time-zone.ts'

const gateway = { timeZone: 'Europe/Berlin' }
const stated = (...zoneinfo: string[]) => timeZoneOf(gateway, { subject: { claims: { zoneinfo } } })

test('is what the provider states', () => {
  expect(stated('Asia/Tokyo')).toBe('Asia/Tokyo')
})

test.each(['', 'Mars/Olympus', '+02:00', 'Europe/Berlin\n', '../../etc/passwd', 'A'.repeat(10_000), '__proto__'])(
  'is that of the gateway for a claim that names none: %j',
  (zone) => void expect(stated(zone)).toBe('Europe/Berlin'),
)

test('is that of the gateway for nobody, and without the claim', () => {
  expect(timeZoneOf(gateway, undefined)).toBe('Europe/Berlin')
  expect(timeZoneOf(gateway, { subject: { claims: {} } })).toBe('Europe/Berlin')
  expect(stated()).toBe('Europe/Berlin')
})
