// Forwarding: what an app receives with a request, what is registered while it is open, and what is recorded at its end.

import { PassThrough } from 'node:stream'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Dependencies } from '../../src/gateway/dependencies.ts'
import type { ForwardResult } from '../../src/proxy/upstream.ts'
import { known } from '../policy/access-request-fixtures.ts'
import { complete, composeGateway, told, type ComposedGateway, type Forwarded, type Sent } from './composed-gateway.ts'

const minute = 60_000
let gateway: ComposedGateway
let answers: ComposedGateway['upstream']
beforeAll(async () => {
  gateway = await composeGateway({
    wiki: [
      'policy: [{ name: guests, allow: { groups: [guests] }, mode: monitor }, { name: staff, allow: { groups: [staff] }, limit: { download: 1MB, upload: 2MB } }]',
      'public: [{ paths: [/public/*], methods: [GET, POST] }]',
      'owner: it@example.com',
      'trusted_origins: [https://shop.example.com]',
    ].join(', '),
    named: 'policy: [{ allow: { groups: [staff] } }], headers: { remove: [X-Internal], keep: [X-WebAuth-User] }',
    idle: 'policy: [{ allow: { groups: [staff] } }], session: { idle: 1m }',
    fresh: 'policy: [{ allow: { groups: [staff] } }], session: { revalidate: 1m }',
  })
  answers = gateway.upstream
})
afterAll(() => gateway?.stop())
afterEach(() => void (gateway.upstream = answers))

const deps = (more: Partial<Dependencies>): Dependencies => ({ ...gateway.deps, ...more })
const last = (): Forwarded => gateway.forwarded.at(-1)!
const metric = async (sample: string): Promise<number> => {
  const line = (await gateway.deps.metrics.text()).split('\n').find((one) => one.startsWith(`${sample} `))
  return line === undefined ? 0 : Number(line.slice(sample.length + 1))
}
/** The app sends nothing, and the exchange ends with this. */
const ends = (result: Partial<ForwardResult>): void => {
  gateway.upstream = async ({ opened }) => {
    opened(() => {})
    return { ...complete, ...result }
  }
}

describe('an app receives', () => {
  test('a request without body, of a signed-in user, with the limits of its rule and its client connection', async () => {
    const as = await gateway.signIn('wiki')
    const connection = new PassThrough()
    expect((await gateway.send({ as, connection, target: '/a?b' })).status).toBe(200)
    expect(last()).toMatchObject({
      host: 'wiki.example.com',
      method: 'GET',
      target: '/a?b',
      hasBody: false,
      contentLength: 0,
      version: '1.1',
      signedIn: true,
      limits: { download: 1_048_576, upload: 2_097_152 },
      webSocket: undefined,
      session: as.session.id,
      proceed: expect.any(Function),
    })
    expect(last().client).toBe(connection)
    expect(last().fields).toMatchObject({
      host: 'wiki.example.com',
      'x-forwarded-for': '192.0.2.7',
      'x-forwarded-proto': 'https',
      'x-forwarded-user': 'anna',
      'x-request-id': gateway.access().origin.requestId,
    })
  })

  test('a body of known or unknown length', async () => {
    const as = await gateway.signIn('wiki')
    await gateway.send({ as, method: 'POST', body: 'hello' })
    expect(last()).toMatchObject({ hasBody: true, contentLength: 5 })
    let text = ''
    for await (const chunk of last().body) text += String(chunk)
    expect(text).toBe('hello')
    await gateway.send({ as, method: 'POST', headers: { 'Transfer-Encoding': 'chunked' } })
    expect(last()).toMatchObject({ hasBody: true, contentLength: undefined })
  })

  test('a public path without any identity, even of a signed-in user', async () => {
    const as = await gateway.signIn('wiki')
    await gateway.send({ as, target: '/public/a' })
    expect(last()).toMatchObject({ signedIn: false, session: undefined })
    expect(Object.keys(last().fields).filter((name) => /user|email|groups|assertion|cookie/.test(name))).toEqual([])
  })

  test('the connection of a trusted proxy is not that of a client', async () => {
    const as = await gateway.signIn('wiki')
    await gateway.send({ as, address: '10.0.0.1', headers: { 'X-Forwarded-For': '203.0.113.9' } })
    expect(last().client).toBeUndefined()
    expect(last().fields['x-forwarded-for']).toBe('203.0.113.9')
  })

  test('a WebSocket handshake with its offer and the socket of its client', async () => {
    const as = await gateway.signIn('wiki')
    await gateway.send({ as, upgrade: true, headers: { 'Sec-WebSocket-Protocol': 'chat' } })
    expect(last()).toMatchObject({ method: 'GET', proceed: undefined, webSocket: { protocols: 'chat' } })
    expect(last().body).toBeInstanceOf(PassThrough)
    expect(gateway.access().request.upgrade).toBe('websocket')
  })

  test('no client header its `headers.remove` names, and those its `headers.keep` names; another app the reverse', async () => {
    const headers = { 'X-Internal': 'a', 'X-Mine': 'b', 'X-WebAuth-User': 'c' }
    await gateway.send({ as: await gateway.signIn('named'), host: 'named.example.com', headers })
    expect(last().fields).toMatchObject({ 'x-mine': 'b', 'x-webauth-user': 'c', 'x-forwarded-user': 'anna' })
    expect(last().fields).not.toHaveProperty('x-internal')
    await gateway.send({ as: await gateway.signIn('wiki'), headers })
    expect(last().fields).toMatchObject({ 'x-mine': 'b', 'x-internal': 'a', 'x-forwarded-user': 'anna' })
    expect(last().fields).not.toHaveProperty('x-webauth-user')
  })

  test('the device, the rule’s grant and the user in the assertion', async () => {
    const as = await gateway.signIn('wiki')
    const devices: Dependencies['devices'] = {
      ...gateway.deps.devices,
      identify: () => ({ device: known({ deviceId: 'LT-1' }), pin: undefined }),
    }
    const claims = (): unknown =>
      JSON.parse(Buffer.from(last().fields['x-einlass-jwt-assertion']!.split('.')[1]!, 'base64url').toString())
    await gateway.send({ as }, deps({ devices }))
    expect(claims()).toMatchObject({ sub: 'anna', aud: 'https://wiki.example.com', device: 'LT-1' })
    devices.identify = () => ({ device: { state: 'mismatch' }, pin: undefined })
    await gateway.send({ as }, deps({ devices }))
    expect(claims()).not.toHaveProperty('device')
  })
})

