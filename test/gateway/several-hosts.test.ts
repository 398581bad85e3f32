// Requests to an application of several hosts, through the whole request path: its pages act at each other, and read our answers.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { StoreUnreachable } from '../../src/store/store.ts'
import { composeGateway, told, type ComposedGateway, type Got, type Sent, type SignedIn } from './composed-gateway.ts'

const [erp, api] = ['erp.example.com', 'api.example.com']
const page = `https://${erp}`
const sibling = 'https://wiki.example.com'

let gateway: ComposedGateway
let atApi: SignedIn
let atErp: SignedIn

beforeAll(async () => {
  gateway = await composeGateway({
    erp: `from: [https://${erp}, https://${api}], policy: [{ allow: { groups: [staff] } }]`,
    wiki: 'policy: [{ allow: {} }]',
    strict: 'from: [https://strict.example.com, https://strict-api.example.com], policy: [{ allow: { mfa: true } }]',
    open: 'trusted_origins: [https://shop.test], policy: [{ allow: {} }]',
  })
  atErp = await gateway.signIn('erp')
  atApi = { ...atErp, cookie: await gateway.deps.sessions.issueCookie(atErp.session, api) }
})
afterAll(() => gateway.stop())

let before: number
beforeEach(() => void (before = gateway.forwarded.length))
const arrived = () => gateway.forwarded.slice(before)

const cors = ({ headers }: Got) => ({
  origin: headers['access-control-allow-origin'],
  credentials: headers['access-control-allow-credentials'],
  vary: headers['vary'],
})
const readable = (origin: string) => ({ origin, credentials: 'true', vary: expect.stringContaining('Origin') })
const hidden = { origin: undefined, credentials: undefined, vary: expect.stringContaining('Origin') }

const asked = (origin: string, more: Sent = {}): Sent => ({
  host: api,
  method: 'OPTIONS',
  headers: { Origin: origin, 'Access-Control-Request-Method': 'PUT', 'Sec-Fetch-Site': 'same-site' },
  ...more,
})

describe('a preflight', () => {
  test.each([page, `https://${api}`])(
    'from %s reaches the application without a session and without identity',
    async (origin) => {
      expect((await gateway.send(asked(origin))).status).toBe(200)
      expect(arrived()).toHaveLength(1)
      expect(arrived()[0]!.fields).not.toHaveProperty('x-forwarded-user')
      expect(gateway.access()).toMatchObject({ decision: { rule: 'preflight' }, request: { host: api } })
    },
  )

  test.each([sibling, 'https://evil.test', 'null', `http://${erp}`, `${page}:8443`, `${page}, ${sibling}`])(
    'from %s is refused',
    async (origin) => {
      const answer = await gateway.send(asked(origin))
      expect(told(answer)).toBe('403 origin_not_allowed')
      expect(cors(answer)).toEqual(hidden)
      expect(arrived()).toEqual([])
    },
  )
})

describe('a write or a WebSocket from a page of another host', () => {
  test.each([
    [erp, api],
    [api, erp],
  ])('at %s is of the application itself: to %s', async (from, to) => {
    const as = to === api ? atApi : atErp
    const headers = { Origin: `https://${from}`, 'Sec-Fetch-Site': 'same-site' }
    for (const method of ['POST', 'PUT', 'DELETE']) {
      expect((await gateway.send({ host: to, as, method, headers })).status).toBe(200)
    }
    await gateway.send({ host: to, as, upgrade: true, headers })
    expect(arrived()).toHaveLength(4)
    for (const { fields } of arrived()) {
      expect(fields).toMatchObject({ host: to, 'x-forwarded-host': to, 'x-forwarded-user': 'anna' })
    }
  })

  test('of a sibling application, and of a host that is none of its, is refused', async () => {
    for (const origin of [sibling, 'https://evil.test', 'null', `https://x.${erp}`]) {
      const headers = { Origin: origin, 'Sec-Fetch-Site': 'same-site' }
      const sent = { host: api, as: atApi, headers }
      expect(told(await gateway.send({ ...sent, method: 'POST' }))).toBe('403 origin_not_allowed')
      expect((await gateway.send({ ...sent, upgrade: true })).status).toBe(403)
    }
    expect(arrived()).toEqual([])
  })
})

