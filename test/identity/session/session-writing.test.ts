// Session writes: what a sign-in and a step-up record, and that a lost or late write of the store changes nothing else.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  allSessions,
  openSeen,
  openSession,
  providerSessionIndex,
  recordKey,
  sealSession,
  seenKey,
  subjectIndex,
} from '../../../src/identity/session/record.ts'
import type { SessionEnd, SessionWithTokens } from '../../../src/identity/session/session.ts'
import { createSessionWriting } from '../../../src/identity/session/write.ts'
import type { Change } from '../../../src/store/change.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'
import { StoreUnreachable, type Store } from '../../../src/store/store.ts'
import { hour, minute, origin, person } from '../../contracts/session-node.ts'

const start = 1_800_000_000_000
const day = 24 * hour
const seal = createSeal([Buffer.alloc(32, 4)])
const gone = () => Promise.reject(new StoreUnreachable(new Error('unplugged')))

let at: number
let store: Store
let announced: Change[]
let announce: (change: Change) => Promise<void>
let warnings: string[]
let ended: unknown[]
let knownEnds: Map<string, SessionEnd>

beforeEach(() => {
  at = start
  store = createMemoryStore({ now: () => at })
  announced = []
  announce = (change) => Promise.resolve(void announced.push(change))
  warnings = []
  ended = []
  knownEnds = new Map()
})
afterEach(() => store.close())

const writing = (more: Partial<Store> = {}) =>
  createSessionWriting(
    {
      store: { ...store, ...more },
      changes: { announce: (change: Change) => announce(change) } as never,
      seal,
      record: () => expect.fail('sign-ins are recorded elsewhere'),
      now: () => at,
      settings: () => ({ idle: hour, lifetime: 10 * hour, revalidate: 5 * minute, grace: 0, lease: minute }),
      log: { warn: (_fields: object, text: string) => void warnings.push(text) } as never,
    },
    (...given) => Promise.resolve(ended.push(given) > 0),
    { reasonOf: (id) => knownEnds.get(id) },
  )
const read = async (id: string) => openSession(seal, id, await store.get(recordKey(id)))
const changed = (session: string) => ({ kind: 'session_changed', session })
const put = (session: SessionWithTokens) => store.set(recordKey(session.id), sealSession(seal, session), day)

describe('a sign-in', () => {
  test('begins a session with its limits, in all lists, active from now on', async () => {
    const session = await writing().begin(person('anna'), undefined, origin)
    expect(session).toEqual({
      ...person('anna'),
      id: expect.stringMatching(/^[\w-]{22}$/),
      createdAt: start,
      endsAt: start + 10 * hour,
      idle: hour,
      validatedAt: start,
      revalidateAt: start + 5 * minute,
      generation: 1,
      version: 1,
      device: undefined,
      unconfirmed: undefined,
      ended: undefined,
    })
    expect(await read(session.id)).toMatchObject({ tokens: person('anna').tokens, version: 1 })
    for (const list of [allSessions, subjectIndex('company', 'anna'), providerSessionIndex('company', 'sid-of-anna')]) {
      expect(await store.members(list)).toEqual([session.id])
    }
    expect(openSeen(seal, session.id, await store.get(seenKey(session.id)))).toBe(start)
    expect([ended, announced]).toEqual([[], []])
    // Kept for a day after its end, so that the reason can be told.
    at = start + 10 * hour + day - 1
    expect(await read(session.id)).toBeDefined()
    expect(await store.members(allSessions)).toHaveLength(1)
    at += 1
    expect([await read(session.id), await store.members(allSessions)]).toEqual([undefined, []])
  })

  test('that may last until a given time ends then, if that is earlier', async () => {
    const until = async (time: number) =>
      (await writing().begin(person('anna', { until: time }), undefined, origin)).endsAt
    expect(await until(start + minute)).toBe(start + minute)
    expect(await until(start + 99 * hour)).toBe(start + 10 * hour)
  })

  test('without a session of the provider is in two lists', async () => {
    const lists: string[] = []
    const addMember: Store['addMember'] = (...given) => (lists.push(given[0]), store.addMember(...given))
    await writing({ addMember }).begin(person('anna', { providerSession: undefined }), undefined, origin)
    expect(lists).toEqual([allSessions, subjectIndex('company', 'anna')])
  })

  test('is listed before its record is written', async () => {
    const steps: string[] = []
    await writing({
      addMember: (...given) => (steps.push('list'), store.addMember(...given)),
      add: (...given) => (steps.push('record'), store.add(...given)),
    }).begin(person('anna'), undefined, origin)
    expect(steps).toEqual(['list', 'list', 'list', 'record'])
  })

  test('whose id exists already is refused', async () => {
    const twice = writing({ add: () => Promise.resolve(false) }).begin(person('anna'), undefined, origin)
    await expect(twice).rejects.toMatchObject({
      code: 'session_exists',
      message: 'the id of a new session already exists',
    })
  })

  test('of another user ends the session of this browser, as the system', async () => {
    const { begin } = writing()
    const first = await begin(person('anna'), undefined, origin)
    const second = await begin(person('ben'), first, origin)
    expect(second.id).not.toBe(first.id)
    expect(ended).toEqual([[first.id, 'session_revoked', { kind: 'system' }, origin]])
  })
})

