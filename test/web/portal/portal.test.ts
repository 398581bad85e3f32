import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Remedy } from '../../../src/policy/decision.ts'
import type { Grant } from '../../../src/policy/grant.ts'
import { startProviderUnderTest, type ProviderUnderTest } from '../../support/provider-under-test.ts'
import { decision } from '../page-fixtures.ts'
import { cookiesOf, headersOf } from '../reply-headers.ts'
import { app, journeyTo, locationOf, openDesk, type Desk, type Visitor } from '../web-client.ts'

let provider: ProviderUnderTest
let desk: Desk
let ada: Visitor

beforeEach(async () => {
  provider = await startProviderUnderTest()
  desk = openDesk(provider)
  ada = desk.browser()
  await ada.signIn()
})
afterEach(async () => {
  await desk.house.stop()
  await provider.stop()
})

const portal = async (): Promise<string> => String((await ada.get('/')).body)
const sessions = async (): Promise<string> => String((await ada.get('/sessions')).body)
const live = async (): Promise<string[]> =>
  (await desk.house.sessions.all()).filter(({ ended }) => ended === undefined).map(({ id }) => id)

describe('the portal', () => {
  test('redirects to sign-in without a session', async () => {
    expect(locationOf(await desk.browser().get('/'))).toBe('/sign-in')
    const body = await portal()
    expect(body).toContain('Hello, Ada')
    expect(body).toContain(`href="${app.origin}/"`)
  })

  test.each<[Remedy | undefined, string | undefined]>([
    [{ kind: 'wait', until: Date.now() + 3_600_000 }, 'Opens '],
    [{ kind: 'use_other_device' }, 'Not on this device'],
    [{ kind: 'use_other_network' }, 'Not from this network'],
    [{ kind: 'try_again' }, 'Not open right now'],
    [{ kind: 'wait', until: undefined }, undefined],
    [{ kind: 'ask_owner' }, undefined],
    [undefined, undefined],
  ])('shows a closed app with remedy %j as %j', async (remedy, text) => {
    const view = desk.views[0]!
    desk.views = [
      { ...view, title: 'Secret project', decision: decision({ effect: 'deny', remedy, codes: ['not_in_group'] }) },
    ]
    const body = await portal()
    if (text === undefined) return expect(body).not.toContain('Secret project')
    expect(body).toContain('Secret project')
    expect(body).toContain(text)
  })

  test('shows what an app requires, and until when it is open', async () => {
    const view = desk.views[0]!
    desk.views = [
      {
        ...view,
        title: 'A',
        decision: decision({
          effect: 'challenge',
          remedy: { kind: 'step_up', level: 'mfa', maxAge: undefined },
          codes: ['mfa_required'],
        }),
      },
      { ...view, title: 'B', closesAt: Date.now() + 1000 },
      // 3 January in Tokyo begins.
      { ...view, title: 'C', closesAt: Date.parse('2099-01-02T15:00:00Z'), timeZone: 'Asia/Tokyo' },
    ]
    const body = await portal()
    expect(body).toContain('Second factor needed')
    expect(body).toMatch(/until <time datetime="[^"]+">[^<]*CES?T<\/time>/)
    expect(body).toContain('until <time datetime="2099-01-02T15:00:00.000Z">2 January 2099 (Asia/Tokyo)</time>')
  })

  test('shows current and future grants, no ended ones', async () => {
    const grant = (id: string, changes: Partial<Grant>): Grant => ({
      id,
      who: 'corp|person-1',
      app: 'wiki',
      level: 'full',
      from: Date.now() - 1000,
      until: Date.now() + 3_600_000,
      schedule: undefined,
      sponsor: undefined,
      reason: `reason ${id}`,
      origin: 'runtime',
      givenBy: 'it',
      revokedAt: undefined,
      ...changes,
    })
    desk.grants = [
      grant('runs', {}),
      grant('begins', { from: Date.now() + 1000 }),
      grant('over', { until: Date.now() - 1 }),
      grant('revoked', { revokedAt: Date.now() - 1 }),
    ]
    const body = await portal()
    expect(['runs', 'begins', 'over', 'revoked'].map((id) => body.includes(`reason ${id}`))).toEqual([
      true,
      true,
      false,
      false,
    ])
  })
})

