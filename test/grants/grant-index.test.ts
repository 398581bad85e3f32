// Index of grants: what a change reports, and lists that stay identical while nothing changes.

import { describe, expect, test } from 'vitest'
import { createGrantIndex } from '../../src/grants/grant-index.ts'
import type { Grant } from '../../src/policy/grant.ts'
import { hourGrant } from './records.ts'

const grant = (id: string, more: Partial<Grant> = {}) =>
  hourGrant({ id, who: 'login|42', from: 0, until: 1000, ...more })
const byId = (...grants: readonly Grant[]) => new Map(grants.map((one) => [one.id, one]))
const many = (count: number, more: Partial<Grant> = {}) =>
  Array.from({ length: count }, (_, at) => grant(`m${at}`, { who: `login|m${at}`, ...more }))

describe('a change', () => {
  test('reports the grant and its app; no change reports nothing', () => {
    const index = createGrantIndex()
    expect(index.put('a', grant('a'))).toEqual({ ids: ['a'], apps: ['erp'] })
    expect(index.put('a', grant('a'))).toEqual({ ids: [], apps: [] })
    expect(index.put('none', undefined)).toEqual({ ids: [], apps: [] })
    expect(index.put('a', undefined)).toEqual({ ids: ['a'], apps: ['erp'] })
    expect(index.get('a')).toBeUndefined()
  })

  test('to another app reports both, and moves the grant', () => {
    const index = createGrantIndex()
    index.put('a', grant('a'))
    expect(index.put('a', grant('a', { app: 'wiki' }))).toEqual({ ids: ['a'], apps: ['erp', 'wiki'] })
    expect([index.hasFor('erp'), index.hasFor('wiki')]).toEqual([false, true])
    expect(index.of('login|42', undefined, 'erp')).toEqual([])
  })

  test('inside its basis or its extensions is one; an equal copy of them is none', () => {
    const basis = { request: 'r', entitlement: 'requests', email: undefined, groups: ['x'], external: false } as const
    const index = createGrantIndex()
    index.put('a', grant('a', { basis, extensions: ['e'] }))
    expect(index.put('a', grant('a', { basis: { ...basis }, extensions: ['e'] })).ids).toEqual([])
    expect(index.put('a', grant('a', { basis: { ...basis, groups: [] }, extensions: ['e'] })).ids).toEqual(['a'])
    expect(index.put('a', grant('a', { basis: { ...basis, groups: [] }, extensions: ['e', 'f'] })).ids).toEqual(['a'])
    expect(index.put('a', grant('a', { basis: { ...basis, groups: [] } })).ids).toEqual(['a'])
  })

  test('of the account it is bound to is one, and is shown in the grant', () => {
    const bound = new Map<string, string>()
    const index = createGrantIndex((id) => bound.get(id))
    index.put('a', grant('a'))
    expect(index.get('a')).not.toHaveProperty('boundTo')
    bound.set('a', '42')
    expect(index.put('a', grant('a'))).toEqual({ ids: ['a'], apps: ['erp'] })
    expect(index.of('login|42', undefined, 'erp')).toEqual([grant('a', { boundTo: '42' })])
    bound.set('b', '43')
    index.replace(byId(grant('a'), grant('b')))
    expect(index.get('b')?.boundTo).toBe('43')
  })
})

describe.each([
  ['few', 2],
  // From a hundred changes on, the lists are built anew.
  ['many', 150],
])('replacing %s grants', (_count, count) => {
  test('reports what was added, changed and removed, with their apps', () => {
    const index = createGrantIndex()
    index.replace(byId(grant('same'), grant('gone', { app: 'wiki' }), ...many(count)))
    const kept = index.of('login|42', undefined, 'erp')
    const next = [grant('same'), grant('new', { app: 'shop' }), ...many(count, { level: 'read' })]
    const { ids, apps } = index.replace(byId(...next))
    expect(ids.toSorted()).toEqual(['gone', 'new', ...many(count).map(({ id }) => id)].toSorted())
    expect(apps.toSorted()).toEqual(['erp', 'shop', 'wiki'])
    expect([index.hasFor('wiki'), index.hasFor('shop')]).toEqual([false, true])
    expect(index.of('login|42', undefined, 'erp')).toEqual(kept)
    expect(index.of('login|m1', undefined, 'erp')).toMatchObject([{ level: 'read' }])
    expect(
      index
        .all()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(next.map(({ id }) => id).toSorted())
  })

  test('by the same ones reports nothing', () => {
    const index = createGrantIndex()
    index.replace(byId(...many(count)))
    expect(index.replace(byId(...many(count)))).toEqual({ ids: [], apps: [] })
  })

  test('changes the list of somebody with grants under account and address', () => {
    const index = createGrantIndex()
    const address = grant('b', { who: 'login|mailto:a@x.test' })
    index.replace(byId(grant('a'), address, ...many(count)))
    expect(index.of('login|42', 'login|mailto:a@x.test', 'erp').map(({ id }) => id)).toEqual(['a', 'b'])
    index.replace(byId(grant('a', { level: 'read' }), address, ...many(count, { level: 'read' })))
    expect(index.of('login|42', 'login|mailto:a@x.test', 'erp').map(({ level }) => level)).toEqual(['read', 'full'])
  })
})

describe('the list of somebody', () => {
  const index = createGrantIndex()
  index.replace(
    byId(grant('a'), grant('b', { who: 'login|mailto:a@x.test' }), grant('c', { who: 'login|mailto:b@x.test' })),
  )

  test('has the grants of account and address, and is identical while nothing changes', () => {
    const both = index.of('login|42', 'login|mailto:a@x.test', 'erp')
    expect(both.map(({ id }) => id)).toEqual(['a', 'b'])
    expect(index.of('login|42', 'login|mailto:a@x.test', 'erp')).toBe(both)
    expect(index.of('login|42', 'login|mailto:b@x.test', 'erp').map(({ id }) => id)).toEqual(['a', 'c'])
  })

  test('is of one of them where the other has none', () => {
    const ids = (who: string | undefined, mailbox: string | undefined) =>
      index.of(who, mailbox, 'erp').map(({ id }) => id)
    expect(ids('login|42', undefined)).toEqual(['a'])
    expect(ids(undefined, 'login|mailto:a@x.test')).toEqual(['b'])
    expect(ids('login|7', 'login|mailto:a@x.test')).toEqual(['b'])
    expect(ids('login|42', 'login|mailto:z@x.test')).toEqual(['a'])
  })

  test('is one shared list where there are none', () => {
    expect(index.of('login|7', undefined, 'erp')).toBe(index.of(undefined, undefined, 'wiki'))
  })

  test('keeps the other grants of somebody when one is removed', () => {
    const own = createGrantIndex()
    own.replace(byId(grant('a'), grant('b'), grant('c', { who: 'login|7' })))
    own.put('a', undefined)
    expect(own.of('login|42', undefined, 'erp').map(({ id }) => id)).toEqual(['b'])
    own.put('b', undefined)
    expect(own.of('login|42', undefined, 'erp')).toEqual([])
    expect(own.hasFor('erp')).toBe(true)
    own.put('c', undefined)
    expect(own.hasFor('erp')).toBe(false)
  })

  test('has of grants revoked in the same millisecond the later one', () => {
    const own = createGrantIndex()
    own.put('a', grant('a', { revokedAt: 5 }))
    own.put('b', grant('b', { revokedAt: 5 }))
    expect(own.of('login|42', undefined, 'erp').map(({ id }) => id)).toEqual(['b'])
  })
})
