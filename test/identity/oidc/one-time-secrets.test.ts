// One-time secrets of a sign-in: used once, bound to host, browser and session, for thirty seconds.

import { beforeEach, describe, expect, test } from 'vitest'
import { createHandoffTickets } from '../../../src/identity/oidc/handoff-ticket.ts'
import { createOneTimeRecords } from '../../../src/identity/oidc/one-time-records.ts'
import { createReturnContexts } from '../../../src/identity/oidc/return-contexts.ts'
import { hashToken, isToken, matchesHash, newToken } from '../../../src/identity/session/opaque-token.ts'
import type { Session } from '../../../src/identity/session/session.ts'
import { createMemoryStore } from '../../../src/store/memory.ts'
import { createSeal } from '../../../src/store/seal.ts'

let now = 0
const seal = createSeal([Buffer.alloc(32, 5)])
const clockedStore = () => createMemoryStore({ now: () => now })
beforeEach(() => void (now = 1_000_000))

describe('an opaque token', () => {
  test.each([
    undefined,
    '',
    'x'.repeat(42),
    'x'.repeat(44),
    `${'x'.repeat(42)}=`,
    `${'x'.repeat(42)}\n`,
    `:${'x'.repeat(43)}`,
  ])('is not %j', (value) => {
    expect(isToken(value)).toBe(false)
    expect(matchesHash(value, hashToken(value ?? ''))).toBe(false)
  })

  test('matches its own hash only', () => {
    const token = newToken()
    expect([isToken(token), matchesHash(token, hashToken(token))]).toEqual([true, true])
    expect([matchesHash(newToken(), hashToken(token)), matchesHash(token, '')]).toEqual([false, false])
  })
})

describe('a one-time record', () => {
  test('is read any number of times, and taken once', async () => {
    const records = createOneTimeRecords<number>({ store: clockedStore(), seal, purpose: 'test', ttl: 1000 })
    const secret = newToken()
    await records.put(secret, 7)
    expect([await records.get(secret), await records.get(secret)]).toEqual([7, 7])
    const taken = await Promise.all([records.take(secret), records.take(secret)])
    expect(taken.filter((one) => one !== undefined)).toEqual([7])
    expect(await records.get(secret)).toBeUndefined()
  })

  test('ends with its time', async () => {
    const records = createOneTimeRecords<number>({ store: clockedStore(), seal, purpose: 'test', ttl: 1000 })
    const secret = newToken()
    await records.put(secret, 7)
    now += 999
    expect(await records.get(secret)).toBe(7)
    now += 1
    expect(await records.get(secret)).toBeUndefined()
  })

  test('of another purpose is not found, and neither is one that was not sealed by the gateway', async () => {
    const store = clockedStore()
    const secret = newToken()
    await createOneTimeRecords<number>({ store, seal, purpose: 'one', ttl: 1000 }).put(secret, 7)
    expect(await createOneTimeRecords({ store, seal, purpose: 'two', ttl: 1000 }).get(secret)).toBeUndefined()
    const foreign = createSeal([Buffer.alloc(32, 6)])
    expect(await createOneTimeRecords({ store, seal: foreign, purpose: 'one', ttl: 1000 }).get(secret)).toBeUndefined()
  })

  test('is not looked for with a malformed secret', async () => {
    const asked: string[] = []
    const store = clockedStore()
    const get = (key: string) => (asked.push(key), store.get(key))
    const take = (key: string) => (asked.push(key), store.take(key))
    const records = createOneTimeRecords({ store: { ...store, get, take }, seal, purpose: 'test', ttl: 1000 })
    expect([await records.get('x'), await records.take('x:y')]).toEqual([undefined, undefined])
    expect(asked).toEqual([])
  })
})