describe('while a request is open', () => {
  /** The exchanges registered while the app answers. */
  async function registered(sent: Sent, parts = gateway.deps) {
    let open: ReturnType<Dependencies['connections']['all']> = []
    gateway.upstream = (request) => {
      const answered = answers(request)
      open = gateway.deps.connections.all()
      return answered
    }
    await gateway.send(sent, parts)
    return open
  }

  test('it is registered with what it is decided by again, and no longer', async () => {
    const as = await gateway.signIn('wiki')
    const devices: Dependencies['devices'] = {
      ...gateway.deps.devices,
      identify: () => ({ device: known({ deviceId: 'LT-1' }), pin: undefined }),
    }
    const sent = { as, method: 'POST', body: 'x', headers: { Origin: 'https://wiki.example.com' } }
    const [open, ...others] = await registered(sent, deps({ devices }))
    const { input, decision, origin } = gateway.access()
    expect(open).toMatchObject({
      id: origin.requestId,
      app: 'wiki',
      session: as.session.id,
      device: 'LT-1',
      address: '192.0.2.7',
      kind: 'http',
      startedAt: gateway.clock.now,
      validUntil: decision.validUntil,
      context: {
        address: expect.objectContaining({ host: 'wiki.example.com', path: '' }),
        source: { kind: 'write', origin: 'https://wiki.example.com' },
      },
    })
    expect(open!.context.access).toBe(input)
    expect(others).toEqual([])
    expect(gateway.deps.connections.all()).toEqual([])
  })

  test('its registration ends it', async () => {
    const as = await gateway.signIn('wiki')
    gateway.upstream = async (request) => {
      const answered = answers({ ...request, response: { ...request.response, end() {}, write: () => true } })
      for (const open of gateway.deps.connections.ofSession(as.session.id)) open.abort()
      await answered
      return { ...complete, end: 'cut' }
    }
    expect(await gateway.send({ as })).toMatchObject({ end: 'cut' })
  })

  test('a WebSocket is registered as one, and a public path without session until the end of its lease', async () => {
    const as = await gateway.signIn('wiki')
    expect(await registered({ as, upgrade: true })).toMatchObject([{ kind: 'websocket', session: as.session.id }])
    const [open] = await registered({ target: '/public/a' })
    expect(open).toMatchObject({
      session: undefined,
      device: undefined,
      kind: 'http',
      validUntil: gateway.clock.now + gateway.runtime('wiki').policy.lease,
    })
  })

  test('it is checked when its session could end: by idleness, or to be revalidated', async () => {
    const idle = await gateway.signIn('idle')
    const lease = gateway.runtime('idle').policy.lease
    gateway.clock.now += 30_000
    const quiet = deps({ sessions: { ...gateway.deps.sessions, lastSeen: ({ createdAt }) => createdAt } })
    const [open] = await registered({ as: idle, host: 'idle.example.com' }, quiet)
    expect(open!.validUntil).toBe(idle.session.createdAt + minute + 1)
    const fresh = await gateway.signIn('fresh')
    const [other] = await registered({ as: fresh, host: 'fresh.example.com' })
    // A fifth before its minute.
    expect(other!.validUntil).toBe(Math.min(fresh.session.validatedAt + 48_000, gateway.clock.now + lease))
  })

  test('a connection that the app authenticates is registered apart, until it is released', async () => {
    const as = await gateway.signIn('wiki')
    let closed = 0
    let release: (() => void) | undefined
    gateway.upstream = (request) => {
      release = request.onPinned!(() => closed++)
      return answers(request)
    }
    await gateway.send({ as, upgrade: true })
    const open = gateway.deps.connections.all()
    expect(open).toMatchObject([
      {
        id: gateway.access().origin.requestId,
        app: 'wiki',
        session: as.session.id,
        device: undefined,
        address: '192.0.2.7',
        kind: 'pinned',
        startedAt: gateway.clock.now,
        validUntil: gateway.access().decision.validUntil,
        context: {
          address: expect.objectContaining({ host: 'wiki.example.com', path: '' }),
          access: gateway.access().input,
          source: { kind: 'upgrade' },
        },
      },
    ])
    open[0]!.abort()
    expect(closed).toBe(1)
    release!()
    expect(gateway.deps.connections.all()).toEqual([])
  })
})

