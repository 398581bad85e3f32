// The end of a session: recorded and announced once, completed after a failure of the store, repeated after its rollback.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AuditEvent } from '../../../src/audit/event.ts'
import { createSessionEnding } from '../../../src/identity/session/end.ts'
import { createEndedSessions, type EndedSessions } from '../../../src/identity/session/ended-sessions.ts'
import {
  allSessions,
  openSession,
  providerSessionIndex,
  recordKey,
  sealSession,
  subjectIndex,
} from '../../../src/identity/session/record.ts'
import type { SessionWithTokens } from '../../../src/identity/session/session.ts'
import type { Change } from '../../../src/store/change.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'
import { StoreUnreachable, type Store } from '../../../src/store/store.ts'
import { hour, origin, person } from '../../contracts/session-node.ts'

const start = 1_800_000_000_000
const day = 24 * hour
const seal = createSeal([Buffer.alloc(32, 4)])
const admin = { kind: 'administrator', name: 'root' } as const
const system = { kind: 'system' } as const
const gone = () => Promise.reject(new StoreUnreachable(new Error('unplugged')))

const session = (id: string, more: Partial<SessionWithTokens> = {}): SessionWithTokens => ({
  id,
  createdAt: start,
  endsAt: start + 10 * hour,
  idle: hour,
  validatedAt: start,
  revalidateAt: start + hour,
  generation: 1,
  version: 3,
  device: undefined,
  ended: undefined,
  unconfirmed: undefined,
  ...person('anna'),
  ...more,
})

let at: number
let store: Store
let events: AuditEvent[]
let announced: Change[]
let warnings: [object, string][]
let announce: (change: Change) => Promise<void>
let ends: EndedSessions

beforeEach(() => {
  at = start
  store = createMemoryStore({ now: () => at })
  events = []
  announced = []
  warnings = []
  announce = (change) => Promise.resolve(void announced.push(change))
  ends = createEndedSessions(() => 10 * hour)
})
afterEach(() => store.close())

const ending = (more: Partial<Store> = {}) =>
  createSessionEnding(
    {
      store: { ...store, ...more },
      changes: { announce: (change: Change) => announce(change) } as never,
      seal,
      record: (event) => void events.push(event),
      now: () => at,
      settings: () => expect.fail('not needed to end a session'),
      log: { warn: (fields: object, text: string) => void warnings.push([fields, text]) } as never,
    },
    ends,
  )

async function stored(id: string, more: Partial<SessionWithTokens> = {}): Promise<SessionWithTokens> {
  const made = session(id, more)
  await store.set(recordKey(id), sealSession(seal, made), day)
  const lists = [allSessions, subjectIndex('company', 'anna'), providerSessionIndex('company', 'sid-of-anna')]
  for (const list of lists) await store.addMember(list, id, day)
  return made
}
const read = async (id: string) => openSession(seal, id, await store.get(recordKey(id)))
const inLists = async () =>
  (
    await Promise.all(
      [allSessions, subjectIndex('company', 'anna'), providerSessionIndex('company', 'sid-of-anna')].map((list) =>
        store.members(list),
      ),
    )
  ).map((ids) => ids.length)

