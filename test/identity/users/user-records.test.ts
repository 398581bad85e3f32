// Records of users: how claims and uses of several nodes merge, what is forgotten, and hours that are written once.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLastUsedHours } from '../../../src/identity/users/last-used.ts'
import { createUserRecords, isProviderUser, type UserRecords } from '../../../src/identity/users/user-records.ts'
import type { Subject } from '../../../src/policy/subject.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'
import type { Store } from '../../../src/store/store.ts'
import { hour, person } from '../../contracts/session-node.ts'

const start = 500_000 * hour
const day = 24 * hour
const anna: Subject = person('anna').subject
const claims = (at: number, signedIn = at, groups: readonly string[] = ['staff']) => ({
  subject: { ...anna, groups },
  at,
  signedIn,
})
const nothing: ReadonlyMap<string, number> = new Map()
const used = (...given: [string, number][]): ReadonlyMap<string, number> => new Map(given)

let at: number
let store: Store
let writes: number
let records: UserRecords

beforeEach(() => {
  at = start
  writes = 0
  store = createMemoryStore({ now: () => at })
  const counted: Store = {
    ...store,
    add: (...given) => (writes++, store.add(...given)),
    replace: (...given) => (writes++, store.replace(...given)),
  }
  records = createUserRecords({ store: counted, seal: createSeal([Buffer.alloc(32, 9)]), now: () => at })
})
afterEach(() => store.close())

describe('the record of a user', () => {
  test('begins with the first sign-in, and has absent attributes as such', async () => {
    const bare = { ...anna, email: undefined, name: undefined, username: undefined }
    await records.add(anna, { claims: { subject: bare, at: start + 5, signedIn: start }, used: used(['wiki', start]) })
    expect(await records.read(anna)).toStrictEqual({
      subject: bare,
      toldAt: start + 5,
      firstSignIn: start,
      lastSignIn: start,
      used: { wiki: start },
    })
    expect(await records.readAll()).toHaveLength(1)
  })

  test('is not made by a use alone, but by the claims of the session in use', async () => {
    await records.add(anna, { claims: undefined, used: used(['wiki', start]) })
    expect([await records.read(anna), writes]).toEqual([undefined, 0])
    await records.add(anna, { claims: undefined, fallbackClaims: claims(start), used: used(['wiki', start]) })
    expect(await records.read(anna)).toMatchObject({ toldAt: start, used: { wiki: start } })
  })

  test('has the latest claims, and first and last sign-in, in whatever order nodes write', async () => {
    await records.add(anna, { claims: claims(start + 20, start + 10, ['new']), used: nothing })
    await records.add(anna, { claims: claims(start + 15, start, ['old']), used: nothing })
    expect(await records.read(anna)).toMatchObject({
      subject: { groups: ['new'] },
      toldAt: start + 20,
      firstSignIn: start,
      lastSignIn: start + 10,
    })
    // Claims of a refresh: newer, without a new sign-in.
    await records.add(anna, { claims: claims(start + 30, start + 10, ['newest']), used: nothing })
    expect(await records.read(anna)).toMatchObject({
      subject: { groups: ['newest'] },
      toldAt: start + 30,
      lastSignIn: start + 10,
    })
    await records.add(anna, { claims: claims(start + 30, start + 40, ['same time']), used: nothing })
    expect(await records.read(anna)).toMatchObject({ subject: { groups: ['newest'] }, lastSignIn: start + 40 })
  })

  test('ignores the claims of a session in use once there is one', async () => {
    await records.add(anna, { claims: claims(start), used: nothing })
    await records.add(anna, {
      claims: undefined,
      fallbackClaims: claims(start + 9, start + 9, ['other']),
      used: used(['wiki', start]),
    })
    expect(await records.read(anna)).toMatchObject({
      subject: { groups: ['staff'] },
      lastSignIn: start,
      used: { wiki: start },
    })
  })

  test('has the last use of each app, never an earlier one', async () => {
    await records.add(anna, { claims: claims(start), used: used(['wiki', start], ['erp', start]) })
    await records.add(anna, { claims: undefined, used: used(['wiki', start - hour], ['erp', start + hour]) })
    expect((await records.read(anna))?.used).toEqual({ wiki: start, erp: start + hour })
  })

  test('is not written when nothing is new', async () => {
    await records.add(anna, { claims: claims(start), used: used(['wiki', start]) })
    expect(writes).toBe(1)
    await records.add(anna, { claims: claims(start), used: used(['wiki', start]) })
    await records.add(anna, { claims: undefined, used: nothing })
    expect(writes).toBe(1)
  })

  test('forgets uses of more than 400 days ago when it is written', async () => {
    await records.add(anna, { claims: claims(start), used: used(['old', start], ['kept', start + 1]) })
    await records.add(anna, { claims: claims(start + day), used: nothing })
    at = start + 400 * day
    await records.add(anna, { claims: claims(at), used: used(['wiki', at]) })
    expect((await records.read(anna))?.used).toEqual({ kept: start + 1, wiki: at })
  })

  test('is kept for 400 days after the last sign-in, and not made for one before that', async () => {
    await records.add(anna, { claims: claims(start), used: nothing })
    at = start + 400 * day - 1
    expect(await records.read(anna)).toBeDefined()
    await records.add(anna, { claims: undefined, used: used(['wiki', at]) })
    expect((await records.read(anna))?.used).toEqual({ wiki: at })
    at += 1
    expect(await records.read(anna)).toBeUndefined()
    await records.add(anna, { claims: claims(start), used: nothing })
    expect(await records.readAll()).toEqual([])
  })

  test('of two users are two, also with the same sub at two providers', async () => {
    const other = { ...anna, provider: 'partner' }
    await records.add(anna, { claims: claims(start), used: nothing })
    await records.add(other, { claims: { ...claims(start), subject: other }, used: nothing })
    expect((await records.readAll()).map(({ subject }) => subject.provider).toSorted()).toEqual(['company', 'partner'])
    expect((await records.read(other))?.subject.provider).toBe('partner')
  })
})