describe('a step-up', () => {
  test('keeps id, age and device, and states everything else anew', async () => {
    const { begin } = writing()
    const first = await begin(person('anna'), undefined, origin)
    await put({ ...(await read(first.id))!, device: 'd1', unconfirmed: { revalidations: 2, lost: true } })
    at += minute
    const stronger = person('anna', {
      authentication: { ...person('anna').authentication, mfa: true },
      tokens: { refresh: 'r2', idToken: 'i2' },
      userAgent: 'Other',
      address: '::1',
    })
    const steppedUp = await begin({ ...stronger, providerSession: 'second' }, first, origin)
    expect(steppedUp).toMatchObject({
      ...stronger,
      id: first.id,
      createdAt: start,
      endsAt: start + minute + 10 * hour,
      validatedAt: start + minute,
      revalidateAt: start + 6 * minute,
      device: 'd1',
      unconfirmed: undefined,
      generation: 2,
      version: 2,
      providerSession: 'second',
    })
    expect(announced).toEqual([changed(first.id)])
    expect(await store.members(providerSessionIndex('company', 'second'))).toEqual([first.id])
    expect(await store.members(providerSessionIndex('company', 'sid-of-anna'))).toEqual([])
    expect(ended).toEqual([])
  })

  test('with the same session of the provider stays in its list; one that cannot be left is no failure', async () => {
    const { begin } = writing()
    const first = await begin(person('anna'), undefined, origin)
    await begin(person('anna'), first, origin)
    expect(await store.members(providerSessionIndex('company', 'sid-of-anna'))).toEqual([first.id])
    const stuck = writing({ removeMember: gone })
    expect(await stuck.begin(person('anna', { providerSession: 'x' }), first, origin)).toMatchObject({ version: 3 })
  })

  test.each([
    ['has ended', async (id: string) => put({ ...(await read(id))!, ended: { at, reason: 'session_idle' } })],
    ['is known to have ended', async (id: string) => void knownEnds.set(id, 'session_revoked')],
    ['is over', async () => void (at = start + 10 * hour)],
    ['is gone', async (id: string) => store.remove(recordKey(id))],
    ['was forged', async (id: string) => store.set(recordKey(id), '{}', hour)],
    ['became that of another', async (id: string) => put({ ...(await read(id))!, subject: person('ben').subject })],
  ])('of a session that %s begins a new one', async (_says, change) => {
    const { begin } = writing()
    const first = await begin(person('anna'), undefined, origin)
    await change(first.id)
    const next = await begin(person('anna'), first, origin)
    expect(next.id).not.toBe(first.id)
    expect(next.generation).toBe(1)
  })

  test('follows a change that comes in between, and gives up after a hundred', async () => {
    const { begin } = writing()
    const first = await begin(person('anna'), undefined, origin)
    let tries = 0
    const busy = (most: number) => ({
      replace: async (...given: Parameters<Store['replace']>) => (tries++ < most ? false : store.replace(...given)),
    })
    expect(await writing(busy(2)).begin(person('anna'), first, origin)).toMatchObject({ version: 2 })
    expect(tries).toBe(3)
    tries = 0
    await expect(writing(busy(Infinity)).begin(person('anna'), first, origin)).rejects.toMatchObject({
      code: 'session_contended',
      message: 'a session changed during every attempt of a step-up',
    })
    expect(tries).toBe(100)
  })
})

