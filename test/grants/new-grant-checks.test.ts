// Checks of a new grant, codes and transitions at their limits.

import { describe, expect, test } from 'vitest'
import { hashOf, idOf, newCode, normalizeCode, sameHash } from '../../src/grants/emergency/code.ts'
import { cell } from '../../src/grants/external/csv.ts'
import { transition, transitions } from '../../src/grants/requests/state-machine.ts'
import { validateNewGrant, type NewGrant } from '../../src/grants/validate-grant.ts'

const day = 86_400_000
const good: NewGrant = {
  who: 'corp|anna',
  app: 'erp',
  level: 'full',
  from: 0,
  until: day,
  schedule: undefined,
  sponsor: undefined,
  reason: undefined,
}
const checked = (more: Partial<NewGrant>, external = false) => validateNewGrant({ ...good, ...more }, () => external)

describe('a new grant', () => {
  test('is returned as it is', () => {
    const full = { ...good, schedule: 's', sponsor: 'boss', reason: 'because', contract: 'c-1' }
    expect(validateNewGrant(full)).toEqual(full)
    expect(checked({ level: 'read' }).level).toBe('read')
  })

  test('may name a user by address, which is then in lower case and composed', () => {
    expect(checked({ who: 'corp|mailto:Ju\u0308rgen@Example.com' }).who).toBe('corp|mailto:jürgen@example.com')
    expect(checked({ who: 'corp|Anna' }).who).toBe('corp|Anna')
    expect(checked({ who: 'corp|a|b' }).who).toBe('corp|a|b')
  })

  test.each<[string, Partial<NewGrant>]>([
    ['who: expected provider|sub or provider|mailto:address', { who: 'anna' }],
    ['who: expected provider|sub or provider|mailto:address', { who: '|anna' }],
    ['who: expected provider|sub or provider|mailto:address', { who: 'corp|' }],
    ['who: expected provider|sub or provider|mailto:address', { who: '' }],
    ['who: expected an address after mailto:', { who: 'corp|mailto:' }],
    ['who: expected an address after mailto:', { who: 'corp|mailto:anna' }],
    ['who: expected an address after mailto:', { who: 'corp|mailto:a@b@c' }],
    ['who: expected an address after mailto:', { who: 'corp|mailto:a b@c.test' }],
    ['who: expected an address after mailto:', { who: 'corp|mailto:@c.test' }],
    ['who: expected an address after mailto:', { who: 'corp|mailto:a|b@c.test' }],
    ['app: required', { app: '' }],
    ['level: expected read or full', { level: 'write' as never }],
    ['from, until: expected Unix time in milliseconds', { from: 0.5 }],
    ['from, until: expected Unix time in milliseconds', { until: Number.NaN }],
    ['from, until: expected Unix time in milliseconds', { until: Infinity }],
    ['until: the grant ends before it begins', { from: day, until: day }],
    ['until: the grant ends before it begins', { from: day + 1, until: day }],
  ])('%s', (message, more) => {
    expect(() => checked(more)).toThrow(expect.objectContaining({ code: 'bad_grant', message }))
  })

  test.each(['app', 'schedule', 'sponsor', 'reason', 'contract'] as const)(
    'has a %s of at most 2000 characters',
    (name) => {
      expect(checked({ [name]: 'x'.repeat(2000) })[name]).toHaveLength(2000)
      expect(() => checked({ [name]: 'x'.repeat(2001) })).toThrow('a text is longer than 2000 characters')
    },
  )

  test('of a user name of more than 2000 characters is refused', () => {
    expect(() => checked({ who: `corp|${'x'.repeat(1996)}` })).toThrow('a text is longer than 2000 characters')
    expect(checked({ who: `corp|${'x'.repeat(1995)}` }).who).toHaveLength(2000)
  })

  test('for an external user has a sponsor, and lasts for at most ninety days', () => {
    const longest = { sponsor: 'boss', until: 90 * day }
    expect(checked(longest, true)).toMatchObject(longest)
    expect(() => checked({ ...longest, until: 90 * day + 1 }, true)).toThrow('at most 90 days')
    for (const sponsor of [undefined, '', '  ']) expect(() => checked({ sponsor }, true)).toThrow('sponsor: required')
    expect(checked({ until: 400 * day }).until).toBe(400 * day)
  })
})

describe('a request', () => {
  const actions = ['support', 'approve', 'deny', 'withdraw', 'lapse'] as const

  test('that is open can be decided, withdrawn and lapse', () => {
    expect(actions.map((action) => transition('open', action))).toEqual(
      ['open', 'approved', 'denied', 'withdrawn', 'lapsed'].map((state) => ({ done: true, state })),
    )
  })

  test.each(['approved', 'denied', 'withdrawn', 'lapsed'] as const)('that is %s is final', (state) => {
    const refusal = state === 'lapsed' ? 'request_lapsed' : 'request_closed'
    expect(actions.map((action) => transition(state, action))).toEqual(actions.map(() => ({ done: false, refusal })))
  })

  test('has five states', () => {
    expect(Object.keys(transitions)).toEqual(['open', 'approved', 'denied', 'withdrawn', 'lapsed'])
  })
})

describe('an emergency code', () => {
  test('has five groups of five characters that are not confused on paper, and is another each time', () => {
    const codes = Array.from({ length: 200 }, newCode)
    for (const code of codes) expect(code).toMatch(/^(?:[0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{5}$/)
    expect(new Set(codes).size).toBe(200)
    expect(new Set(codes.join('').replaceAll('-', '')).size).toBe(32)
  })

  test('is read as people write it', () => {
    expect(normalizeCode('01abc-DEFGH')).toBe('01ABC-DEFGH')
    expect(normalizeCode(' oO1 iI\tlL-\n')).toBe('00111-11')
    expect(normalizeCode('abcdefg')).toBe('ABCDE-FG')
    expect(normalizeCode('')).toBe('')
    expect(normalizeCode('a'.repeat(201))).toBe(normalizeCode('a'.repeat(200)))
  })

  test('is found by its hash, which does not reveal it', () => {
    const [one, other] = [hashOf('ABCDE'), hashOf('ABCDF')]
    expect([one.length, idOf(one)]).toEqual([64, one.slice(0, 16)])
    expect([sameHash(one, one), sameHash(one, other), sameHash(one, one.slice(1)), sameHash('', '')]).toEqual([
      true,
      false,
      false,
      true,
    ])
  })
})

describe('a cell of a table', () => {
  test.each([
    '=1',
    '+1',
    '-1',
    '@a',
    '|a',
    '%a',
    '  =1',
    '\u00a0=1',
    '\ufeff=1',
    '\uff1d1',
    '\uff0b1',
    '\uff0d1',
    '\uff20a',
  ])('%j is text, not a formula', (value) => expect(cell(value)).toBe(`"'${value}"`.replace(/^"(.*)"$/s, '"$1"')))

  test.each([
    ['a', 'a'],
    ['a=1', 'a=1'],
    ['a,b', '"a,b"'],
    ['a;b', '"a;b"'],
    ['a"b', '"a""b"'],
    ["a'b", `"a'b"`],
    ['a\r\nb', '"a\r\nb"'],
    ['a\tb', '"a\tb"'],
    ['\ta', `"'\ta"`],
    ['\na', `"'\na"`],
    ['a\0b', 'a\ufffdb'],
    ['', ''],
  ])('%j is %j', (value, written) => expect(cell(value)).toBe(written))
})
