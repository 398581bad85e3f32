// Store records of access requests: chains of numbers that are each used once, and how long a record is kept.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { chainOf, createRequestRecords, type RequestRecords } from '../../../src/grants/requests/records.ts'
import type { GrantRequest } from '../../../src/grants/requests/request.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'
import type { Store } from '../../../src/store/store.ts'
import { openRequest } from '../records.ts'
import { day, hour, start } from './environment.ts'

const chain = chainOf('corp|anna', 'erp', 'requests')
const id = (number: number) => `${chain}-${number}`
const request = (number: number, more: Partial<GrantRequest> = {}) => openRequest(id(number), more)

let clock: { at: number }
let store: Store
const open = (given: Partial<Store> = {}): RequestRecords =>
  createRequestRecords({
    store: { ...store, ...given },
    seal: createSeal([Buffer.alloc(32, 3)]),
    now: () => clock.at,
  })

beforeEach(() => {
  clock = { at: start }
  store = createMemoryStore({ now: () => clock.at })
})
afterEach(() => store.close())

test('a chain is that of one user, app and entitlement', () => {
  expect(chain).toMatch(/^[0-9a-f]{20}$/)
  expect(chainOf('corp|anna', 'erp', 'requests')).toBe(chain)
  const others = [
    chainOf('corp|ben', 'erp', 'requests'),
    chainOf('corp|anna', 'wiki', 'requests'),
    chainOf('corp|anna', 'erp', 'emergency'),
  ]
  expect(new Set([chain, ...others]).size).toBe(4)
})

test('a chain begins with 1, and each request follows the last', async () => {
  const records = open()
  expect(await records.newest(chain)).toEqual({ request: undefined, next: 1 })
  expect(await records.create(request(1))).toBe(true)
  expect(await records.newest(chain)).toEqual({ request: request(1), next: 2 })
  await records.create(request(2))
  await records.create({ ...request(1), id: `${'0'.repeat(20)}-7` })
  expect(await records.newest(chain)).toMatchObject({ request: { id: id(2) }, next: 3 })
  expect((await records.readAll()).map((one) => one.id).toSorted()).toHaveLength(3)
})

test('a number is used once', async () => {
  expect(await open().create(request(1))).toBe(true)
  expect(await open().create(request(1, { app: 'other' }))).toBe(false)
  expect((await open().read(id(1)))?.app).toBe('erp')
})

test('numbers go on after the records have expired', async () => {
  await open().create(request(1))
  clock.at = start + 91 * day + 1
  expect(await open().read(id(1))).toBeUndefined()
  expect(await open().newest(chain)).toEqual({ request: undefined, next: 2 })
})

test('a number that a node listed and never used is free once, and its predecessor is the last request', async () => {
  await open().create(request(1))
  await store.addMember(`requests:${chain}`, id(2), day)
  expect(await open().newest(chain)).toEqual({ request: request(1), next: 2 })
  await open().create(request(2))
  expect(await open().newest(chain)).toMatchObject({ request: { id: id(2) }, next: 3 })
})

test('a request whose creator failed before it counted the number is the last, and a change counts it', async () => {
  const failing = open({
    add: (key, ...more) =>
      key.startsWith('request-head') ? Promise.reject(new Error('killed')) : store.add(key, ...more),
  })
  await expect(failing.create(request(1))).rejects.toThrow('killed')
  expect(await store.get(`request-head:${chain}`)).toBeUndefined()
  expect(await open().newest(chain)).toEqual({ request: request(1), next: 2 })
  await open().change(id(1), (one) => ({ ...one, version: 2 }))
  expect(await store.get(`request-head:${chain}`)).toBe('1')
})

test('the number of a chain never decreases, and is not written when it is reached', async () => {
  const records = open()
  for (const number of [1, 2, 3]) await records.create(request(number))
  let writes = 0
  const counting = open({
    replace: (key, ...more) => {
      if (key.startsWith('request-head')) writes++
      return store.replace(key, ...more)
    },
  })
  await counting.change(id(1), (one) => ({ ...one, version: 2 }))
  await counting.change(id(3), (one) => ({ ...one, version: 2 }))
  expect([await store.get(`request-head:${chain}`), writes]).toEqual(['3', 0])
})

test('a concurrent count of another node is not undone', async () => {
  await open().create(request(1))
  let first = true
  const racing = open({
    replace: async (key, ...more) => {
      if (first && key.startsWith('request-head')) {
        first = false
        await store.set(key, '5', day)
      }
      return store.replace(key, ...more)
    },
  })
  await racing.create(request(2))
  expect(await store.get(`request-head:${chain}`)).toBe('5')
})

test('a change of nothing writes nothing, and counts nothing', async () => {
  const records = open()
  expect(await records.change(id(1), (one) => ({ ...one, version: 2 }))).toBeUndefined()
  await records.create(request(1))
  expect(await records.change(id(1), () => undefined)).toBeUndefined()
  await expect(records.change(id(1), () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await records.read(id(1))).toEqual(request(1))
})

test.each<[string, Partial<GrantRequest>, number]>([
  ['it lapses', {}, start + day],
  ['it was closed', { closed: { at: start + 2 * day, by: undefined, comment: undefined } }, start + 2 * day],
  ['its access ends', { terms: { level: 'full', from: start, until: start + 3 * day } }, start + 3 * day],
  ['it is to be reviewed', { reviewBy: start + 4 * day }, start + 4 * day],
])('is kept for 90 days after %s', async (_says, more, end) => {
  await open().create(request(1, more))
  clock.at = end + 90 * day - 1
  expect(await open().read(id(1))).toBeDefined()
  clock.at += 1
  expect(await open().read(id(1))).toBeUndefined()
})

test('what is absent stays so in the store', async () => {
  const by = { provider: 'corp', sub: 'owner', email: 'o@x.test', name: 'Olga' }
  const full = request(1, {
    reviewed: { at: start + hour, by, comment: undefined },
    closed: { at: start, by: undefined, comment: undefined },
  })
  await open().create(full)
  expect(await open().read(id(1))).toStrictEqual(full)
  await open().create(request(2))
  expect(await open().read(id(2))).toStrictEqual(request(2))
})