describe('a request is recorded', () => {
  test('with its message, its client and its result', async () => {
    const as = await gateway.signIn('wiki')
    gateway.upstream = async (request) => {
      gateway.clock.now += 250
      await answers(request)
      return { ...complete, bytesIn: 5, bytesOut: 4, upstream: 'http://127.0.0.1:9' }
    }
    const startedAt = gateway.clock.now
    const sent = { as, method: 'POST', target: '/a%41?b', body: 'hello', headers: { 'User-Agent': 'curl/8' } }
    await gateway.send(sent)
    expect(gateway.access()).toMatchObject({
      kind: 'access',
      at: startedAt,
      origin: { address: '192.0.2.7', port: 50_000, userAgent: 'curl/8' },
      actor: { kind: 'person', provider: 'company', sub: 'anna', session: as.session.id, groups: ['staff'] },
      app: 'wiki',
      decision: { effect: 'allow', rule: 'staff' },
      configuration: gateway.deps.activeConfig().configuration.hash,
      request: {
        method: 'POST',
        host: 'wiki.example.com',
        path: '/aA',
        scheme: 'https',
        version: '1.1',
        upgrade: undefined,
      },
      result: {
        status: 200,
        bytesIn: 5,
        bytesOut: 4,
        duration: 250,
        end: 'complete',
        upstream: 'http://127.0.0.1:9',
        reason: undefined,
      },
    })
  })

  test('as a use of the app and as activity of its session, a denied one as activity only', async () => {
    const as = await gateway.signIn('wiki')
    const other = await gateway.signIn('wiki', { sub: 'ben', groups: [] })
    gateway.clock.now += 20 * minute
    const hour = Math.floor(gateway.clock.now / 3_600_000) * 3_600_000
    await gateway.send({ as })
    await gateway.send({ as: other })
    const { sessions, users } = gateway.deps
    expect([sessions.lastSeen(as.session), sessions.lastSeen(other.session)]).toEqual([
      gateway.clock.now,
      gateway.clock.now,
    ])
    expect(await users.lastUsed(as.session.subject, 'wiki')).toBe(hour)
    expect(await users.lastUsed(other.session.subject, 'wiki')).toBeUndefined()
  })

  test('with what rules in mode monitor would have done', async () => {
    const as = await gateway.signIn('wiki', { groups: ['staff', 'guests'] })
    const before = gateway.deps.metrics.observedBy('wiki', 'guests')
    await gateway.send({ as })
    expect(gateway.deps.metrics.observedBy('wiki', 'guests')).toBe(before + 1)
    expect(gateway.access().decision).toMatchObject({ rule: 'staff', observed: [{ rule: 'guests', effect: 'allow' }] })
  })

  test('with its time in seconds and its bytes in the metrics', async () => {
    const as = await gateway.signIn('wiki')
    const samples = [
      'einlass_request_duration_seconds_sum{app="wiki"}',
      'einlass_bytes_total{app="wiki",direction="in"}',
      'einlass_bytes_total{app="wiki",direction="out"}',
      'einlass_requests_total{app="wiki",status="5xx"}',
    ]
    const before = await Promise.all(samples.map(metric))
    ends({ status: 500, bytesIn: 30, bytesOut: 70 })
    const { upstream } = gateway
    gateway.upstream = (request) => {
      gateway.clock.now += 1_500
      request.response.end()
      return upstream(request)
    }
    await gateway.send({ as })
    const after = await Promise.all(samples.map(metric))
    expect(after.map((value, i) => value - before[i]!)).toEqual([1.5, 30, 70, 1])
  })
})

