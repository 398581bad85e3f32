// Shapes of a groups claim: what each provider sends is read as its names, and anything else leaves the groups unknown.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { GroupsClaim } from '../../../src/config/provider-settings.ts'
import { readGroups } from '../../../src/identity/oidc/groups/group-shapes.ts'

type Shape = Pick<GroupsClaim, 'shape'> & Partial<Pick<GroupsClaim, 'field'>>
const read = (value: unknown, { shape, field }: Shape) => readGroups(value, { shape, field })
const parsed = (json: string): unknown => JSON.parse(json)

describe('a claim in the configured shape', () => {
  test.each<[string, Shape, unknown, readonly string[]]>([
    ['a list of names', { shape: 'list' }, ['a', 'b', 'a'], ['a', 'b']],
    ['one name, never split', { shape: 'list' }, 'a,admin', ['a,admin']],
    [
      'a list of objects with a name',
      { shape: 'list', field: 'name' },
      [{ id: 1, name: 'a' }, { name: 'b' }],
      ['a', 'b'],
    ],
    ['one object with a name', { shape: 'list', field: 'name' }, { name: 'a' }, ['a']],
    [
      'the roles of Zitadel, keys of an object',
      { shape: 'keys' },
      { admin: { '7': 'a.test' }, user: { '8': 'b.test' } },
      ['admin', 'user'],
    ],
    ['an object without keys', { shape: 'keys' }, {}, []],
    ['names in one text', { shape: 'csv' }, 'a, b ,,a,', ['a', 'b']],
    ['an empty text', { shape: 'csv' }, '', []],
    ['full paths of Keycloak', { shape: 'path' }, ['/staff', '/staff/admins'], ['staff', 'staff/admins']],
    ['full paths in objects', { shape: 'path', field: 'path' }, [{ path: '/a/b' }], ['a/b']],
    ['no group', { shape: 'path' }, [], []],
  ])('%s', (_name, shape, value, names) => {
    expect(read(value, shape)).toEqual({ names, complete: true, fault: undefined })
  })

  test('with keys that objects inherit has those names only where they are stated', () => {
    expect(read(parsed('{"__proto__":{"1":"x"},"constructor":{"1":"x"}}'), { shape: 'keys' }).names).toEqual([
      '__proto__',
      'constructor',
    ])
    expect(read([{}], { shape: 'list', field: 'constructor' }).names).toEqual([])
    expect(read(parsed('[{"__proto__":{"name":"admin"}}]'), { shape: 'list', field: 'name' }).names).toEqual([])
  })
})

