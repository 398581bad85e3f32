// The path of a request through a gateway in this process: routing, sign-in, decision, forwarding, and what is recorded.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { AuditLine } from '../support/gateway-process.ts'
import { startGatewayInProcess, type GatewayInProcess } from '../support/gateway-in-process.ts'
import type { Answer, Asked, Person } from '../support/user-client.ts'

const staff = { groups: ['staff'] }
let stage: GatewayInProcess
let erika: Person
let stranger: Person
const origin = (app: string): string => stage.origin(app)

beforeAll(async () => {
  stage = await startGatewayInProcess(
    {
      wiki: { public: [{ paths: ['/public/*'] }], policy: [{ name: 'staff', allow: staff }] },
      erp: { policy: [{ name: 'board', allow: { groups: ['board'] } }] },
      slashes: { policy: [{ allow: staff }] },
      docs: { policy: [{ allow: { groups: ['staff'], paths: ['/docs/*'] } }] },
      reading: { policy: [{ allow: { groups: ['staff'], actions: ['read'] } }] },
      strong: { policy: [{ name: 'factor', allow: { mfa: { max_age: '10s' } } }] },
      down: { to: 'http://127.0.0.1:9', policy: [{ allow: staff }] },
      little: { policy: [{ name: 'little', allow: staff, limit: { download: '1KB', upload: '1KB' } }] },
    },
    { limits: { requests_per_person: 3, websockets_per_person: 1, sign_ins_per_minute: 1000 } },
  )
  erika = stage.person('erika')
  stranger = stage.person('nobody')
  for (const app of ['wiki', 'erp', 'slashes', 'docs', 'reading', 'little', 'down']) {
    await erika.signIn(`${origin(app)}/download?bytes=1`, stage.port)
  }
})
afterAll(() => stage?.stop())
afterEach(() => void (stage.clock.ahead = 0))

const ask = (person: Person, url: string, asked?: Asked): Promise<Answer> => person.ask(url, stage.port, asked)
const code = ({ body }: Answer): string => (JSON.parse(body) as { reasons: { code: string }[] }).reasons[0]!.code
/** `403 not_in_group` */
const told = (answer: Answer): string => `${answer.status} ${code(answer)}`
/** The app's view of a request. */
const seen = ({ body }: Answer) => JSON.parse(body) as { url: string; headers: Record<string, string> }
const recorded = (id: unknown): Promise<AuditLine> =>
  stage.event((line) => line.class_uid === 4002 && line.metadata.correlation_uid === id)

describe('routing', () => {
  test('a host of no app is not found, on a connection that stays open', async () => {
    const answer = await ask(stranger, `http://none.localhost:${stage.port}/`)
    expect([told(answer), answer.headers.connection]).toEqual(['404 host_unknown', 'keep-alive'])
  })

  test('an error is told in the language and the form that the client asks for', async () => {
    const url = `http://none.localhost:${stage.port}/`
    const script = await ask(stranger, url, { headers: { 'accept-language': 'de' } })
    expect([script.headers['content-language'], script.headers['content-type']]).toEqual([
      'de',
      'application/problem+json',
    ])
    const page = await ask(stranger, url, { page: true, headers: { 'Accept-Language': 'en' } })
    expect([page.headers['content-language'], page.headers['content-type']]).toEqual(['en', 'text/html; charset=utf-8'])
    const twice = await ask(stranger, url, { headers: { 'accept-language': ['de', 'de'] } })
    expect(twice.headers['content-language']).toBe('en')
    const old = { accept: 'text/html', 'sec-fetch-dest': 'image' }
    expect((await ask(stranger, url, { headers: old })).headers['content-type']).toBe('application/problem+json')
  })

  test('a malformed request is refused and ends its connection', async () => {
    const answer = await ask(stranger, `${origin('wiki')}/`, { headers: { 'x-forwarded-for': 'x', expect: 'other' } })
    expect([answer.status, answer.headers.connection]).toEqual([417, 'close'])
  })

  test('the gateway serves its own pages at its own host, and below /.einlass/ of every app', async () => {
    expect((await ask(stranger, `${origin('wiki')}/.einlass/signed-in`, { page: true })).headers.server).toBeUndefined()
    const session = await ask(erika, `${origin('wiki')}/.einlass/session`)
    expect(JSON.parse(session.body)).toMatchObject({ subject: { email: 'erika@example.com' } })
  })

  test('a page of the gateway cannot be upgraded', async () => {
    await expect(erika.socket(`${origin('wiki')}/.einlass/session`, stage.port)).rejects.toMatchObject({ code: 400 })
  })

  test('a path that servers read differently is refused where it could matter', async () => {
    expect((await ask(erika, `${origin('wiki')}/public%2Fb`)).status).toBe(400)
    expect(seen(await ask(erika, `${origin('wiki')}/a%2Fb`)).url).toBe('/a%2Fb')
    expect(seen(await ask(erika, `${origin('slashes')}/public%2fb`)).url).toBe('/public%2fb')
    expect((await ask(erika, `${origin('docs')}/docs%2F/x`)).status).toBe(400)
    expect(seen(await ask(erika, `${origin('docs')}/docs//x`)).url).toBe('/docs//x')
    expect(seen(await ask(erika, `${origin('reading')}/docs//x`)).url).toBe('/docs//x')
  })

  test('each rejection is logged with its cause', async () => {
    await ask(erika, `${origin('wiki')}/public%2Flogged`)
    expect(stage.log()).toContainEqual(
      expect.objectContaining({ msg: 'request rejected', status: 400, detail: 'ambiguous_path', address: '127.0.0.1' }),
    )
    expect(stage.log()).toContainEqual(expect.objectContaining({ status: 404, detail: 'host' }))
  })
})

