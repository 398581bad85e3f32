// Vouching: an address of a domain that one provider vouches for counts from no other, wherever addresses are compared.

import { describe, expect, test } from 'vitest'
import type { ConditionSet } from '../../src/policy/declaration.ts'
import { compilePolicy } from '../../src/policy/compile.ts'
import { externalSubjects } from '../../src/policy/external.ts'
import { compileUserSet } from '../../src/policy/user-set.ts'
import { vouchedEmail, vouchersOf } from '../../src/policy/vouching.ts'
import { decide } from '../../src/policy/decide.ts'
import { access, allow, app, deny, subject, vocabulary } from './access-request-fixtures.ts'

const vouchers = vouchersOf([
  { name: 'company', domains: ['corp.example', 'Old.Example'] },
  { name: 'second', domains: [] },
])
const ada = (provider: string) => subject({ provider, sub: '1', email: 'ada@corp.example' })

test('an address counts from the provider of its domain, and from any where no provider claims it', () => {
  expect(vouchedEmail(ada('company'), vouchers)).toBe('ada@corp.example')
  expect(vouchedEmail(ada('second'), vouchers)).toBeUndefined()
  expect(vouchedEmail({ provider: 'second', email: 'x@OLD.example' }, vouchers)).toBeUndefined()
  expect(vouchedEmail({ provider: 'second', email: 'ada@sub.corp.example' }, vouchers)).toBe('ada@sub.corp.example')
  expect(vouchedEmail({ provider: 'second', email: 'ada@corp.example.net' }, vouchers)).toBe('ada@corp.example.net')
  expect(vouchedEmail({ provider: 'second', email: undefined }, vouchers)).toBeUndefined()
  expect(vouchedEmail(ada('second'), undefined)).toBe('ada@corp.example')
})

describe.each<[string, ConditionSet]>([
  ['users', { users: ['ada@corp.example'] }],
  ['users of the provider', { users: ['second|mailto:ada@corp.example'] }],
  ['roles', { roles: ['owners'] }],
  ['domains', { domains: ['corp.example'] }],
])('%s', (_name, when) => {
  const names = {
    ...vocabulary,
    vouchers,
    roles: new Map([['owners', { groups: [], users: ['ada@corp.example'] }]]),
  }
  const effect = (rules: Parameters<typeof app>[0], provider: string) =>
    decide(compilePolicy(app(rules), names), access({ person: ada(provider) })).effect

  test('an allow is not met by the statement of another provider', () => {
    expect(effect([allow('it', when)], 'second')).toBe('deny')
    if (!JSON.stringify(when).includes('second')) expect(effect([allow('it', when)], 'company')).toBe('allow')
  })

  test('nor does it escape a deny, or pass a not', () => {
    expect(effect([allow('all', {}), deny('it', when)], 'second')).toBe('deny')
    expect(effect([allow('it', { not: when })], 'second')).toBe('deny')
  })

  test('nor is it an approver, reviewer or administrator', () => {
    expect(compileUserSet(when, names)(ada('second'))).toBe(false)
  })
})

test('who states an address of external people that another provider vouches for counts as external', () => {
  const isExternal = externalSubjects({ providers: new Set(), people: ['ada@corp.example'] }, vouchers)
  expect(isExternal(ada('company'))).toBe(true)
  expect(isExternal(ada('second'))).toBe(true)
  expect(isExternal(subject({ provider: 'second', email: 'bob@elsewhere.example' }))).toBe(false)
})

test('a domain of an external provider is met by its own users, and by nobody else', () => {
  const names = { ...vocabulary, vouchers: vouchersOf([{ name: 'partners', domains: ['partner.example'] }]) }
  const of = (provider: string, external: boolean) =>
    compileUserSet(
      { domains: ['partner.example'] },
      names,
    )(subject({ provider, external, email: 'pat@partner.example' }))
  expect(of('partners', true)).toBe(true)
  expect(of('company', false)).toBe(false)
  expect(of('others', true)).toBe(false)
})