describe('a claim in another shape states no group, leaves the groups unknown, and says what to set', () => {
  test.each<[string, Shape, unknown, RegExp, RegExp]>([
    ['an object as a list', { shape: 'list' }, { admin: {} }, /^an object$/, /shape: keys/],
    [
      'objects without field',
      { shape: 'list' },
      [{ id: 1, name: 'a' }],
      /^a list of objects \(id, name\)$/,
      /set field/,
    ],
    ['objects without that field', { shape: 'list', field: 'title' }, [{ name: 'a' }], /objects \(name\)/, /set field/],
    ['names where objects were expected', { shape: 'list', field: 'name' }, ['a'], /^a list of names$/, /remove field/],
    ['a list in a list', { shape: 'list' }, [['a']], /something else/, /map the claim/],
    ['a list as keys', { shape: 'keys' }, ['a'], /^a list of names$/, /shape: list/],
    ['a text as keys', { shape: 'keys' }, 'a', /^a text$/, /shape: list, or csv/],
    ['null', { shape: 'keys' }, null, /^null$/, /map the claim/],
    ['a number', { shape: 'list' }, 7, /^a number$/, /map the claim/],
    ['a list as a text', { shape: 'csv' }, ['a'], /^a list of names$/, /shape: list/],
    ['a list written as text', { shape: 'csv' }, '["a","b"]', /written as text/, /JSON list/],
    ['an object as paths', { shape: 'path' }, { '/a': {} }, /^an object$/, /shape: keys/],
  ])('%s', (_name, shape, value, found, mend) => {
    const { names, complete, fault } = read(value, shape)
    expect([names, complete]).toEqual([[], false])
    expect(fault?.found).toMatch(found)
    expect(fault?.mend).toMatch(mend)
  })

  test.each<[string, Shape, unknown, readonly string[]]>([
    ['a list with a number in it', { shape: 'list' }, ['a', 1], ['a']],
    ['objects of which one lacks the name', { shape: 'list', field: 'name' }, [{ name: 'a' }, {}], ['a']],
    ['a name with a line break', { shape: 'csv' }, 'a,b\r\nX-Admin: 1', ['a']],
    ['a name over 1 KB', { shape: 'keys' }, { a: true, ['x'.repeat(1025)]: true }, ['a']],
    ['a key that is denied', { shape: 'keys' }, { a: true, admin: false, boss: null, chief: 0, head: '' }, ['a']],
    ['paths of which one is a bare name', { shape: 'path' }, ['/a', 'admins'], ['a']],
    ['paths with an empty segment', { shape: 'path' }, ['/a', '//admins', '/b/', '/'], ['a']],
  ])('in part: %s', (_name, shape, value, names) => {
    const part = read(value, shape)
    expect([part.names, part.complete]).toEqual([names, false])
    expect(part.fault?.mend).toBeTruthy()
  })

  test('beyond the bounds in number and size', () => {
    const keys = Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`g${index}`, true]))
    for (const [value, shape] of [
      [keys, 'keys'],
      [Object.keys(keys).join(), 'csv'],
      [Object.keys(keys).map((name) => `/${name}`), 'path'],
    ] as const) {
      const bounded = read(value, { shape })
      expect([bounded.names.length, bounded.complete]).toEqual([10_000, false])
      expect(bounded.fault?.found).toMatch(/more than 10000 groups/)
    }
  })
})

describe('a stranger gains no group by a name of their own choice', () => {
  test('a subgroup named like another group keeps its path, with and without the leading slash', () => {
    expect(read(['/guests/admins'], { shape: 'path' }).names).toEqual(['guests/admins'])
    expect(read(['guests/admins'], { shape: 'path' }).names).toEqual([])
    expect(read(['admins'], { shape: 'path' }).names).toEqual([])
    expect(read(['//admins', '/ /../admins'], { shape: 'path' }).names).not.toContain('admins')
  })

  test('whatever the paths are, a name is one of them without its first character', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.stringMatching(/^[/a~. ]{0,12}$/))), (paths) => {
        for (const name of read(paths, { shape: 'path' }).names) expect(paths).toContain(`/${name}`)
      }),
    )
  })

  test('a name with commas is one group in every shape but csv', () => {
    for (const [value, shape] of [
      [['guests,admins'], 'list'],
      [{ 'guests,admins': {} }, 'keys'],
      [['/guests,admins'], 'path'],
    ] as const) {
      expect(read(value, { shape }).names).toEqual(['guests,admins'])
    }
  })

  test('whatever value comes in whatever shape, it is read without an error, within the bounds', () => {
    const shapes = fc.constantFrom<GroupsClaim['shape']>('list', 'keys', 'csv', 'path')
    const field = fc.option(fc.constantFrom('name', '__proto__', 'toString'), { nil: undefined })
    fc.assert(
      fc.property(fc.jsonValue(), shapes, field, (value, shape, member) => {
        const { names, complete, fault } = readGroups(value, { shape, field: member })
        expect(new Set(names).size).toBe(names.length)
        expect(names.every((name) => typeof name === 'string' && name !== '' && !/\p{Cc}/u.test(name))).toBe(true)
        expect(complete).toBe(fault === undefined)
      }),
      { numRuns: 500 },
    )
  })
})