describe('without a session', () => {
  test('a page is redirected to the sign-in, and comes back to its address', async () => {
    const answer = await ask(stranger, `${origin('wiki')}/page/7?part=2`, { page: true })
    expect(answer.status).toBe(302)
    expect(answer.headers.location).toMatch(/^http:\/\/access\.localhost:\d+\/sign-in\?journey=[\w.-]{40,2000}$/)
    expect(answer.headers['set-cookie']).toEqual([
      expect.stringMatching(/^__Host-einlass-page-[\w-]+=[\w.-]+; Path=\/; /),
    ])
    const person = stage.person('erika')
    expect(seen(await person.signIn(`${origin('wiki')}/page/7?part=2`, stage.port)).url).toBe('/page/7?part=2')
  })

  test('a request that is no page is told where to sign in, and stores nothing', async () => {
    const answer = await ask(stranger, `${origin('wiki')}/api`)
    expect(told(answer)).toBe('401 no_session')
    expect(JSON.parse(answer.body)).toMatchObject({ sign_in: `${origin('wiki')}/.einlass/signed-in` })
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  test('nothing reaches the app', async () => {
    const before = stage.app.reached.length
    await ask(stranger, `${origin('wiki')}/api`)
    await ask(stranger, `${origin('wiki')}/api`, { page: true })
    await ask(stranger, `${origin('wiki')}/api`, { headers: { cookie: `__Host-einlass=${'x'.repeat(43)}` } })
    expect(stage.app.reached).toHaveLength(before)
  })

  test('a public path is forwarded without identity, also when there is a session', async () => {
    for (const person of [stranger, erika]) {
      const { url, headers } = seen(await ask(person, `${origin('wiki')}/public/a`))
      expect([url, headers['x-forwarded-user'], headers['x-einlass-jwt-assertion']]).toEqual([
        '/public/a',
        undefined,
        undefined,
      ])
    }
  })

  test('a public path admits reading only, unless it names its methods', async () => {
    expect(told(await ask(stranger, `${origin('wiki')}/public/a`, { method: 'POST', body: '' }))).toBe('401 no_session')
    await expect(stranger.socket(`${origin('wiki')}/public/a`, stage.port)).rejects.toMatchObject({ code: 401 })
  })
})

describe('an allowed request', () => {
  test('reaches the app with the identity of the user and the address of the client', async () => {
    const { url, headers } = seen(await ask(erika, `${origin('wiki')}/page?x=1`, { headers: { 'x-mine': 'kept' } }))
    expect(url).toBe('/page?x=1')
    expect(headers).toMatchObject({
      host: `wiki.localhost:${stage.port}`,
      'x-mine': 'kept',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': `wiki.localhost:${stage.port}`,
      'x-forwarded-user': 'erika',
      'x-forwarded-email': 'erika@example.com',
      'x-einlass-jwt-assertion': expect.stringMatching(/^ey/),
    })
    expect(headers.cookie).toBeUndefined()
  })

  test('is recorded with user, decision, app, status and bytes', async () => {
    const answer = await ask(erika, `${origin('wiki')}/form`, { method: 'POST', body: 'x'.repeat(1000) })
    const id = seen(answer).headers['x-request-id']
    const line = await recorded(id)
    expect(line).toMatchObject({
      activity_name: 'Post',
      disposition: 'Allowed',
      status: 'Success',
      actor: { user: { email_addr: 'erika@example.com' } },
      traffic: { bytes_in: 1000 },
    })
    expect(line.status_detail).toBeUndefined()
    expect(line.duration).toEqual(expect.any(Number))
    expect(JSON.stringify(line)).toContain('"end":"complete"')
    expect(JSON.stringify(line)).toContain('"rule":"staff"')
  })

  test('of a public path is recorded without a user', async () => {
    const { headers } = seen(await ask(stranger, `${origin('wiki')}/public/b`))
    const text = JSON.stringify(await recorded(headers['x-request-id']))
    expect(text).toContain('"rule":"public"')
    expect(text).not.toContain('@example.com')
  })
})

describe('a denied request', () => {
  test('is told why, never reaches the app, and is recorded', async () => {
    const before = stage.app.reached.length
    const answer = await ask(erika, `${origin('erp')}/books`)
    expect(told(answer)).toBe('403 not_in_group')
    expect(stage.app.reached).toHaveLength(before)
    expect(await recorded(answer.headers['x-request-id'])).toMatchObject({
      status_detail: 'not_in_group',
      disposition: 'Blocked',
      http_status: 403,
      traffic: { bytes_in: 0, bytes_out: Buffer.byteLength(answer.body) },
    })
  })

  test('as a page names the user and the app', async () => {
    const answer = await ask(erika, `${origin('erp')}/books`, { page: true })
    expect(answer.status).toBe(403)
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(answer.body).toContain('erika@example.com')
  })

  test('to write where only reading is allowed, also by a WebSocket', async () => {
    expect((await ask(erika, `${origin('reading')}/x`)).status).toBe(200)
    expect(told(await ask(erika, `${origin('reading')}/x`, { method: 'POST', body: '' }))).toBe('403 read_only')
    await expect(erika.socket(`${origin('reading')}/live`, stage.port)).rejects.toMatchObject({ code: 403 })
  })

  test('of a WebSocket from a foreign page', async () => {
    const foreign = { headers: { origin: 'https://evil.example' } }
    await expect(erika.socket(`${origin('wiki')}/live`, stage.port, foreign)).rejects.toMatchObject({ code: 403 })
  })
})

describe('a step-up', () => {
  const url = () => `${origin('strong')}/here`

  test('is asked of a page by a redirect to the sign-in, and of a script by a challenge (RFC 9470)', async () => {
    const thomas = stage.person('thomas')
    expect((await thomas.signIn(url(), stage.port)).status).toBe(200)
    expect((await ask(thomas, url())).status).toBe(200)
    stage.clock.ahead = 20_000
    const script = await ask(thomas, url())
    expect(told(script)).toBe('401 mfa_too_old')
    expect(script.headers['www-authenticate']).toContain('error="insufficient_user_authentication"')
    expect(script.headers['www-authenticate']).toContain('acr_values="urn:einlass:demo:2"')
    const page = await ask(thomas, url(), { page: true })
    expect([page.status, page.headers.location]).toEqual([302, expect.stringContaining('/sign-in?journey=')])
  })

  test('that was just completed is not repeated: the user would go round in circles', async () => {
    const thomas = stage.person('thomas')
    expect((await thomas.signIn(url(), stage.port)).status).toBe(200)
    stage.clock.ahead += 12_000
    const answer = await ask(thomas, url())
    expect(told(answer)).toBe('403 mfa_too_old')
    expect(await recorded(answer.headers['x-request-id'])).toMatchObject({ disposition: 'Blocked' })
  })
})

describe('an app that does not answer', () => {
  test('is a 502 with the reason, recorded as a failure of the app', async () => {
    const answer = await ask(erika, `${origin('down')}/x`)
    expect(answer.status).toBe(502)
    const line = await recorded(answer.headers['x-request-id'])
    expect(line).toMatchObject({ status: 'Failure', http_status: 502 })
    expect(JSON.stringify(line)).toContain('"end":"upstream_failed"')
    expect(stage.log()).toContainEqual(expect.objectContaining({ msg: 'upstream request failed', app: 'down' }))
  })
})

describe('transfer limits of a rule', () => {
  test('a download beyond the limit is refused before its first byte, with the reason', async () => {
    const answer = await ask(erika, `${origin('little')}/download?bytes=5000`)
    expect(told(answer)).toBe('403 download_limit')
    expect(await recorded(answer.headers['x-request-id'])).toMatchObject({ status_detail: 'download_limit' })
    expect((await ask(erika, `${origin('little')}/download?bytes=1000`)).status).toBe(200)
  })

  test('an upload beyond the limit is too large', async () => {
    const upload = (bytes: number) =>
      ask(erika, `${origin('little')}/download?bytes=1`, { method: 'POST', body: 'x'.repeat(bytes) })
    expect([(await upload(2000)).status, (await upload(1000)).status]).toEqual([413, 200])
  })
})

describe('metrics', () => {
  const count = async (sample: string): Promise<number> => {
    const text = await stage.gateway.management.metrics.text()
    const line = text.split('\n').find((one) => one.startsWith(`${sample} `))
    return line === undefined ? 0 : Number(line.slice(sample.length + 1))
  }
  /** By how much `act` changes each of the samples. */
  async function changes(samples: readonly string[], act: () => Promise<unknown>): Promise<number[]> {
    const before = await Promise.all(samples.map(count))
    await act()
    const after = await Promise.all(samples.map(count))
    return after.map((value, index) => value - before[index]!)
  }

  test('count decisions by app and effect', async () => {
    const samples = ['wiki",effect="allow', 'wiki",effect="challenge', 'erp",effect="deny'].map(
      (labels) => `einlass_decisions_total{app="${labels}"}`,
    )
    const act = async () => {
      await ask(erika, `${origin('wiki')}/x`)
      await ask(stranger, `${origin('wiki')}/x`)
      await ask(erika, `${origin('erp')}/x`)
    }
    expect(await changes(samples, act)).toEqual([1, 1, 1])
  })

  test('count forwarded requests by class of status, and the bytes of their bodies', async () => {
    const samples = [
      'einlass_requests_total{app="wiki",status="2xx"}',
      'einlass_requests_total{app="down",status="5xx"}',
      'einlass_bytes_total{app="wiki",direction="in"}',
      'einlass_bytes_total{app="wiki",direction="out"}',
    ]
    const act = async () => {
      await ask(erika, `${origin('wiki')}/download?bytes=700`, { method: 'POST', body: 'x'.repeat(300) })
      await ask(erika, `${origin('down')}/x`)
    }
    expect(await changes(samples, act)).toEqual([1, 1, 300, 700])
  })
})

describe('limits per user', () => {
  test('more requests at once than allowed are throttled, and others are not affected', async () => {
    const open = await Promise.all([1, 2, 3].map(() => erika.stream(`${origin('wiki')}/events`, stage.port)))
    const answer = await ask(erika, `${origin('wiki')}/x`)
    expect(await stage.gateway.management.metrics.text()).toMatch(/^einlass_throttled_total\{what="request"\} 1$/m)
    expect(told(answer)).toBe('429 throttled')
    // A page that only read can be tried again at once.
    const again = `href="${origin('wiki')}/x?part=2"`
    expect((await ask(erika, `${origin('wiki')}/x?part=2`, { page: true })).body).toContain(again)
    const form = await ask(erika, `${origin('wiki')}/x?part=2`, { page: true, method: 'POST', body: '' })
    expect(form.body).not.toContain(again)
    expect(await recorded(answer.headers['x-request-id'])).toMatchObject({ status_detail: 'throttled' })
    const ada = stage.person('ada')
    expect((await ada.signIn(`${origin('wiki')}/`, stage.port)).status).toBe(200)
    erika.close()
    await Promise.all(open.map(({ ended }) => ended))
    await expect.poll(async () => (await ask(erika, `${origin('wiki')}/x`)).status).toBe(200)
  })

  test('WebSockets are counted apart from requests', async () => {
    const socket = await erika.socket(`${origin('wiki')}/live`, stage.port)
    await socket.echo('hello')
    await expect(erika.socket(`${origin('wiki')}/live`, stage.port)).rejects.toMatchObject({ code: 429 })
    expect(await stage.gateway.management.metrics.text()).toContain('einlass_throttled_total{what="websocket"} 1\n')
    expect((await ask(erika, `${origin('wiki')}/x`)).status).toBe(200)
    erika.close()
    await socket.ended
    await expect
      .poll(() =>
        erika.socket(`${origin('wiki')}/live`, stage.port).then(
          () => 'open',
          () => 'refused',
        ),
      )
      .toBe('open')
    erika.close()
  })
})
