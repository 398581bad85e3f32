// Refused requests: where the user is sent, what is kept of the request, what the answer names, and what is recorded.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Dependencies } from '../../src/gateway/dependencies.ts'
import { sendReply } from '../../src/gateway/send-reply.ts'
import type { ReturnContexts } from '../../src/identity/oidc/return-contexts.ts'
import { composeGateway, exchangeOf, told, type ComposedGateway, type Got, type Sent } from './composed-gateway.ts'

const minute = 60_000
let gateway: ComposedGateway
beforeAll(async () => {
  gateway = await composeGateway(
    {
      wiki: 'policy: [{ allow: { groups: [staff] } }], owner: it@example.com, trusted_origins: [https://shop.example.com]',
      erp: 'policy: [{ allow: { mfa: { max_age: 10s } } }]',
      vault: 'policy: [{ allow: { mfa: { level: phishing_resistant } } }]',
      brief: 'policy: [{ allow: { groups: [staff] } }], session: { lifetime: 5m }',
      files: 'policy: [{ name: no admins, deny: { paths: [/admin/*] } }, { allow: { groups: [staff] } }]',
      ports: 'policy: [{ allow: { groups: [staff] } }]',
    },
    'limits: { requests_per_person: 1, header_bytes: 8KB }',
  )
})
afterAll(() => gateway?.stop())

const deps = (more: Partial<Dependencies>): Dependencies => ({ ...gateway.deps, ...more })
/** What the sign-in of this answer is for. */
const journeyOf = (location: string | undefined) =>
  gateway.deps.signIn.returnContexts.open(new URL(location!).searchParams.get('journey') ?? undefined)
const signInOf = ({ body }: Got): string => (JSON.parse(body) as { sign_in: string }).sign_in
const foreign = { method: 'POST', headers: { Origin: 'https://evil.test' } }

describe('a sign-in', () => {
  test('comes back to the page that was asked for, whose address stays at the host of the app', async () => {
    const answer = await gateway.send({ page: true, target: '/page/7?part=2' })
    expect(answer.status).toBe(302)
    const journey = journeyOf(answer.headers['location'])!
    expect(journey).toMatchObject({ host: 'wiki.example.com', app: 'wiki', target: '/', provider: undefined })
    expect(journey).not.toHaveProperty('stepUp.level')
    const cookie = answer.headers['set-cookie']!.split(';')[0]!
    const returnContexts = gateway.deps.signIn.returnContexts as ReturnContexts
    expect(returnContexts.takePage('wiki.example.com', cookie, journey.page!)?.target).toBe('/page/7?part=2')
  })

  test.each<[string, Sent]>([
    ['/.einlass/signed-in', { page: true, method: 'POST', headers: { Origin: 'https://wiki.example.com' } }],
    ['/', { page: true, method: 'HEAD' }],
  ])('comes back to %s: only a page that was read may be asked for again', async (target, sent) => {
    const { returnContexts } = gateway.deps.signIn
    const kept: string[] = []
    const create: typeof returnContexts.create = (...given) => {
      kept.push(given[0].target)
      return returnContexts.create(...given)
    }
    const signIn = { ...gateway.deps.signIn, returnContexts: { ...returnContexts, create } }
    const answer = await gateway.send({ ...sent, target: '/page/7' }, deps({ signIn }))
    expect([answer.status, kept]).toEqual([sent.method === 'HEAD' ? 302 : 401, [target]])
  })

  test('of a script is only told, and nothing is kept for it', async () => {
    const answer = await gateway.send({ target: '/api' })
    expect([told(answer), signInOf(answer), answer.headers['set-cookie']]).toEqual([
      '401 no_session',
      'https://wiki.example.com/.einlass/signed-in',
      undefined,
    ])
    expect(answer.headers['www-authenticate']).toBe('Einlass sign_in="https://wiki.example.com/.einlass/signed-in"')
  })

  test('is offered for no denial', async () => {
    const as = await gateway.signIn('wiki')
    for (const sent of [{ as, ...foreign }, { ...foreign }]) {
      const answer = await gateway.send(sent)
      expect([told(answer), signInOf(answer)]).toEqual(['403 origin_not_allowed', undefined])
    }
  })
})

