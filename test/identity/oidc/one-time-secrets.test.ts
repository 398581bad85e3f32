// One-time secrets of a sign-in: used once, bound to host, browser and session, for thirty seconds.

import { beforeEach, describe, expect, test } from 'vitest'
import { createHandoffTickets } from '../../../src/identity/oidc/handoff-ticket.ts'
import { createOneTimeRecords } from '../../../src/identity/oidc/one-time-records.ts'
import type { ReturnContext } from '../../../src/identity/oidc/return-context.ts'
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
  const nonce = newToken()
  const context = {
    host: 'wiki.example.com',
    origin: 'https://wiki.example.com',
    nonceHash: hashToken(nonce),
    target: '/page?x=1',
  } as ReturnContext

  const ticketsFor = (found: Session | undefined) =>
    createHandoffTickets({
      store: clockedStore(),
      seal,
      // The state of the session is an input of these tests.
      sessions: {
        read: async () =>
          found === undefined ? { state: 'none', reason: 'session_revoked' } : { state: 'live', session: found },
        issueCookie: async ({ id }, host) => `${id} at ${host}`,
      },
    })
  const secretOf = (url: string) => new URL(url).searchParams.get('ticket')!
  const arrival = (url: string) => ({ ticket: secretOf(url), host: 'wiki.example.com', nonce })

  test('leads to the app host, and opens the session there once', async () => {
    const tickets = ticketsFor(session)
    const url = await tickets.issue(session, context)
    expect(url).toMatch(/^https:\/\/wiki\.example\.com\/\.einlass\/arrive\?ticket=[\w-]{43}$/)
    expect(await tickets.redeem(arrival(url))).toEqual({
      state: 'arrived',
      cookie: 's1 at wiki.example.com',
      target: '/page?x=1',
    })
    expect(await tickets.redeem(arrival(url))).toEqual({ state: 'refused' })
  })

  test.each([
    ['at another host', { host: 'erp.example.com' }],
    ['in another browser', { nonce: newToken() }],
    ['in a browser without nonce', { nonce: undefined }],
    ['that was never issued', { ticket: newToken() }],
  ])('%s is refused, and used up', async (_name, changed) => {
    const tickets = ticketsFor(session)
    const url = await tickets.issue(session, context)
    expect(await tickets.redeem({ ...arrival(url), ...changed })).toEqual({ state: 'refused' })
    if (!('ticket' in changed)) expect(await tickets.redeem(arrival(url))).toEqual({ state: 'refused' })
  })

  test.each([
    ['a session that has ended', undefined],
    ['a session that was stepped up meanwhile', { ...session, generation: 3 }],
  ])('of %s is refused', async (_name, found) => {
    const tickets = ticketsFor(found)
    expect(await tickets.redeem(arrival(await tickets.issue(session, context)))).toEqual({ state: 'refused' })
  })

  test('is valid for thirty seconds', async () => {
    const tickets = ticketsFor(session)
    const [early, late] = [await tickets.issue(session, context), await tickets.issue(session, context)]
    now += 29_999
    expect(await tickets.redeem(arrival(early))).toMatchObject({ state: 'arrived' })
    now += 1
    expect(await tickets.redeem(arrival(late))).toEqual({ state: 'refused' })
  })

  test('never redirects to another host', async () => {
    const tickets = ticketsFor(session)
    const url = await tickets.issue(session, { ...context, target: '//evil.test/x' })
    expect(await tickets.redeem(arrival(url))).toMatchObject({ target: '/.//evil.test/x' })
  })

  test('needs an app host', async () => {
    await expect(ticketsFor(session).issue(session, { ...context, nonceHash: undefined })).rejects.toThrow(TypeError)
  })
})