describe('ending sessions', () => {
  test('ends all other sessions and stays signed in', async () => {
    const [own] = await live()
    const phone = desk.browser()
    await phone.signIn()
    const other = (await live()).find((id) => id !== own)!
    expect(await sessions()).toContain(`value="${other}"`)
    expect(locationOf(await ada.post('/sessions/end', { session: 'others' }))).toBe('/sessions')
    expect(await live()).toEqual([own])
    expect((await ada.get('/')).status).toBe(200)
    expect(locationOf(await phone.get('/'))).toBe('/sign-in')
  })

  test('ends one session and leaves the rest', async () => {
    const [own] = await live()
    await desk.browser().signIn()
    const other = (await live()).find((id) => id !== own)!
    await desk.browser().signIn()
    await ada.post('/sessions/end', { session: other })
    expect(await live()).toHaveLength(2)
    expect(await live()).not.toContain(other)
  })

  test('ends the current session and redirects to signed-out', async () => {
    const [own] = await live()
    const reply = await ada.post('/sessions/end', { session: own! })
    expect(locationOf(reply)).toBe('/signed-out')
    expect(cookiesOf(reply)[0]).toContain('Max-Age=0')
    expect(await live()).toEqual([])
  })

  test("never ends another user's session, whatever id is sent (IDOR)", async () => {
    provider.person = { ...provider.person, sub: 'person-2', sid: 'sid-2', email: 'bob@example.com' }
    await desk.browser().signIn()
    const before = await live()
    const mine = await sessions()
    for (const session of before.filter((id) => !mine.includes(id))) await ada.post('/sessions/end', { session })
    await ada.post('/sessions/end', { session: 'x' })
    await ada.post('/sessions/end')
    expect(before).toHaveLength(2)
    expect(await live()).toEqual(before)
  })

  test('rejects a cross-site form (CSRF)', async () => {
    const reply = await ada.post('/sessions/end', { session: (await live())[0]! }, { 'sec-fetch-site': 'cross-site' })
    expect(reply.status).toBe(403)
    expect(await live()).toHaveLength(1)
  })
})

describe('/.einlass/session', () => {
  const url = `${app.origin}/.einlass/session`

  test('returns user, session end and decision', async () => {
    await ada.get(locationOf(await ada.get(`/sign-in?journey=${await journeyTo(desk, ada, '/')}`)))
    const reply = await ada.request(url, { navigation: false })
    expect(reply.status).toBe(200)
    expect(JSON.parse(String(reply.body))).toMatchObject({
      subject: { provider: 'corp', sub: 'person-1', email: 'ada@example.com', name: 'Ada' },
      session: { idle_seconds: 3600 },
      authentication: { amr: ['pwd'], mfa: false },
      app: { name: 'wiki', title: 'Wiki' },
      access: { effect: 'allow', rule: 'staff', reasons: [] },
    })
    expect(String(reply.body)).not.toMatch(/token|refresh/i)
    expect(headersOf(reply).get('cross-origin-resource-policy')).toBe('same-origin')
    expect(headersOf(reply).has('access-control-allow-origin')).toBe(false)
  })

  test('returns problem details with the sign-in URL without a session', async () => {
    const reply = await desk.browser().request(url, { navigation: false })
    expect(reply.status).toBe(401)
    expect(headersOf(reply).get('www-authenticate')).toBe(`Einlass sign_in="${app.origin}/.einlass/signed-in"`)
    expect(JSON.parse(String(reply.body))).toMatchObject({
      type: 'urn:einlass:problem:no_session',
      request_id: '01JDK4Q8Z3M7P2X9',
      sign_in: `${app.origin}/.einlass/signed-in`,
      reasons: [{ code: 'no_session' }],
    })
  })
})