describe('a step-up', () => {
  const erp = 'erp.example.com'
  const factor = { mfa: true, amr: ['otp'] }

  test('stays with the provider of the session, and names what it asks of it', async () => {
    const as = await gateway.signIn('erp')
    const script = await gateway.send({ as, host: erp, target: '/api?x' })
    expect(told(script)).toBe('401 mfa_required')
    expect(script.headers['www-authenticate']).toContain('acr_values="strong"')
    expect(journeyOf(signInOf(script))).toMatchObject({
      host: erp,
      app: 'erp',
      provider: 'company',
      stepUp: { level: 'mfa', maxAge: 10_000 },
    })
    expect(journeyOf(signInOf(script))!.stepUp).not.toHaveProperty('silent')
    // A provider that the configuration no longer names asks for nothing.
    const gone = await gateway.signIn('erp', { provider: 'former' })
    const answer = await gateway.send({ as: gone, host: erp })
    expect(answer.headers['www-authenticate']).not.toContain('acr_values')
  })

  test('that was completed within fifteen seconds is not repeated: a denial, recorded as one', async () => {
    const as = await gateway.signIn('erp', {}, factor)
    const ask = async (after: number): Promise<string> => {
      gateway.clock.now = as.session.createdAt + after
      const { effect, remedy } = (await gateway.send({ as, host: erp }), gateway.access().decision)
      return `${effect} ${remedy?.kind}`
    }
    expect(await ask(9_999)).toBe('allow undefined')
    expect(await ask(12_000)).toBe('deny ask_owner')
    expect(await ask(15_000)).toBe('deny ask_owner')
    expect(await ask(15_001)).toBe('challenge step_up')
  })

  test.each<[string, object, string]>([
    ['a second factor where a phishing-resistant one is asked for', { mfa: true }, '401'],
    ['no second factor', {}, '401'],
    ['nothing about its time', { mfa: true, authTime: undefined }, '401'],
  ])('is asked of a new session that proved %s', async (_name, proof, status) => {
    const as = await gateway.signIn('vault', {}, proof)
    expect(String((await gateway.send({ as, host: 'vault.example.com' })).status)).toBe(status)
    expect(gateway.access().decision.effect).toBe('challenge')
  })

  test('by an app with a short lifetime asks for any new sign-in, with interaction', async () => {
    const as = await gateway.signIn('brief')
    gateway.clock.now += 5 * minute
    const answer = await gateway.send({ as, host: 'brief.example.com', page: true })
    expect(journeyOf(answer.headers['location'])!.stepUp).toEqual({
      level: 'any',
      maxAge: 5 * minute,
      from: as.session.generation,
    })
  })
})

describe('a denial', () => {
  test('names user, app, owner and the page to try again, as far as it was only read', async () => {
    const as = await gateway.signIn('wiki', { groups: [] })
    const { status, body } = await gateway.send({ as, page: true, target: '/a?b' })
    expect(status).toBe(403)
    for (const text of ['Anna', 'anna@example.com', 'it@example.com', 'https://access.example.com']) {
      expect(body).toContain(text)
    }
  })

  test('may be read by pages of trusted origins only', async () => {
    const as = await gateway.signIn('wiki', { groups: [] })
    const allowed = async (origin: string) =>
      (await gateway.send({ as, headers: { Origin: origin } })).headers['access-control-allow-origin']
    expect([await allowed('https://shop.example.com'), await allowed('https://evil.test')]).toEqual([
      'https://shop.example.com',
      undefined,
    ])
  })

  test('is recorded with its time, its bytes and no upstream', async () => {
    const as = await gateway.signIn('wiki', { groups: [] })
    const sessions: Dependencies['sessions'] = {
      ...gateway.deps.sessions,
      find(...given) {
        gateway.clock.now += 40
        return gateway.deps.sessions.find(...given)
      },
    }
    const answer = await gateway.send({ as, method: 'POST', body: 'hello' }, deps({ sessions }))
    expect(gateway.access()).toMatchObject({
      decision: { effect: 'deny', reasons: [{ code: 'not_in_group' }] },
      result: {
        status: 403,
        bytesIn: 0,
        bytesOut: Buffer.byteLength(answer.body),
        duration: 40,
        end: 'answered',
        upstream: undefined,
      },
    })
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.body)))
  })

  test('beyond the number of requests at once comes from no rule, holds for no longer, and frees nothing', async () => {
    const as = await gateway.signIn('wiki')
    const { upstream } = gateway
    const held = Promise.withResolvers<void>()
    gateway.upstream = async (request) => {
      await held.promise
      return upstream(request)
    }
    const first = gateway.send({ as })
    for (let turn = 0; turn < 2; turn++) {
      expect(told(await gateway.send({ as }))).toBe('429 throttled')
      expect(gateway.access().decision).toMatchObject({
        effect: 'deny',
        rule: undefined,
        remedy: { kind: 'try_again' },
        validUntil: gateway.clock.now,
      })
    }
    // WebSockets are counted apart.
    gateway.upstream = upstream
    expect((await gateway.send({ as, upgrade: true })).status).toBe(200)
    held.resolve()
    expect((await first).status).toBe(200)
    expect((await gateway.send({ as })).status).toBe(200)
  })
})