describe('a ticket', () => {
  const session = { id: 's1', generation: 2 } as Session
  const returnContexts = createReturnContexts({ seal, gatewayHost: () => 'access.example.com', now: () => now })

  /** A sign-in that began at this page, with the Cookie field of its browser. */
  const begun = (target = '/page?x=1', origin = 'https://wiki.example.com') => {
    const destination = {
      origin,
      host: new URL(origin).host,
      target,
      app: 'wiki',
      stepUp: undefined,
      provider: undefined,
    }
    const { journey, cookies } = returnContexts.create(destination, undefined)
    return { context: returnContexts.open(journey)!, cookies: cookies.map((one) => one.split(';')[0]).join('; ') }
  }

  const ticketsFor = (found: Session | undefined) =>
    createHandoffTickets({
      store: clockedStore(),
      seal,
      returnContexts,
      // The state of the session is an input of these tests.
      sessions: {
        read: async () =>
          found === undefined ? { state: 'none', reason: 'session_revoked' } : { state: 'live', session: found },
        issueCookie: async ({ id }, host) => `${id} at ${host}`,
      },
    })
  const secretOf = (url: string) => new URL(url).searchParams.get('ticket')!
  const arrival = (url: string, cookies: string) => ({ ticket: secretOf(url), host: 'wiki.example.com', cookies })

  test('leads to the app host, and opens the session there once', async () => {
    const tickets = ticketsFor(session)
    const { context, cookies } = begun()
    const url = await tickets.issue(session, context)
    expect(url).toMatch(/^https:\/\/wiki\.example\.com\/\.einlass\/arrive\?ticket=[\w-]{43}&page=[\w-]{16}$/)
    expect(await tickets.redeem(arrival(url, cookies))).toEqual({
      state: 'arrived',
      cookie: 's1 at wiki.example.com',
      target: '/page?x=1',
      spent: expect.stringMatching(/^__Host-einlass-page-[\w-]+=; .*Max-Age=0/),
    })
    expect(await tickets.redeem(arrival(url, cookies))).toEqual({ state: 'refused' })
  })

  test.each([
    ['at another host', { host: 'erp.example.com' }],
    ['in another browser', { cookies: begun().cookies }],
    ['in a browser without cookies', { cookies: undefined }],
    ['that was never issued', { ticket: newToken() }],
  ])('%s is refused, and used up', async (_name, changed) => {
    const tickets = ticketsFor(session)
    const { context, cookies } = begun()
    const url = await tickets.issue(session, context)
    expect(await tickets.redeem({ ...arrival(url, cookies), ...changed })).toEqual({ state: 'refused' })
    if (!('ticket' in changed)) expect(await tickets.redeem(arrival(url, cookies))).toEqual({ state: 'refused' })
  })

  test.each([
    ['a session that has ended', undefined],
    ['a sign-in that the session does not know', { ...session, generation: 3 }],
  ])('of %s is refused', async (_name, found) => {
    const tickets = ticketsFor(found)
    const { context, cookies } = begun()
    const url = await tickets.issue(session, context)
    expect(await tickets.redeem(arrival(url, cookies))).toEqual({ state: 'refused' })
  })

  test('is valid for thirty seconds', async () => {
    const tickets = ticketsFor(session)
    const { context, cookies } = begun()
    const [early, late] = [await tickets.issue(session, context), await tickets.issue(session, context)]
    now += 29_999
    expect(await tickets.redeem(arrival(early, cookies))).toMatchObject({ state: 'arrived' })
    now += 1
    expect(await tickets.redeem(arrival(late, cookies))).toEqual({ state: 'refused' })
  })

  test('never redirects to another host', async () => {
    const tickets = ticketsFor(session)
    const { context, cookies } = begun('//evil.test/x')
    const arrived = await tickets.redeem(arrival(await tickets.issue(session, context), cookies))
    const { target } = arrived as { target: string }
    expect(new URL(target, 'https://wiki.example.com').host).toBe('wiki.example.com')
  })

  test('needs an app host', async () => {
    const { context } = begun('/', 'https://access.example.com')
    await expect(ticketsFor(session).issue(session, context)).rejects.toThrow(TypeError)
  })
})
