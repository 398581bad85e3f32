// Run-time grants for external users: they need a sponsor and last 90 days at most.

import { expect, test } from 'vitest'
import { validateNewGrant, type NewGrant } from '../../../src/grants/validate-grant.ts'
import { checkExtension, latestEnd } from '../../../src/grants/requests/checks.ts'
import { entitlementsOf } from '../../../src/grants/entitlements.ts'
import { maxExternalGrant } from '../../../src/policy/external.ts'
import type { Grant } from '../../../src/policy/grant.ts'

const start = Date.parse('2026-12-01T08:00:00Z')
const day = 86_400_000
const { external } = entitlementsOf({
  apps: new Map(),
  roles: new Map(),
  providers: new Map(),
  external: { providers: new Set(['partner']), people: ['lee@partner.example'] },
})
const wanted = (more: Partial<NewGrant> = {}): NewGrant => ({
  who: 'partner|7',
  app: 'erp',
  level: 'full',
  from: start,
  until: start + day,
  schedule: undefined,
  sponsor: 'erika@example.com',
  reason: undefined,
  ...more,
})

test.each([
  ['without a sponsor', { sponsor: undefined }, 'sponsor: required'],
  ['with a blank sponsor', { sponsor: '  ' }, 'sponsor: required'],
  ['for more than 90 days', { until: start + maxExternalGrant + 1 }, 'until: at most 90 days'],
  [
    'to a listed address, without',
    { who: 'staff|mailto:Lee@Partner.example', sponsor: undefined },
    'sponsor: required',
  ],
])('%s it is rejected with a specific message', (_what, more, message) => {
  expect(() => validateNewGrant(wanted(more), external)).toThrow(message)
})

test('90 days with a sponsor are accepted; internal users need neither', () => {
  expect(validateNewGrant(wanted({ until: start + maxExternalGrant }), external).who).toBe('partner|7')
  const ours = wanted({ who: 'staff|1', sponsor: undefined, until: start + 400 * day })
  expect(validateNewGrant(ours, external).sponsor).toBeUndefined()
})

test('an extension does not exceed 90 days from now', () => {
  const settings = { maxExtensions: 5, maxTotal: 366 * day } as Parameters<typeof checkExtension>[4]
  const basis = { request: 'r', entitlement: 'requests', email: undefined, groups: [], external: true } as const
  const given: Grant = {
    ...wanted({ until: start + 80 * day }),
    id: 'g',
    origin: 'runtime',
    givenBy: 'x',
    revokedAt: undefined,
    basis,
  }
  const person = { provider: 'partner', sub: '7', email: undefined, name: undefined }
  const rules = { external } as Parameters<typeof latestEnd>[1]
  const latest = latestEnd(person, rules, start)
  expect(latest).toBe(start + maxExternalGrant)
  expect(checkExtension(given, 'partner|7', 'erp', 10 * day, settings, start, latest).id).toBe('g')
  expect(() => checkExtension(given, 'partner|7', 'erp', 11 * day, settings, start, latest)).toThrow()
  expect(latestEnd({ ...person, provider: 'staff' }, rules, start)).toBe(Infinity)
})
