// Next closing: when access ends by time alone, for the portal.

import { describe, expect, test } from 'vitest'
import { nextClosing } from '../../src/policy/next-closing.ts'
import { compilePolicy } from '../../src/policy/compile.ts'
import type { ConditionSet } from '../../src/policy/declaration.ts'
import { access, grant, vocabulary } from './access-request-fixtures.ts'

const day = 86_400_000
const monday = (time: string) =>
  Temporal.PlainDateTime.from(`2026-11-30T${time}`).toZonedDateTime('Europe/Berlin').epochMilliseconds
const schedules = new Map([
  ['afternoon', { name: 'afternoon', days: [1], from: 13 * 60, to: 17 * 60, timeZone: 'Europe/Berlin', except: [] }],
])

function policy(...allows: ConditionSet[]) {
  const rules = allows.map((when, at) => ({
    name: `rule ${at}`,
    effect: 'allow' as const,
    when,
    mode: 'enforce' as const,
    limits: { download: undefined, upload: undefined },
  }))
  const app = { name: 'erp', mode: 'enforce' as const, require: {}, rules, lease: 60_000 }
  return compilePolicy(app, { ...vocabulary, schedules })
}

describe('allowed access', () => {
  test('closes with its window, far beyond the lease', () => {
    expect(nextClosing(policy({ schedule: ['afternoon'] }), access({ now: monday('14:00') }), day)).toBe(
      monday('17:00'),
    )
  })

  test('closes with its grant, even if another can be requested', () => {
    const now = monday('14:00')
    const until = now + 10 * 60_000
    const grants = [grant({ from: now, until })]
    expect(nextClosing(policy({ grant: 'required' }), access({ now, grants }), day)).toBe(until)
    expect(nextClosing(policy({ grant: 'required' }), access({ now }), day)).toBeUndefined()
  })

  test('does not close while another rule allows', () => {
    expect(nextClosing(policy({ schedule: ['afternoon'] }, {}), access({ now: monday('14:00') }), day)).toBeUndefined()
  })

  test('reports no closing beyond the given period', () => {
    expect(
      nextClosing(policy({ schedule: ['afternoon'] }), access({ now: monday('14:00') }), 3_600_000),
    ).toBeUndefined()
  })

  test('does not close when the authentication becomes too old, as it can be renewed', () => {
    const now = monday('14:00')
    const fresh = { mfa: true, authTime: now }
    expect(nextClosing(policy({ mfa: { maxAge: 3_600_000 } }), access({ now, proof: fresh }), day)).toBeUndefined()
  })
})

test('denied access has no closing', () => {
  expect(nextClosing(policy({ schedule: ['afternoon'] }), access({ now: monday('18:00') }), day)).toBeUndefined()
})