describe('an hour in which somebody used an app', () => {
  const ben = { provider: 'company', sub: 'ben' }

  test('is new once for each user and app', () => {
    const hours = createLastUsedHours()
    expect([hours.record(anna, 'wiki', start), hours.record(anna, 'wiki', start)]).toEqual([true, false])
    expect([hours.record(anna, 'erp', start), hours.record(ben, 'wiki', start)]).toEqual([true, true])
    expect(hours.record({ ...anna, provider: 'partner' }, 'wiki', start)).toBe(true)
    expect(hours.record(anna, 'wiki', start + hour)).toBe(true)
  })

  test('is known for the current hour and the one before', () => {
    const hours = createLastUsedHours()
    expect(hours.last(anna, 'wiki')).toBe(-Infinity)
    hours.record(anna, 'wiki', start)
    hours.record(ben, 'wiki', start)
    expect([hours.last(anna, 'wiki'), hours.last(anna, 'erp')]).toEqual([start, -Infinity])
    expect(hours.last({ ...anna, provider: 'partner' }, 'wiki')).toBe(-Infinity)
    hours.record(anna, 'wiki', start + hour)
    expect([hours.last(anna, 'wiki'), hours.last(ben, 'wiki')]).toEqual([start + hour, start])
    hours.record(anna, 'wiki', start + 2 * hour)
    expect(hours.last(ben, 'wiki')).toBe(-Infinity)
  })

  test('that is over does not begin again when the clock is set back', () => {
    const hours = createLastUsedHours()
    hours.record(anna, 'wiki', start)
    expect(hours.record(anna, 'wiki', start - hour)).toBe(false)
    expect(hours.last(anna, 'wiki')).toBe(start)
  })
})

test('the bearer of an emergency code is no user of a provider', () => {
  expect([isProviderUser({ provider: 'emergency' }), isProviderUser({ provider: 'company' })]).toEqual([false, true])
})
