// Contract tests of sessions over every store, with two nodes: run by test/identity/session/sessions*.test.ts.

import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allSessions, cookieKey, digestOf, recordKey } from '../../src/identity/session/record.ts'
import { createSeal } from '../../src/store/seal.ts'
import type { Store } from '../../src/store/store.ts'
import { createClock, host, hour, minute, origin, person, startNode, stateOf } from './session-node.ts'
import type { Clock, Node } from './session-node.ts'

const system = { kind: 'system' } as const
const admin = { kind: 'administrator', name: 'root' } as const

/** `open`: two stores over the same data (or the same store twice, where one process owns the data). */
export function sessionsContract(name: string, open: (clock: Clock) => Promise<readonly [Store, Store]>): void {
  describe(`sessions over ${name}`, () => {
    const clock = createClock()
    const seal = createSeal([randomBytes(32)])
    let stores: readonly [Store, Store]
    let here: Node
    let there: Node
    let count = 0
    const uniqueSub = () => `${name}-${(count += 1)}`

    beforeAll(async () => {
      stores = await open(clock)
      here = await startNode(stores[0], seal, clock)
      there = await startNode(stores[1], seal, clock)
    })
    afterAll(async () => {
      await here?.stop()
      await there?.stop()
      for (const store of new Set(stores)) await store.close()
    })

    async function signIn(sub = uniqueSub()) {
      const session = await here.sessions.begin(person(sub), undefined, origin)
      return { sub, session, cookie: await here.sessions.issueCookie(session, host) }
    }

    test('a cookie opens its session on its own host, on every node, and nowhere else', async () => {
      const { sub, session, cookie } = await signIn()
      expect(cookie).toMatch(/^[A-Za-z0-9_-]{43}$/)
      for (const node of [here, there]) {
        expect(await node.sessions.find(cookie, host)).toMatchObject({ state: 'live', session: { id: session.id } })
        expect(await stateOf(node.sessions.find(cookie, 'erp.example.com'))).toBe('no_session')
        expect(await stateOf(node.sessions.find('A'.repeat(43), host))).toBe('no_session')
        expect(await stateOf(node.sessions.find('', host))).toBe('no_session')
      }
      expect(await here.sessions.withTokens(session.id)).toMatchObject({
        state: 'live',
        session: { tokens: person(sub).tokens },
      })
      const kept = await here.sessions.read(session.id)
      expect(kept).toMatchObject({ state: 'live' })
      expect(JSON.stringify(kept)).not.toContain('-token-of-')
    })

    test('the second lookup is synchronous, without the store', async () => {
      const { cookie } = await signIn()
      await here.sessions.find(cookie, host)
      const again = here.sessions.find(cookie, host)
      expect(again).not.toBeInstanceOf(Promise)
      expect(again).toMatchObject({ state: 'live' })
      expect(here.sessions.find(cookie, host)).toBe(again)
    })

    test('a session ended on one node is ended on the other within a sweep, with its reason, and recorded once', async () => {
      const { session, cookie } = await signIn()
      await there.sessions.find(cookie, host)
      expect(await here.sessions.end(session.id, 'session_revoked', admin)).toBe(true)
      expect(await stateOf(here.sessions.find(cookie, host))).toBe('session_revoked')
      await expect.poll(() => stateOf(there.sessions.find(cookie, host)), { timeout: 2000 }).toBe('session_revoked')
      expect(await there.sessions.end(session.id, 'session_revoked', admin)).toBe(false)
      const events = [...here.events, ...there.events].filter(
        (each) => 'session' in each && each.session === session.id,
      )
      expect(events).toMatchObject([
        {
          kind: 'authentication',
          activity: 'session_ended',
          outcome: 'success',
          reason: 'session_revoked',
          actor: admin,
        },
      ])
    })

    test('of two nodes that end it at the same time one succeeds, with one audit record', async () => {
      const { session } = await signIn()
      const answers = await Promise.all(
        [here, there, here, there].map((node) => node.sessions.end(session.id, 'session_revoked', admin)),
      )
      expect(answers.filter(Boolean)).toHaveLength(1)
      const events = [...here.events, ...there.events].filter(
        (each) => 'session' in each && each.session === session.id,
      )
      expect(events).toHaveLength(1)
    })

    test('a session ended by its user is recorded as a sign-out', async () => {
      const { session, sub } = await signIn()
      await here.sessions.end(session.id, 'session_revoked', { kind: 'person', provider: 'company', sub }, origin)
      expect(here.events.at(-1)).toMatchObject({ activity: 'sign_out', origin, session: session.id })
    })

    test('an ended session is never revived by a late update, in any interleaving', async () => {
      for (let round = 0; round < 10; round += 1) {
        const { session } = await signIn()
        await Promise.all([
          here.sessions.update(session, { validatedAt: clock.now() }),
          there.sessions.end(session.id, 'session_revoked', admin),
          here.sessions.update(session, { device: 'laptop' }),
        ])
        expect(await here.sessions.update(session, { validatedAt: clock.now() })).toBeUndefined()
        expect(await here.sessions.update({ ...session, version: 2 }, { validatedAt: 1 })).toBeUndefined()
        await expect.poll(() => stateOf(here.sessions.read(session.id)), { timeout: 2000 }).toBe('session_revoked')
      }
    })

    test('the tombstone of an ended session contains no tokens', async () => {
      const { session } = await signIn()
      await here.sessions.end(session.id, 'session_revoked', admin)
      const key = recordKey(session.id)
      const text = seal.open('session', key, (await stores[0].get(key)) ?? '')
      expect(text).toContain('"ended"')
      expect(text).not.toContain('token-of')
    })

    test('of two updates of the same state one is written, and the other node reads it', async () => {
      const { session } = await signIn()
      await there.sessions.read(session.id)
      const groups = (name_: string) => ({ subject: { ...session.subject, groups: [name_] } })
      const answers = await Promise.all([
        here.sessions.update(session, groups('a')),
        there.sessions.update(session, groups('b')),
      ])
      const written = answers.filter((each) => each !== undefined)
      expect(written).toHaveLength(1)
      expect(written[0]?.version).toBe(session.version + 1)
      await expect
        .poll(async () => there.sessions.read(session.id), { timeout: 2000 })
        .toMatchObject({ session: { subject: { groups: written[0]?.subject.groups } } })
    })

    test('an update never changes the subject of a session', async () => {
      const { session } = await signIn()
      await expect(
        here.sessions.update(session, { subject: { ...session.subject, sub: 'other' } }),
      ).rejects.toMatchObject({ code: 'subject_changed' })
    })

    test('newer tokens are taken over by a live session of their subject alone, which is otherwise unchanged', async () => {
      const { sub, session, cookie } = await signIn()
      const newer = person(sub, { tokens: { refresh: `second-${sub}`, idToken: undefined }, providerSession: 'second' })
      expect(await here.sessions.takeOverTokens(session.id, person('other'))).toBe(false)
      expect(await there.sessions.withTokens(session.id)).toMatchObject({
        session: { tokens: { refresh: `refresh-token-of-${sub}` } },
      })
      expect(await here.sessions.takeOverTokens(session.id, newer)).toBe(true)
      expect(await there.sessions.withTokens(session.id)).toMatchObject({
        session: {
          generation: 1,
          endsAt: session.endsAt,
          tokens: { refresh: `second-${sub}` },
          providerSession: 'second',
        },
      })
      expect(await stateOf(here.sessions.find(cookie, host))).toBe('live')
      await there.sessions.end(session.id, 'session_revoked', { kind: 'system' })
      expect(await here.sessions.takeOverTokens(session.id, newer)).toBe(false)
    })

    test('a step-up keeps the session: cookies from before it open what they opened, and gain neither strength nor time', async () => {
      const { sub, session, cookie } = await signIn()
      const own = await here.sessions.issueCookie(session, 'access.example.com', 'replaceable')
      await there.sessions.find(cookie, host)
      clock.advance(minute)
      const stronger = person(sub, {
        authentication: { acr: 'mfa', amr: ['pwd', 'otp'], authTime: clock.now(), mfa: true, phishingResistant: false },
        providerSession: `second-${sub}`,
      })
      const steppedUp = await here.sessions.begin(stronger, session, origin)
      expect(steppedUp).toMatchObject({ id: session.id, generation: 2, createdAt: session.createdAt })
      expect(steppedUp.endsAt).toBeGreaterThan(session.endsAt)
      const fresh = await here.sessions.issueCookie(steppedUp, host)
      // The other node has the old state cached and may have missed the change: the newer cookie makes it reread.
      expect(await there.sessions.find(fresh, host)).toMatchObject({ state: 'live', session: { generation: 2 } })
      for (const node of [here, there]) {
        const before = await node.sessions.find(cookie, host)
        expect(before).toMatchObject({
          state: 'live',
          session: { id: session.id, generation: 1, authentication: { mfa: false }, endsAt: session.endsAt },
        })
        // What is cached by the session object stays valid.
        expect(await node.sessions.find(cookie, host)).toHaveProperty(
          'session',
          (before as { session: object }).session,
        )
        // On the gateway's host, which hands sessions on, the cookie is replaced: it names its session, and opens nothing.
        expect(await stateOf(node.sessions.find(own, 'access.example.com'))).toBe('no_session')
        expect(await node.sessions.owned(own, 'access.example.com')).toMatchObject({ id: session.id, generation: 2 })
        expect(await node.sessions.owned(own, host)).toBeUndefined()
      }
      const handedOn = await here.sessions.find(cookie, host)
      const copied = await here.sessions.issueCookie(
        (handedOn as { session: typeof session }).session,
        'erp.example.com',
      )
      expect(await there.sessions.find(copied, 'erp.example.com')).toMatchObject({
        session: { authentication: { mfa: false } },
      })
      expect(await here.sessions.ofProviderSession('company', `second-${sub}`)).toHaveLength(1)
      expect(await here.sessions.ofProviderSession('company', `sid-of-${sub}`)).toHaveLength(0)
    })

    test('a cookie from before a step-up ends when it would have ended without, the session goes on', async () => {
      const { sub, session, cookie } = await signIn()
      clock.advance(minute)
      const authentication = { ...session.authentication, mfa: true, authTime: clock.now() }
      const steppedUp = await here.sessions.begin(person(sub, { authentication }), session, origin)
      const fresh = await here.sessions.issueCookie(steppedUp, host)
      while (clock.now() < session.endsAt) {
        clock.advance(Math.min(20 * minute, session.endsAt - clock.now()))
        here.sessions.touch(steppedUp)
      }
      expect(await stateOf(here.sessions.find(cookie, host))).toBe('session_expired')
      expect(await stateOf(here.sessions.find(fresh, host))).toBe('live')
    })

    test('a sign-in that proves less takes strength from earlier cookies as well', async () => {
      const { sub, session } = await signIn()
      const strong = { ...session.authentication, mfa: true, phishingResistant: true, authTime: clock.now() }
      const first = await here.sessions.begin(person(sub, { authentication: strong }), session, origin)
      const cookie = await here.sessions.issueCookie(first, host)
      const weak = { ...strong, acr: 'pwd', mfa: false, phishingResistant: false, authTime: undefined }
      const second = await here.sessions.begin(person(sub, { authentication: weak }), first, origin)
      expect(await here.sessions.find(cookie, host)).toMatchObject({ session: { authentication: weak } })
      const third = { ...strong, authTime: clock.now() + 1 }
      await here.sessions.begin(person(sub, { authentication: third }), second, origin)
      expect(await here.sessions.find(cookie, host)).toMatchObject({
        session: { authentication: { mfa: true, authTime: strong.authTime } },
      })
    })

    test('sign-ins side by side that prove the same leave each other their cookies, and extend nothing', async () => {
      const { sub, session, cookie } = await signIn()
      const own = await here.sessions.issueCookie(session, 'access.example.com', 'replaceable')
      clock.advance(minute)
      const again = await there.sessions.begin(person(sub, { authentication: session.authentication }), session, origin)
      expect(again).toMatchObject({ id: session.id, generation: 1, version: 2, endsAt: session.endsAt })
      expect(await stateOf(here.sessions.find(cookie, host))).toBe('live')
      expect(await stateOf(here.sessions.find(own, 'access.example.com'))).toBe('live')
    })

    test('of many step-ups the oldest are forgotten: their cookies open nothing', async () => {
      const { sub, session, cookie } = await signIn()
      let current = session
      for (let times = 0; times <= 20; times += 1) {
        expect(await stateOf(here.sessions.find(cookie, host))).toBe('live')
        const authentication = { ...session.authentication, authTime: clock.now() + times + 1 }
        current = await here.sessions.begin(person(sub, { authentication }), current, origin)
      }
      expect(current).toMatchObject({ generation: 22 })
      expect(await stateOf(here.sessions.find(cookie, host))).toBe('no_session')
    })

    test('two step-ups at once both succeed, one after the other', async () => {
      const { sub, session } = await signIn()
      const steppedUp = await Promise.all(
        [here, there].map((node, index) => {
          const authentication = { ...session.authentication, authTime: clock.now() + index }
          return node.sessions.begin(person(sub, { authentication }), session, origin)
        }),
      )
      expect(steppedUp.map((each) => each.id)).toEqual([session.id, session.id])
      expect(steppedUp.map((each) => each.generation).toSorted()).toEqual([2, 3])
    })

    test('an ended session is not stepped up: a new one begins', async () => {
      const { sub, session } = await signIn()
      await here.sessions.end(session.id, 'session_revoked', admin)
      const next = await there.sessions.begin(person(sub), session, origin)
      expect(next.id).not.toBe(session.id)
      expect(await stateOf(there.sessions.read(session.id))).toBe('session_revoked')
    })

    test('a sign-in of another user in the same browser ends the previous session', async () => {
      const { session, cookie } = await signIn()
      const next = await here.sessions.begin(person(uniqueSub()), session, origin)
      expect(next.id).not.toBe(session.id)
      expect(await stateOf(here.sessions.find(cookie, host))).toBe('session_revoked')
    })

    test('all live sessions of a subject and of a provider session are found, and no others', async () => {
      const { sub, session } = await signIn()
      const second = await there.sessions.begin(person(sub, { providerSession: 'other-sid' }), undefined, origin)
      const ended = await there.sessions.begin(person(sub), undefined, origin)
      await here.sessions.end(ended.id, 'session_revoked', system)
      const ids = async (list: Promise<readonly { readonly id: string }[]>) =>
        (await list).map((each) => each.id).toSorted()
      expect(await ids(there.sessions.ofSubject('company', sub))).toEqual([session.id, second.id].toSorted())
      expect(await ids(here.sessions.ofProviderSession('company', 'other-sid'))).toEqual([second.id])
      expect(await ids(here.sessions.ofSubject('elsewhere', sub))).toEqual([])
      expect(await ids(here.sessions.all())).toEqual(expect.arrayContaining([session.id, second.id]))
      expect(await ids(here.sessions.all())).not.toContain(ended.id)
    })

    test('inactivity makes a session idle; activity on any node prevents it', async () => {
      const { session, cookie } = await signIn()
      await here.sessions.find(cookie, host)
      for (let step = 0; step < 3; step += 1) {
        clock.advance(50 * minute)
        const found = await there.sessions.find(cookie, host)
        expect(found.state).toBe('live')
        there.sessions.touch(session)
        await expect.poll(async () => (await stores[0].get(`seen:${session.id}`)) !== undefined).toBe(true)
        // Written in the background, within a second.
        const seen = async () =>
          Number(seal.open('seen', `seen:${session.id}`, (await stores[0].get(`seen:${session.id}`)) ?? ''))
        await expect.poll(seen, { timeout: 3000 }).toBeGreaterThan(clock.now() - 10_000)
      }
      expect(await stateOf(here.sessions.find(cookie, host))).toBe('live')
      clock.advance(hour + minute)
      expect(await stateOf(here.sessions.find(cookie, host))).toBe('session_idle')
      await expect
        .poll(() => here.events.filter((each) => 'session' in each && each.session === session.id))
        .toMatchObject([{ activity: 'session_ended', reason: 'session_idle' }])
      here.sessions.touch(session)
      expect(await stateOf(there.sessions.find(cookie, host))).toBe('session_idle')
    })

    test('a session ends after its lifetime, regardless of activity', async () => {
      const { session, cookie } = await signIn()
      for (let step = 0; step < 10; step += 1) {
        expect(await stateOf(here.sessions.find(cookie, host))).toBe('live')
        here.sessions.touch(session)
        clock.advance(59 * minute)
      }
      here.sessions.touch(session)
      expect(await stateOf(here.sessions.find(cookie, host))).toBe('live')
      clock.advance(11 * minute)
      expect(await stateOf(here.sessions.find(cookie, host))).toBe('session_expired')
      expect(await here.sessions.update(session, { validatedAt: clock.now() })).toBeUndefined()
      await expect.poll(() => stateOf(there.sessions.read(session.id))).toBe('session_expired')
    })

    test('a record that was forged, or copied from another session, is rejected', async () => {
      const { session, cookie } = await signIn()
      const other = await signIn()
      const theirs = (await stores[0].get(recordKey(other.session.id)))!
      const foreign = createSeal([randomBytes(32)])
      const forged = foreign.seal(
        'session',
        recordKey(session.id),
        JSON.stringify({ ...session, subject: other.session.subject }),
      )
      for (const planted of [theirs, forged, JSON.stringify(session), '', '1..', theirs.slice(0, -2)]) {
        await stores[0].set(recordKey(session.id), planted, hour)
        await here.changes.announce({ kind: 'session_changed', session: session.id })
        expect(await stateOf(here.sessions.find(cookie, host))).toBe('no_session')
        expect(await here.sessions.end(session.id, 'session_revoked', admin)).toBe(false)
      }
      const value = randomBytes(32).toString('base64url')
      const binding = (await stores[0].get(cookieKey(digestOf(other.cookie))))!
      await stores[0].set(cookieKey(digestOf(value)), binding, hour)
      expect(await stateOf(here.sessions.find(value, host))).toBe('no_session')
      await stores[0].addMember(allSessions, 'planted', hour)
      expect((await here.sessions.all()).map((each) => each.id)).not.toContain('planted')
    })

    test('after a key rotation records of the old key still open; without the old key they do not', async () => {
      const [old, next] = [randomBytes(32), randomBytes(32)]
      const before = await startNode(stores[0], createSeal([old]), clock)
      const rotated = await startNode(stores[0], createSeal([next, old]), clock)
      const without = await startNode(stores[0], createSeal([next]), clock)
      try {
        const session = await before.sessions.begin(person(uniqueSub()), undefined, origin)
        const cookie = await before.sessions.issueCookie(session, host)
        expect(await stateOf(rotated.sessions.find(cookie, host))).toBe('live')
        expect(await stateOf(without.sessions.find(cookie, host))).toBe('no_session')
        const renewed = await rotated.sessions.update(session, { validatedAt: clock.now() })
        expect(renewed?.version).toBe(2)
        expect(await stateOf(without.sessions.read(session.id))).toBe('live')
      } finally {
        for (const node of [before, rotated, without]) await node.stop()
      }
    })
  })
}
