// Approver names shown on the access request form.

import { expect, test } from 'vitest'
import { approverNames } from '../../../src/web/requests/approver-names.ts'

const roles = new Map([
  ['owners', { groups: [], users: ['anna@example.com', 'ben@example.com'] }],
  ['plant_managers', { groups: ['grp-plant'], users: [] }],
])
const set = { users: ['carla@example.com', 'idp|7'], roles: ['owners', 'plant_managers'] }

test('lists users by e-mail address, other roles by name, and omits provider|sub accounts', () => {
  expect(approverNames(set, { roles }, undefined, 'en', 'any of them')).toBe(
    'carla@example.com, anna@example.com, ben@example.com or a member of “plant managers”',
  )
  expect(approverNames({ users: ['idp|7'] }, { roles }, undefined, 'de', 'all of them')).toBe(
    'die von Ihrer Organisation benannten Personen',
  )
})

test('omits the requester, who cannot decide their own request', () => {
  const owners = { roles: ['owners'] }
  expect(approverNames(owners, { roles }, 'anna@example.com', 'en', 'any of them')).toBe('ben@example.com')
})
