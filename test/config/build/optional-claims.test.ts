// Claims in the configuration: what their absence means, and the warning where a rule rests on a claim that may be absent.

import { describe, expect, test } from 'vitest'
import { head, problems, valid, warnings } from '../config-fixtures.ts'

const app = (rule: string, more = '') =>
  `${head}apps:\n  erp: { from: https://erp.example.com, to: http://10.0.0.1, ${more}policy: [{ allow: {} }, ${rule}] }\n`
const ruleOf = async (rule: string) => (await valid(app(rule))).apps.get('erp')!.declaration.rules[1]!.when

test('a claim is a list of values, or a mapping that says what absence means', async () => {
  expect(await ruleOf('{ deny: { claims: { dept: sales } } }')).toEqual({ claims: { dept: ['sales'] } })
  expect(await ruleOf('{ deny: { claims: { dept: { values: [a, b], absent: unmet } } } }')).toEqual({
    claims: { dept: { values: ['a', 'b'], absent: 'unmet' } },
  })
  expect(await ruleOf('{ deny: { claims: { dept: { values: [a] } } } }')).toEqual({
    claims: { dept: { values: ['a'], absent: 'unknown' } },
  })
  expect(await problems(app('{ deny: { claims: { dept: { values: [a], absent: no } } } }'))).toHaveLength(1)
  expect(await problems(app('{ deny: { claims: { dept: { absent: met } } } }'))).toHaveLength(1)
})

describe('check warns where absence decides', () => {
  test.each([
    ['a deny', '{ deny: { claims: { dept: [sales] } } }', ['is denied']],
    ['any in a deny', '{ deny: { any: [{ groups: [x] }, { claims: { dept: [sales] } }] } }', ['is denied']],
    ['not in a deny', '{ deny: { not: { claims: { dept: [sales] } } } }', ['is denied']],
    ['not in an allow', '{ allow: { not: { claims: { dept: [sales] } } } }', ['is not allowed']],
    ['two claims', '{ deny: { claims: { dept: [sales], site: [bonn] } } }', ['is denied', 'is denied']],
    ['an allow', '{ name: x, allow: { claims: { dept: [sales] } } }', []],
    ['absence thought of', '{ deny: { claims: { dept: { values: [sales], absent: unmet } } } }', []],
    ['absence known to be unknown', '{ deny: { claims: { dept: { values: [sales], absent: unknown } } } }', []],
  ])('%s', async (_name, rule, expected) => {
    const found = (await warnings(app(rule))).filter((text) => text.includes('without this claim'))
    expect(found).toEqual(expected.map((text) => expect.stringContaining(text)))
  })

  test('require and baseline', async () => {
    const excluded = '{ not: { claims: { dept: [sales] } } }'
    expect(await warnings(app('{ deny: { groups: [x] } }', `require: ${excluded}, `))).toEqual([
      expect.stringContaining('apps.erp.require.not.claims.dept: a user without this claim is not allowed'),
    ])
    expect(await warnings(app('{ deny: { groups: [x] } }').replace('apps:', `baseline: ${excluded}\napps:`))).toEqual([
      expect.stringContaining('baseline.not.claims.dept: '),
    ])
  })
})