describe('ending a session', () => {
  test('leaves a tombstone without tokens, one event, one announcement, and nothing in the lists', async () => {
    const made = await stored('s1', { authentication: { ...person('anna').authentication, mfa: true } })
    at += 1000
    expect(await ending().end('s1', 'session_revoked', admin, origin)).toBe(true)
    expect(await read('s1')).toEqual({
      ...JSON.parse(JSON.stringify(made)),
      tokens: {},
      version: 4,
      ended: { at, reason: 'session_revoked' },
    })
    expect(events).toEqual([
      {
        kind: 'authentication',
        at,
        origin,
        actor: admin,
        activity: 'session_ended',
        outcome: 'success',
        reason: 'session_revoked',
        detail: 'company|anna',
        provider: 'company',
        session: 's1',
        mfa: true,
      },
    ])
    expect(announced).toEqual([{ kind: 'session_ended', session: 's1', reason: 'session_revoked' }])
    expect(await inLists()).toEqual([0, 0, 0])
    expect(warnings).toEqual([])
  })

  test('by a person is a sign-out; without an origin, that of the session is recorded', async () => {
    await stored('s1')
    await stored('s2', { address: undefined })
    const anna = { kind: 'person', provider: 'company', sub: 'anna' } as const
    await ending().end('s1', 'session_revoked', anna)
    await ending().end('s2', 'session_idle', system)
    expect(events).toMatchObject([
      { activity: 'sign_out', actor: anna, origin: { requestId: 's1', address: '192.0.2.7' } },
      { activity: 'session_ended', reason: 'session_idle', origin: { requestId: 's2', address: '' } },
    ])
  })

  test('without a session of the provider leaves the lists of others alone', async () => {
    await stored('s1', { providerSession: undefined })
    await ending().end('s1', 'session_revoked', admin)
    expect(await inLists()).toEqual([0, 0, 1])
  })

  test('is kept for a day, so that the reason can be told', async () => {
    await stored('s1')
    await ending().end('s1', 'session_revoked', admin)
    at += day - 1
    expect(await read('s1')).toBeDefined()
    at += 1
    expect(await read('s1')).toBeUndefined()
  })

  test.each([
    ['that does not exist', async () => {}],
    ['that has ended', async () => void (await stored('s1', { ended: { at: start, reason: 'session_idle' } }))],
    ['that was copied from another', async () => store.set(recordKey('s1'), sealSession(seal, session('s2')), day)],
  ])('%s does nothing', async (_says, prepare) => {
    await prepare()
    expect(await ending().end('s1', 'session_revoked', admin)).toBe(false)
    expect([events, announced]).toEqual([[], []])
  })

  test('counts although the announcement or the lists fail', async () => {
    await stored('s1')
    const error = new Error('no log')
    announce = () => Promise.reject(error)
    expect(await ending({ removeMember: gone }).end('s1', 'session_revoked', admin)).toBe(true)
    expect(events).toHaveLength(1)
    expect(warnings).toEqual([[{ err: error }, 'the end of a session will be announced when the store is reachable']])
  })

  test('follows a change that comes in between', async () => {
    const made = await stored('s1')
    let changes = 2
    const replace: Store['replace'] = async (...given) => {
      if (changes-- > 0) await stored('s1', { version: made.version + 1 })
      return store.replace(...given)
    }
    expect(await ending({ replace }).end('s1', 'session_revoked', admin)).toBe(true)
    expect(await read('s1')).toMatchObject({ version: 5, ended: { reason: 'session_revoked' } })
    expect(events).toHaveLength(1)
  })

  test('that the store reports as a conflict with its own first write is one end', async () => {
    await stored('s1')
    const replace: Store['replace'] = async (...given) => void (await store.replace(...given)) as never
    expect(await ending({ replace }).end('s1', 'session_revoked', admin)).toBe(true)
    expect([events.length, announced.length]).toEqual([1, 1])
  })

  test('that never succeeds is given up after a hundred attempts', async () => {
    await stored('s1')
    let tries = 0
    const replace = () => Promise.resolve(tries++ < 0)
    await expect(ending({ replace }).end('s1', 'session_revoked', admin)).rejects.toMatchObject({
      code: 'session_contended',
      message: 'a session changed during every attempt to end it',
    })
    expect([tries, events]).toEqual([100, []])
  })
})

describe('an end that the store did not confirm', () => {
  const lost: Store['replace'] = async (...given) => {
    await store.replace(...given)
    return gone()
  }

  test('makes all nodes read the session again, and is recorded once it is found', async () => {
    await stored('s1')
    const { end, completePendingEnds } = ending({ replace: lost })
    await expect(end('s1', 'session_revoked', admin, origin)).rejects.toBeInstanceOf(StoreUnreachable)
    expect([events, announced]).toEqual([[], [{ kind: 'session_changed', session: 's1' }]])
    await completePendingEnds()
    await completePendingEnds()
    expect(events).toMatchObject([{ session: 's1', actor: admin, origin, reason: 'session_revoked' }])
    expect(announced.at(-1)).toEqual({ kind: 'session_ended', session: 's1', reason: 'session_revoked' })
    expect(announced).toHaveLength(2)
  })

  test('and did not happen is not recorded', async () => {
    await stored('s1')
    const { end, completePendingEnds } = ending({ replace: gone })
    await expect(end('s1', 'session_revoked', admin)).rejects.toBeInstanceOf(StoreUnreachable)
    await completePendingEnds()
    expect([events, announced]).toEqual([[], [{ kind: 'session_changed', session: 's1' }]])
    expect((await read('s1'))?.ended).toBeUndefined()
  })

  test('waits while the store stays away', async () => {
    await stored('s1')
    let down = false
    const { end, completePendingEnds } = ending({ replace: lost, get: (key) => (down ? gone() : store.get(key)) })
    await expect(end('s1', 'session_revoked', admin)).rejects.toBeInstanceOf(StoreUnreachable)
    down = true
    await completePendingEnds()
    expect(events).toEqual([])
    down = false
    await completePendingEnds()
    expect(events).toHaveLength(1)
  })

  test('before anything was written is simply an error', async () => {
    await stored('s1')
    const { end, completePendingEnds } = ending({ get: gone })
    await expect(end('s1', 'session_revoked', admin)).rejects.toBeInstanceOf(StoreUnreachable)
    await completePendingEnds()
    expect([events, announced]).toEqual([[], []])
  })

  test('because of another error is not kept', async () => {
    await stored('s1')
    const { end, completePendingEnds } = ending({
      replace: async (...given) => {
        await store.replace(...given)
        throw new TypeError('a mistake')
      },
    })
    await expect(end('s1', 'session_revoked', admin)).rejects.toThrow('a mistake')
    await completePendingEnds()
    expect([events, announced]).toEqual([[], []])
  })
})