describe('an update', () => {
  const begun = async () => (await writing().begin(person('anna'), undefined, origin)) as SessionWithTokens

  test('writes facts, counts the version, and tells all nodes', async () => {
    const session = await begun()
    const facts = { subject: { ...session.subject, groups: ['night'] }, device: 'd1', validatedAt: start + 1 }
    expect(await writing().update(session, facts)).toEqual({ ...session, ...facts, version: 2 })
    expect(await read(session.id)).toMatchObject({ device: 'd1', version: 2, generation: 1 })
    expect(announced).toEqual([changed(session.id)])
  })

  test('cannot change whose session it is', async () => {
    const session = await begun()
    for (const more of [{ sub: 'ben' }, { provider: 'other' }]) {
      await expect(writing().update(session, { subject: { ...session.subject, ...more } })).rejects.toMatchObject({
        code: 'subject_changed',
        message: 'the subject of a session cannot change',
      })
    }
  })

  test.each<[string, (session: SessionWithTokens) => unknown]>([
    ['has another version', (session) => put({ ...session, version: 2 })],
    ['was stepped up', (session) => put({ ...session, generation: 2 })],
    ['has ended', (session) => put({ ...session, ended: { at, reason: 'session_idle' } })],
    ['is known to have ended', (session) => knownEnds.set(session.id, 'session_idle')],
    ['is over', () => (at = start + 10 * hour)],
    ['is gone', (session) => store.remove(recordKey(session.id))],
    ['was forged', (session) => store.set(recordKey(session.id), '{}', hour)],
  ])('of a session that %s is not written', async (_says, change) => {
    const session = await begun()
    await change(session)
    const before = await store.get(recordKey(session.id))
    expect(await writing().update(session, { device: 'd1' })).toBeUndefined()
    expect([await store.get(recordKey(session.id)), announced]).toEqual([before, []])
  })

  test('that a concurrent one overtakes is not written', async () => {
    const session = await begun()
    const overtaken = writing({ replace: () => Promise.resolve(false) })
    expect(await overtaken.update(session, { device: 'd1' })).toBeUndefined()
    expect(announced).toEqual([])
  })

  test('that the store reports as a conflict with its own first write was written', async () => {
    const session = await begun()
    const { update } = writing({ replace: async (...given) => (await store.replace(...given)) && false })
    expect(await update(session, { device: 'd1' })).toMatchObject({ device: 'd1' })
    expect(announced).toEqual([changed(session.id)])
  })

  test('that may have been written makes all nodes read again; another error does not', async () => {
    const session = await begun()
    await expect(writing({ replace: gone }).update(session, { device: 'd1' })).rejects.toBeInstanceOf(StoreUnreachable)
    expect(announced).toEqual([changed(session.id)])
    const mistaken = writing({ replace: () => Promise.reject(new TypeError('a mistake')) })
    await expect(mistaken.update(session, { device: 'd1' })).rejects.toThrow('a mistake')
    expect(announced).toHaveLength(1)
  })

  test('counts although it cannot be announced now', async () => {
    const session = await begun()
    announce = () => Promise.reject(new Error('no log'))
    expect(await writing().update(session, { device: 'd1' })).toMatchObject({ device: 'd1' })
    expect(warnings).toEqual(['a change of a session will be announced when the store is reachable'])
  })
})
