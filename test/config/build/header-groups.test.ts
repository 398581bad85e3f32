// `headers.groups`: which groups of a user an application receives, and by default only those its own rules name.

import { describe, expect, test } from 'vitest'
import { compareConfigurations } from '../../../src/config/diff/diff.ts'
import { head, problems, valid, validTogether } from '../config-fixtures.ts'

const roles = 'roles: { owners: { groups: [owners, board] }, unused: { groups: [unused] } }\n'
const file = (headers: string, policy: string, more = ''): string =>
  `${head}${roles}${more}apps:\n  wiki:\n    from: https://wiki.example.com\n    to: http://10.20.0.7:3000\n    policy: ${policy}\n    ${headers === '' ? '' : `headers: { ${headers} }`}\n  other:\n    from: https://other.example.com\n    to: http://10.20.0.8:3000\n    policy: [{ allow: { groups: [another] } }]\n`

async function groupsOf(headers: string, policy: string, more = ''): Promise<unknown> {
  const { headerGroups } = (await valid(file(headers, policy, more))).apps.get('wiki')!
  return headerGroups === 'all' ? 'all' : [...headerGroups].sort()
}

describe('by default, an application receives the groups that its rules name', () => {
  test.each([
    [
      'in allow and deny',
      '[{ allow: { groups: [staff] } }, { deny: { groups: [contractors] } }]',
      ['contractors', 'staff'],
    ],
    ['through a role', '[{ allow: { roles: [owners] } }]', ['board', 'owners']],
    ['in any, at any depth', '[{ allow: { any: [{ groups: [a] }, { any: [{ groups: [b] }] }] } }]', ['a', 'b']],
    ['in not', '[{ allow: { groups: [a], not: { any: [{ roles: [owners] }] } } }]', ['a', 'board', 'owners']],
    ['in a rule that only observes', '[{ allow: {} }, { mode: observe, deny: { groups: [guests] } }]', ['guests']],
    ['nowhere', '[{ allow: {} }]', []],
  ])('%s', async (_where, policy, names) => {
    expect(await groupsOf('', policy)).toEqual(names)
    expect(await groupsOf('groups: used', policy)).toEqual(names)
  })

  test('in require and in the baseline', async () => {
    const more = 'baseline: { groups: [everybody, staff] }\n'
    expect(await groupsOf('', '[{ allow: {} }]\n    require: { not: { groups: [blocked] } }', more)).toEqual([
      'blocked',
      'everybody',
      'staff',
    ])
  })
})

test('all, none, or a list replace them', async () => {
  const policy = '[{ allow: { groups: [staff] } }]'
  expect(await groupsOf('groups: all', policy)).toBe('all')
  expect(await groupsOf('groups: none', policy)).toEqual([])
  expect(await groupsOf('groups: [editors, admins]', policy)).toEqual(['admins', 'editors'])
  expect(await problems(file('groups: {}', policy))).toEqual([
    expect.stringContaining('expected used, all, none or a list of group names'),
  ])
})

test('the comparison of two configurations tells what an application receives in future', async () => {
  const [before, after] = await validTogether(
    file('', '[{ allow: { groups: [staff] } }]'),
    file('groups: all', '[{ allow: { groups: [staff] } }]'),
  )
  expect(compareConfigurations(before!, after!)).toContain(
    'wiki: receives all groups of its users (before: the groups staff)',
  )
})