describe('a request that is rejected before any decision', () => {
  const rejected = () => gateway.logged.filter(({ msg }) => msg === 'request rejected').at(-1)

  test.each<[string, string, Sent]>([
    ['404 host_unknown', 'host', { host: 'none.example.com' }],
    ['421 host_unknown', 'server_name', { serverName: 'erp.example.com' }],
    ['404 host_unknown', 'scheme', { secure: false }],
    ['404 host_unknown', 'scheme', { host: 'access.example.com', secure: false }],
    ['400 ambiguous_path', 'ambiguous_path', { target: '/admin%2Fb', host: 'files.example.com' }],
    ['400 bad_target', 'target', { target: '/a%00' }],
    ['400 bad_target', 'query', { target: '/a?b c' }],
    ['400 bad_target', 'reserved_path', { target: '/.einlass%2Fsession' }],
    ['501 bad_request', 'method', { method: 'TRACE' }],
    ['417 bad_request', 'expect', { headers: { Expect: 'x' } }],
    ['431 bad_request', 'header_size', { headers: { 'X-A': 'a'.repeat(9_000) } }],
    ['431 too_many_cookies', 'cookie_size', { headers: { Cookie: 'a'.repeat(9_000) } }],
    ['426 bad_request', 'websocket_version', { upgrade: true, headers: { 'Sec-WebSocket-Version': '8' } }],
    ['400 bad_request', 'upgrade', { upgrade: true, target: '/.einlass/session' }],
  ])('%s is logged as %s, and no access event', async (answered, detail, sent) => {
    const events = gateway.events.length
    const answer = await gateway.send(sent)
    expect(told(answer)).toBe(answered)
    expect(rejected()).toMatchObject({
      level: 'info',
      request: answer.headers['x-request-id'],
      address: '192.0.2.7',
      status: answer.status,
      detail,
    })
    expect(gateway.events).toHaveLength(events)
  })

  test('ends its connection, because the next request could begin anywhere; an unknown host does not', async () => {
    const connection = async (sent: Sent) => (await gateway.send(sent)).headers['connection']
    expect(await connection({ host: 'none.example.com' })).toBeUndefined()
    expect(await connection({ serverName: 'erp.example.com' })).toBe('close')
    expect(await connection({ method: 'TRACE' })).toBe('close')
    expect(await connection({ method: 'TRACE', version: '2', authority: 'wiki.example.com' })).toBeUndefined()
  })

  test('for its WebSocket version is told the one that is accepted (RFC 6455 4.2.2, RFC 9110 15.5.22)', async () => {
    const { headers } = await gateway.send({ upgrade: true, headers: { 'Sec-WebSocket-Version': '8' } })
    expect(headers).toMatchObject({ 'sec-websocket-version': '13', upgrade: 'websocket', connection: 'close, Upgrade' })
    const other = await gateway.send({ method: 'TRACE' })
    expect(other.headers).not.toHaveProperty('upgrade')
    expect(other.headers).not.toHaveProperty('sec-websocket-version')
  })

  test('for the size of its cookies has them cleared, no other one has', async () => {
    const clears = async (headers: Record<string, string>) =>
      (await gateway.send({ headers })).headers['clear-site-data']
    expect(await clears({ Cookie: 'a'.repeat(9_000) })).toBe('"cookies"')
    expect(await clears({ 'X-A': 'a'.repeat(9_000) })).toBeUndefined()
  })

  test('is answered as a page to a browser, in its language, and over https with HSTS', async () => {
    const malformed = { method: 'TRACE' }
    const page = async (sent: Partial<Sent>) => {
      const { headers } = await gateway.send({ ...malformed, ...sent })
      return `${headers['content-type']!.split(';')[0]} ${headers['content-language']} ${'strict-transport-security' in headers}`
    }
    expect(await page({ headers: { Accept: 'text/html' } })).toBe('text/html en true')
    expect(await page({ headers: { ACCEPT: 'text/html', 'Accept-Language': 'de' } })).toBe('text/html de true')
    expect(await page({ headers: { 'Sec-Fetch-Dest': 'document' } })).toBe('text/html en true')
    expect(await page({ headers: { Accept: 'text/html', 'Sec-Fetch-Dest': 'empty' } })).toBe(
      'application/problem+json en true',
    )
    expect(await page({ secure: false })).toBe('application/problem+json en false')
    // A trusted proxy states the scheme of its client, nobody else does.
    const https = { 'X-Forwarded-Proto': 'https' }
    const http = { 'X-Forwarded-Proto': 'http' }
    expect(await page({ secure: false, address: '10.0.0.1', headers: https })).toContain('true')
    expect(await page({ secure: true, address: '10.0.0.1', headers: http })).toContain('false')
    expect(await page({ secure: true, address: '10.0.0.1' })).toContain('true')
    expect(await page({ secure: false, headers: https })).toContain('false')
  })
})

test('an answer that the client no longer waits for is not written', async () => {
  const reply = { status: 200, headers: ['X-A', '1'], body: 'text' }
  const open = exchangeOf({}, 0)
  expect(sendReply(open.response, reply)).toBe(4)
  expect(await open.got).toMatchObject({
    headers: { 'x-a': '1', 'content-length': '4' },
    body: 'text',
    end: 'complete',
  })
  // Neither a second one.
  expect(sendReply(open.response, reply)).toBe(0)
  const begun = exchangeOf({}, 0)
  begun.response.writeHead(204, [])
  expect(sendReply(begun.response, reply)).toBe(0)
  const empty = exchangeOf({}, 0)
  expect(sendReply({ ...empty.response, write: () => expect.unreachable() }, { ...reply, body: Buffer.alloc(0) })).toBe(
    0,
  )
  expect((await empty.got).end).toBe('complete')
})
