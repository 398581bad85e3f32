// Index of access requests: versions, order, lapsed states, and how long a request is kept.

import { describe, expect, test } from 'vitest'
import { createRequestIndex, stateAt } from '../../../src/grants/requests/index.ts'
import type { GrantRequest } from '../../../src/grants/requests/request.ts'
import { openRequest } from '../records.ts'
import { day, hour, start } from './environment.ts'

const request = (id: string, more: Partial<GrantRequest> = {}) => openRequest(id, { lapsesAt: start + hour, ...more })

function indexAt(at: number) {
  const clock = { at }
  return { clock, index: createRequestIndex(() => clock.at) }
}

test('an older version, or the same one, does not replace a newer', () => {
  const { index } = indexAt(start)
  index.put(request('a', { version: 2, app: 'new' }))
  index.put(request('a', { version: 1, app: 'old' }))
  index.put(request('a', { version: 2, app: 'other' }))
  expect(index.get('a')?.app).toBe('new')
  index.put(request('a', { version: 3, app: 'newer' }))
  expect(index.get('a')?.app).toBe('newer')
  expect(index.all().map(({ app }) => app)).toEqual(['newer'])
})

test('an open request lapses at its time, and is then closed by nobody', () => {
  const { clock, index } = indexAt(start)
  index.put(request('a'))
  clock.at = start + hour - 1
  expect(index.get('a')).toEqual(request('a'))
  clock.at++
  const lapsed = { state: 'lapsed', closed: { at: start + hour, by: undefined, comment: undefined } }
  expect(index.get('a')).toMatchObject(lapsed)
  expect(index.all()).toMatchObject([lapsed])
  const denied = request('b', { state: 'denied' })
  expect(stateAt(denied, start + 2 * hour)).toBe(denied)
  expect(index.get('nothing')).toBeUndefined()
})

test('the newest comes first; of the same moment, the higher id', () => {
  const { index } = indexAt(start)
  for (const [id, askedAt] of [
    ['b', 1],
    ['a', 2],
    ['d', 1],
    ['c', 3],
  ] as const)
    index.put(request(id, { askedAt: start + askedAt }))
  expect(index.all().map(({ id }) => id)).toEqual(['c', 'a', 'd', 'b'])
  index.put(request('e', { askedAt: start + 4 }))
  expect(index.all().map(({ id }) => id)).toEqual(['e', 'c', 'a', 'd', 'b'])
})

test('replacing removes what is not found, except what changed meanwhile', () => {
  const { index } = indexAt(start)
  for (const id of ['found', 'gone', 'kept']) index.put(request(id))
  expect(index.all()).toHaveLength(3)
  index.replace([request('found', { version: 2 }), request('added')], new Set(['kept']))
  expect(index.all().map(({ id, version }) => [id, version])).toEqual([
    ['kept', 1],
    ['found', 2],
    ['added', 1],
  ])
  expect(index.get('gone')).toBeUndefined()
})

describe('a request is listed for 90 days', () => {
  test.each<[string, Partial<GrantRequest>, number]>([
    ['after it lapsed', {}, start + hour],
    ['after it was closed', { state: 'denied', closed: { at: start + 2 * hour } as never }, start + 2 * hour],
    ['after its access ended', { state: 'approved', terms: { until: start + 9 * hour } as never }, start + 9 * hour],
    [
      'after the last of these',
      { state: 'approved', closed: { at: start + 5 * hour } as never, terms: { until: start + 3 * hour } as never },
      start + 5 * hour,
    ],
  ])('%s', (_says, more, end) => {
    const { clock, index } = indexAt(start)
    index.put(request('a', more))
    index.put(request('b', { lapsesAt: start + 1000 * day }))
    expect(index.all()).toHaveLength(2)
    clock.at = end + 90 * day
    expect(index.all().map(({ id }) => id)).toEqual(['b', 'a'])
    clock.at++
    expect(index.all().map(({ id }) => id)).toEqual(['b'])
    expect(index.get('a')).toBeUndefined()
  })
})