describe('an app that fails', () => {
  test.each([
    [502, 'bad_gateway'],
    [504, 'gateway_timeout'],
    [413, 'too_large'],
    [408, 'bad_request'],
    [403, 'download_limit'],
    [503, 'throttled'],
  ] as const)('%d is answered and recorded', async (errorStatus, code) => {
    const as = await gateway.signIn('wiki')
    const end = errorStatus === 502 || errorStatus === 504 ? 'upstream_failed' : 'cut'
    const exceeded = errorStatus === 403 ? ('download' as const) : undefined
    ends({ status: 0, bytesIn: 3, bytesOut: 0, end, errorStatus, ...(exceeded && { exceeded }) })
    const pinned = await metric('einlass_throttled_total{what="pinned"}')
    const answer = await gateway.send({ as, headers: { Origin: 'https://shop.example.com' } })
    expect(told(answer)).toBe(`${errorStatus} ${code}`)
    expect(answer.headers['access-control-allow-origin']).toBe('https://shop.example.com')
    expect(gateway.access().result).toMatchObject({
      status: errorStatus,
      bytesIn: 3,
      bytesOut: Buffer.byteLength(answer.body),
      end,
      reason: errorStatus === 403 || errorStatus === 503 ? code : undefined,
    })
    expect(await metric('einlass_throttled_total{what="pinned"}')).toBe(pinned + (errorStatus === 503 ? 1 : 0))
  })

  test('offers the page again where it was only read', async () => {
    const as = await gateway.signIn('wiki')
    ends({ status: 0, end: 'upstream_failed', errorStatus: 502 })
    const link = 'href="https://wiki.example.com/a?b"'
    expect((await gateway.send({ as, page: true, target: '/a?b' })).body).toContain(link)
    const post = { as, page: true, target: '/a?b', method: 'POST', headers: { Origin: 'https://wiki.example.com' } }
    expect((await gateway.send(post)).body).not.toContain(link)
  })

  test('says who is signed in and whom to ask where a limit ended the response', async () => {
    const as = await gateway.signIn('wiki')
    ends({ status: 0, end: 'cut', errorStatus: 403, exceeded: 'download' })
    const { body } = await gateway.send({ as, page: true })
    for (const text of ['Anna', 'anna@example.com', 'it@example.com']) expect(body).toContain(text)
    ends({ status: 0, end: 'cut', errorStatus: 503 })
    expect((await gateway.send({ as })).headers['retry-after']).toBe('10')
    // Without a session there is nobody to name.
    expect((await gateway.send({ target: '/public/a', page: true })).status).toBe(503)
  })

  test('is told in the log with the request, the app, its server and the error, any other is not', async () => {
    const as = await gateway.signIn('wiki')
    const failures = () => gateway.logged.filter(({ msg }) => msg === 'upstream request failed')
    const before = failures().length
    await gateway.send({ as })
    expect(failures()).toHaveLength(before)
    ends({ status: 0, end: 'upstream_failed', errorStatus: 502, detail: 'ECONNREFUSED' })
    await gateway.send({ as })
    expect(failures().slice(before)).toMatchObject([
      {
        level: 'warn',
        request: gateway.access().origin.requestId,
        app: 'wiki',
        upstream: 'http://127.0.0.1:9',
        detail: 'ECONNREFUSED',
      },
    ])
  })

  test('in the middle of a response keeps its status, and names the limit that was exceeded', async () => {
    const as = await gateway.signIn('wiki')
    const cut = async (exceeded: 'download' | 'upload') => {
      gateway.upstream = async (request) => {
        await answers(request)
        return { ...complete, end: 'cut', exceeded }
      }
      await gateway.send({ as })
      return gateway.access().result
    }
    expect(await cut('download')).toMatchObject({ status: 200, bytesOut: 4, end: 'cut', reason: 'download_limit' })
    expect(await cut('upload')).toMatchObject({ status: 200, end: 'cut', reason: undefined })
  })
})