describe('our own answers', () => {
  const get = (origin: string, more: Sent = {}): Promise<Got> =>
    gateway.send({ host: api, headers: { Origin: origin, 'Sec-Fetch-Site': 'same-site' }, ...more })

  test('401 can be read by the pages of the application, with a challenge that is true', async () => {
    const answer = await get(page)
    expect(told(answer)).toBe('401 no_session')
    expect(cors(answer)).toEqual(readable(page))
    expect(answer.headers['www-authenticate']).toMatch(/^Einlass\b/)
    expect(JSON.parse(answer.body)).toHaveProperty('sign_in')
    expect(cors(await get(sibling))).toEqual(hidden)
    expect(cors(await get('https://evil.test'))).toEqual(hidden)
    expect(cors(await get('null'))).toEqual(hidden)
  })

  test('403 and the 401 of a step-up can be read', async () => {
    const guest = await gateway.signIn('erp', { sub: 'guest-1', groups: [] })
    const cookie = await gateway.deps.sessions.issueCookie(guest.session, api)
    const denied = await get(page, { as: { ...guest, cookie } })
    expect(told(denied)).toBe('403 not_in_group')
    expect(cors(denied)).toEqual(readable(page))
    const weak = await gateway.signIn('strict')
    const strict = 'https://strict.example.com'
    const at = { ...weak, cookie: await gateway.deps.sessions.issueCookie(weak.session, 'strict-api.example.com') }
    const stepUp = await get(strict, { host: 'strict-api.example.com', as: at })
    expect(stepUp.status).toBe(401)
    expect(stepUp.headers['www-authenticate']).toMatch(/^Bearer error="insufficient_user_authentication"/)
    expect(cors(stepUp)).toEqual(readable(strict))
  })

  test('502 of a failed upstream, 503 without the store and 500 can be read', async () => {
    const healthy = gateway.upstream
    gateway.upstream = async () => ({
      status: 502,
      bytesIn: 0,
      bytesOut: 0,
      end: 'upstream_failed',
      upstream: undefined,
      detail: 'refused',
      errorStatus: 502,
    })
    const failed = await get(page, { as: atApi })
    gateway.upstream = () => Promise.reject(new Error('broken'))
    const incident = await get(page, { as: atApi })
    gateway.upstream = () => Promise.reject(new StoreUnreachable(undefined))
    const unreachable = await get(page, { as: atApi })
    gateway.upstream = healthy
    expect([failed.status, incident.status, unreachable.status]).toEqual([502, 500, 503])
    for (const answer of [failed, incident, unreachable]) expect(cors(answer)).toEqual(readable(page))
  })

  test('to the question who is signed in can be read by its own pages, and by no trusted one', async () => {
    const target = '/.einlass/session'
    const [signedIn, stranger] = [await get(page, { target, as: atApi }), await get(page, { target })]
    expect([signedIn.status, stranger.status]).toEqual([200, 401])
    for (const answer of [signedIn, stranger]) expect(cors(answer)).toEqual(readable(page))
    expect(cors(await get(sibling, { target, as: atApi }))).toEqual(hidden)
    const trusted = await get('https://shop.test', { target, host: 'open.example.com' })
    expect(trusted.headers).not.toHaveProperty('access-control-allow-origin')
  })

  test('of an application with one host and no trusted origin have no such fields', async () => {
    const answer = await get(page, { host: 'wiki.example.com' })
    expect(cors(answer)).toEqual({ origin: undefined, credentials: undefined, vary: 'Accept-Language' })
  })

  test('before the application is known have none: an unknown host, a malformed request', async () => {
    const unknown = await get(page, { host: 'nowhere.example.com' })
    const malformed = await get(page, { target: '/%' })
    expect([unknown.status, malformed.status]).toEqual([404, 400])
    for (const { headers } of [unknown, malformed]) expect(headers).not.toHaveProperty('access-control-allow-origin')
  })

  test('are readable by a trusted origin as well', async () => {
    const answer = await get('https://shop.test', { host: 'open.example.com' })
    expect(answer.status).toBe(401)
    expect(cors(answer)).toEqual(readable('https://shop.test'))
  })
})

describe('a session', () => {
  test('of one host opens no other: its cookie there is none', async () => {
    expect((await gateway.send({ host: erp, as: atErp })).status).toBe(200)
    expect((await gateway.send({ host: api, as: atErp })).status).toBe(401)
    expect((await gateway.send({ host: erp, as: atApi })).status).toBe(401)
  })

  test('has one assertion for the application, whose audience is the first host', async () => {
    await gateway.send({ host: erp, as: atErp })
    await gateway.send({ host: api, as: atApi })
    const [one, other] = arrived().map(({ fields }) => fields['x-einlass-jwt-assertion']!)
    expect(other).toBe(one)
    const claims = JSON.parse(Buffer.from(one!.split('.')[1]!, 'base64url').toString()) as { aud: string }
    expect(claims.aud).toBe(page)
  })

  test('is recorded with the host that was requested, and one name of the application', async () => {
    await gateway.send({ host: api, as: atApi })
    expect(gateway.access()).toMatchObject({ app: 'erp', request: { host: api } })
  })
})
