// Next closing at its limits: the last moment of the given period, many edges, and access that is no allow.

import { describe, expect, test } from 'vitest'
import { compilePolicy } from '../../src/policy/compile.ts'
import type { RuleDeclaration } from '../../src/policy/declaration.ts'
import { nextClosing } from '../../src/policy/next-closing.ts'
import { access, allow, app, at, day, grant, hour, office, vocabulary } from './access-request-fixtures.ts'

const noonUtc = at('2026-11-18T10:00:00Z')
const evening = at('2026-11-18T17:00:00Z')
const policy = (rules: readonly RuleDeclaration[]) => compilePolicy(app(rules), vocabulary)
const inOfficeHours = policy([allow('office', { schedule: ['office_hours'] })])

describe('the period', () => {
  test('includes its last moment', () => {
    expect(nextClosing(inOfficeHours, access(), evening - noonUtc)).toBe(evening)
    expect(nextClosing(inOfficeHours, access(), evening - noonUtc - 1)).toBeUndefined()
  })

  test('is counted from now, not from an edge in between', () => {
    const two = policy([allow('office', { schedule: ['office_hours'] }), allow('grant', { grant: 'required' })])
    const grants = [grant({ from: noonUtc, until: evening + hour })]
    expect(nextClosing(two, access({ grants }), evening + hour - noonUtc)).toBe(evening + hour)
    expect(nextClosing(two, access({ grants }), evening + hour - noonUtc - 1)).toBeUndefined()
  })
})

describe('edges', () => {
  /** Windows that follow one another without a gap, each an edge at which access stays allowed. */
  const schedules = (count: number) =>
    new Map(
      Array.from({ length: count }, (_, index) => {
        const from = 8 * 60 + index * 10
        return [`w${index}`, { ...office, name: `w${index}`, timeZone: 'UTC', from, to: from + 10 }]
      }),
    )
  const chain = (count: number) => {
    const rules = Array.from({ length: count }, (_, index) => allow(`r${index}`, { schedule: [`w${index}`] }))
    return compilePolicy(app(rules), { ...vocabulary, schedules: schedules(count) })
  }
  const eight = at('2026-11-18T08:00:00Z')
  const tenMinutes = hour / 6

  test('after which access is still allowed are passed', () => {
    expect(nextClosing(chain(3), access({ now: eight }), day)).toBe(eight + 3 * tenMinutes)
  })

  test('are looked at up to the sixteenth', () => {
    expect(nextClosing(chain(15), access({ now: eight }), day)).toBe(eight + 15 * tenMinutes)
    expect(nextClosing(chain(16), access({ now: eight }), day)).toBeUndefined()
  })
})

test('access that needs a step-up first has no closing, though its window closes', () => {
  const withFactor = policy([allow('office', { schedule: ['office_hours'], mfa: { level: 'mfa' } })])
  expect(nextClosing(withFactor, access(), day)).toBeUndefined()
  expect(nextClosing(withFactor, access({ proof: { mfa: true } }), day)).toBe(evening)
})

test('a lost session is no closing of the app', () => {
  expect(nextClosing(inOfficeHours, access({ signedOut: true }), day)).toBeUndefined()
})

test('a closing that only another request could avert is one', () => {
  const askable = policy([allow('grant', { grant: 'required' })])
  const grants = [grant({ from: noonUtc, until: noonUtc + hour })]
  expect(nextClosing(askable, access({ grants }), day)).toBe(noonUtc + hour)
})
