// Whom the form names as those who decide.

import { expect, test } from 'vitest'
import { approverNames } from '../../../src/web/requests/approver-names.ts'

const roles = new Map([
  ['owners', { groups: [], users: ['anna@example.com', 'ben@example.com'] }],
  ['plant_managers', { groups: ['grp-plant'], users: [] }],
])
const set = { users: ['carla@example.com', 'idp|7'], roles: ['owners', 'plant_managers'] }

test('people by their address, other roles by their name, accounts nobody would know not at all', () => {
  expect(approverNames(set, { roles }, undefined, 'en', 'any of them')).toBe(
    'carla@example.com, anna@example.com, ben@example.com or somebody of “plant managers”',
  )
  expect(approverNames({ users: ['idp|7'] }, { roles }, undefined, 'de', 'all of them')).toBe(
    'die von Ihrer Organisation dafür Benannten',
  )
})

test('whoever asks is not named to themselves: nobody decides about their own', () => {
  const owners = { roles: ['owners'] }
  expect(approverNames(owners, { roles }, 'anna@example.com', 'en', 'any of them')).toBe('ben@example.com')
})
