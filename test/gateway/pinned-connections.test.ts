// Private upstream connections of a running gateway: they end with session, lease, rule and process; limits and their code.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { NodeProcess } from '../support/gateway-process.ts'
import { ntlmAuthenticate, ntlmNegotiate, startNtlmApp, type NtlmApp } from '../support/ntlm-app.ts'
import { startRawClient, type RawClient } from '../support/raw-client.ts'
import { startTestEnvironment, type TestEnvironment } from '../support/test-environment.ts'
import type { Person } from '../support/user-client.ts'

const staff = { groups: ['staff'] }
const backends = ['einlass', 'node'] as const

describe.each(backends)('with gateway.http1: %s', (http1) => {
  let stage: TestEnvironment
  let node: NodeProcess
  let upstream: NtlmApp
  let erika: Person
  let thomas: Person
  const undo: (() => unknown)[] = []

  beforeAll(async () => {
    upstream = await startNtlmApp()
    stage = await startTestEnvironment({
      apps: {
        erp: { to: upstream.origin, policy: [{ allow: staff }] },
        brief: { to: upstream.origin, policy: [{ allow: staff }], session: { idle: '2s' } },
        old: { to: upstream.origin, policy: [{ allow: staff }], connection_auth: 'strip' },
      },
      more: () => ({ gateway: { http1, trusted_proxies: ['127.0.0.5/32'] }, limits: { sign_ins_per_minute: 500 } }),
    })
    node = await stage.startNode('a')
  })
  afterEach(async () => {
    for (const step of undo.splice(0)) await step()
    await expect.poll(() => upstream.open().length, { timeout: 10_000 }).toBe(0)
  })
  afterAll(async () => {
    await stage?.stop()
    await upstream?.stop()
  })

  async function signedIn(app: string): Promise<void> {
    erika = stage.person('erika')
    thomas = stage.person('thomas')
    for (const person of [erika, thomas]) {
      undo.push(() => person.close())
      // The application's own challenge, which leaves no connection behind.
      expect((await person.signIn(`${stage.origin(app)}/`, node.port)).headers['www-authenticate']).toBe(
        app === 'old' ? undefined : 'NTLM',
      )
    }
  }

  /** A client connection, on which anybody's cookie can be sent. */
  function connection(app: string): { ask(person: Person, authorization?: string): Promise<string>; raw: RawClient } {
    const url = new URL(stage.origin(app))
    const raw = startRawClient(node.port, '')
    undo.push(() => raw.socket.destroy())
    let read = 0
    return {
      raw,
      async ask(person, authorization) {
        const more = authorization === undefined ? '' : `Authorization: ${authorization}\r\n`
        const cookie = `Cookie: ${person.jar.header(url)}\r\n`
        raw.socket.write(`GET / HTTP/1.1\r\nHost: ${url.host}\r\nAccept: */*\r\n${cookie}${more}\r\n`)
        await expect.poll(() => /content-length: 0|\r\n\r\n.+/i.test(raw.text().slice(read))).toBe(true)
        const answer = raw.text().slice(read)
        read = raw.text().length
        return `${answer.slice(9, 12)} ${answer.split('\r\n\r\n')[1] ?? ''}`.trim()
      },
    }
  }

  test('a session that ends in the middle of a handshake takes the connection along', async () => {
    await signedIn('erp')
    const { ask } = connection('erp')
    expect(await ask(erika, ntlmNegotiate)).toBe('401')
    expect(upstream.open().length).toBe(1)
    const since = Date.now()
    expect((await node.admin('POST', '/sessions/end', { user: 'erika@example.com' })).status).toBe(200)
    await expect.poll(() => upstream.open().length).toBe(0)
    expect(Date.now() - since).toBeLessThan(1_500)
    const before = upstream.requests.length
    expect(await ask(erika, ntlmAuthenticate('erika'))).toMatch(/^401 .*session/)
    expect(upstream.requests.length).toBe(before)
  })

  test('somebody else on the same client connection is not answered as the one before', async () => {
    await signedIn('erp')
    const { ask } = connection('erp')
    await ask(erika, ntlmNegotiate)
    expect(await ask(erika, ntlmAuthenticate('erika'))).toBe('200 erika')
    expect(await ask(erika)).toBe('200 erika')
    expect(await ask(thomas)).toBe('401')
    expect(await ask(thomas, ntlmNegotiate)).toBe('401')
    expect(await ask(thomas, ntlmAuthenticate('thomas'))).toBe('200 thomas')
    expect(await ask(erika)).toBe('401')
  })

  test('a session that is idle for too long at this application ends an idle connection', async () => {
    await signedIn('brief')
    const { ask } = connection('brief')
    await ask(erika, ntlmNegotiate)
    expect(await ask(erika, ntlmAuthenticate('erika'))).toBe('200 erika')
    await expect.poll(() => upstream.open().length, { timeout: 5_000 }).toBe(0)
  })

  test('a rule that is taken away ends an idle connection', async () => {
    await signedIn('erp')
    const { ask } = connection('erp')
    await ask(erika, ntlmNegotiate)
    expect(await ask(erika, ntlmAuthenticate('erika'))).toBe('200 erika')
    await stage.configure(({ apps }) => (apps['erp'] = { ...apps['erp'], policy: [{ allow: { groups: ['nobody'] } }] }))
    expect((await node.admin('POST', '/reload')).status).toBe(200)
    await expect.poll(() => upstream.open().length).toBe(0)
    await stage.configure(({ apps }) => (apps['erp'] = { ...apps['erp'], policy: [{ allow: staff }] }))
    expect((await node.admin('POST', '/reload')).status).toBe(200)
  })

  test('behind a trusted proxy, a handshake may come over several connections, and its people stay apart', async () => {
    await signedIn('erp')
    const ask = (person: Person, authorization?: string) =>
      person.ask(stage.origin('erp'), node.port, {
        from: '127.0.0.5',
        headers: {
          'x-forwarded-for': '203.0.113.9',
          connection: 'close',
          ...(authorization !== undefined && { authorization }),
        },
      })
    const people = [erika, thomas].map((person) => ({ person, name: person.username }))
    for (const { person } of people) expect((await ask(person, ntlmNegotiate)).status).toBe(401)
    for (const { person, name } of people) expect((await ask(person, ntlmAuthenticate(name))).body).toBe(name)
    for (let round = 0; round < 10; round++)
      for (const { person, name } of people) expect((await ask(person)).body).toBe(name)
    expect((await node.admin('POST', '/sessions/end', { user: 'erika@example.com' })).status).toBe(200)
    expect((await node.admin('POST', '/sessions/end', { user: 'thomas@example.com' })).status).toBe(200)
  })

  test('above the limit: 503 with its reason code, in the answer and in the audit', async () => {
    await signedIn('erp')
    const url = stage.origin('erp')
    const signIn = async (): Promise<RawClient> => {
      const { ask, raw } = connection('erp')
      await ask(erika, ntlmNegotiate)
      await ask(erika, ntlmAuthenticate('erika'))
      return raw
    }
    const busy = [await signIn(), await signIn(), await signIn(), await signIn()]
    const head = `GET /hold HTTP/1.1\r\nHost: ${new URL(url).host}\r\nCookie: ${erika.jar.header(new URL(url))}\r\n\r\n`
    const held = (): number => upstream.requests.filter(({ path }) => path === '/hold').length
    const before = held()
    for (const raw of busy) raw.socket.write(head)
    await expect.poll(held).toBe(before + 4)
    const answer = await erika.ask(url, node.port, { headers: { authorization: ntlmNegotiate } })
    expect(answer.status).toBe(503)
    expect(answer.headers['retry-after']).toBeDefined()
    expect((JSON.parse(answer.body) as { reasons: { code: string }[] }).reasons[0]?.code).toBe('throttled')
    const event = await node.event(({ status_detail }) => status_detail === 'throttled')
    expect(JSON.stringify(event)).toContain('503')
    expect((await thomas.ask(url, node.port)).status).toBe(401)
  })

  test('strip: the application is asked without the credentials, and the client is not asked for any', async () => {
    await signedIn('old')
    const before = upstream.requests.length
    const answer = await erika.ask(stage.origin('old'), node.port, { headers: { authorization: ntlmNegotiate } })
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, undefined])
    expect(upstream.requests.slice(before).map(({ authorization }) => authorization)).toEqual([undefined])
    // Nobody is signed in on the connection: it is in the pool.
    for (const number of upstream.open()) upstream.close(number)
  })

  test('the process does not wait for an idle connection when it stops', async () => {
    await signedIn('erp')
    const { ask, raw } = connection('erp')
    await ask(erika, ntlmNegotiate)
    expect(await ask(erika, ntlmAuthenticate('erika'))).toBe('200 erika')
    raw.socket.on('end', () => raw.socket.destroy())
    const since = Date.now()
    expect(await node.stop()).toBe(0)
    expect(Date.now() - since).toBeLessThan(5_000)
  })
})