describe('a store that lost the end of a session', () => {
  const known = (...ids: readonly string[]) =>
    ids.forEach((id) => ends.add({ kind: 'session_ended', session: id, reason: 'session_idle' }))

  test('gets it again after a gap, with its reason, announced and not recorded a second time', async () => {
    for (const id of ['s1', 's2', 's3']) await stored(id)
    known('s1', 's2')
    ends.add('everything')
    at += 1000
    await ending().completePendingEnds()
    expect(await read('s1')).toMatchObject({ version: 4, ended: { at, reason: 'session_idle' }, tokens: {} })
    expect((await read('s3'))?.ended).toBeUndefined()
    expect(announced).toHaveLength(2)
    for (const id of ['s1', 's2']) {
      expect(announced).toContainEqual({ kind: 'session_ended', session: id, reason: 'session_idle' })
      const about = { session: id, reason: 'session_idle' }
      expect(warnings).toContainEqual([about, 'the store had lost the end of a session: ended again'])
    }
    expect([events, await inLists()]).toEqual([[], [1, 1, 1]])
  })

  test('is asked after a gap only, once', async () => {
    await stored('s1')
    known('s1')
    let reads = 0
    const { completePendingEnds } = ending({ getMany: (keys) => (reads++, store.getMany(keys)) })
    await completePendingEnds()
    expect(reads).toBe(0)
    ends.add('everything')
    await completePendingEnds()
    await completePendingEnds()
    expect(reads).toBe(1)
  })

  test('is asked again if it could not be read', async () => {
    await stored('s1')
    known('s1')
    ends.add('everything')
    let down = true
    const { completePendingEnds } = ending({ getMany: (keys) => (down ? gone() : store.getMany(keys)) })
    await completePendingEnds()
    expect(announced).toEqual([])
    down = false
    await completePendingEnds()
    expect(announced).toHaveLength(1)
  })

  test('is asked for all of many ends', async () => {
    for (let count = 0; count < 1_001; count++) known(`s${count}`)
    await stored('s0')
    await stored('s500')
    await stored('s1000')
    ends.add('everything')
    await ending().completePendingEnds()
    expect(announced.map((change) => 'session' in change && change.session).toSorted()).toEqual(['s0', 's1000', 's500'])
  })

  test.each([
    ['does not exist', async () => {}],
    ['has ended', async () => void (await stored('s1', { ended: { at: start, reason: 'session_idle' } }))],
  ])('a session that %s is not ended again', async (_says, prepare) => {
    await prepare()
    await ending().endAgain('s1', 'session_idle')
    expect([announced, warnings]).toEqual([[], []])
  })

  test('a change that comes in between does not prevent it', async () => {
    await stored('s1')
    let conflicts = 2
    const replace: Store['replace'] = (...given) => (conflicts-- > 0 ? Promise.resolve(false) : store.replace(...given))
    await ending({ replace }).endAgain('s1', 'session_idle')
    expect(await read('s1')).toMatchObject({ ended: { reason: 'session_idle' } })
    expect(announced).toHaveLength(1)
  })
})

describe('ends that a node remembers', () => {
  const change = (id: string): Change => ({ kind: 'session_ended', session: id, reason: 'session_revoked' })

  test('have their reason; other changes are no end', () => {
    ends.add(change('s1'))
    ends.add({ kind: 'session_changed', session: 's2' })
    expect([ends.reasonOf('s1'), ends.reasonOf('s2')]).toEqual(['session_revoked', undefined])
  })

  test('are in doubt after a gap, until they were looked at', () => {
    ends.add(change('s1'))
    expect(ends.markUncertain()).toEqual([])
    ends.add('everything')
    expect(ends.markUncertain()).toEqual([['s1', 'session_revoked']])
    expect(ends.markUncertain()).toEqual([])
    ends.uncertain()
    expect(ends.markUncertain()).toEqual([['s1', 'session_revoked']])
  })

  test('are none before any end: a gap then leaves nothing in doubt', () => {
    ends.add('everything')
    ends.add(change('s1'))
    expect(ends.markUncertain()).toEqual([])
  })
})
