// Strict-Transport-Security: on every answer over https, of applications and of Einlass, and never over plain http.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canonicalize, canonicalRules } from '../../src/gateway/canonical/canonical-request.ts'
import { requesterOf } from '../../src/gateway/requester.ts'
import type { Exchange, Received } from '../../src/http/exchange.ts'
import { createResponseHeaderRules } from '../../src/proxy/headers/response-headers.ts'
import { reply } from '../../src/web/kit/reply.ts'
import { problems, valid, head } from '../config/config-fixtures.ts'
import { app, startProxyEnvironment, type ProxyEnvironment } from '../support/proxy-environment.ts'
import { startRawClient } from '../support/raw-client.ts'

const sts = 'strict-transport-security'
const valuesOf = (flat: readonly string[]): string[] =>
  flat.filter((_, i) => i % 2 === 1 && flat[i - 1]!.toLowerCase() === sts)

describe('an answer of an application', () => {
  const answer = (hsts: string | undefined, status: number, ...sent: string[]): string[] => {
    const rules = createResponseHeaderRules({ hostname: 'erp.example.com', hsts, setsGatewayCookie: () => false })
    return valuesOf(rules(sent, status, true) ?? [])
  }

  test.each([200, 204, 302, 304, 404, 500])('of status %i has it', (status) => {
    expect(answer('max-age=31536000', status)).toEqual(['max-age=31536000'])
  })

  test('has that of the gateway, in place of its own in any spelling', () => {
    const own = ['Strict-Transport-Security', 'max-age=0', 'STRICT-transport-security', 'max-age=1; includeSubDomains']
    expect(answer('max-age=31536000', 200, ...own)).toEqual(['max-age=31536000'])
  })

  test('keeps its own when gateway.hsts is off, and has none over plain http', () => {
    expect(answer(undefined, 200, 'Strict-Transport-Security', 'max-age=5')).toEqual(['max-age=5'])
    expect(answer('', 200, 'Strict-Transport-Security', 'max-age=5')).toEqual([])
  })

  test('has none when it is a 101', () => expect(answer('max-age=31536000', 101)).toEqual([]))
})

describe('over HTTP/1.1 and HTTP/2', () => {
  const upstream = createServer((_request, response) => response.end('ok'))
  let front: ProxyEnvironment
  beforeAll(async () => {
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
    const origin = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
    front = await startProxyEnvironment(app([origin], { hsts: 'max-age=7' }))
  })
  afterAll(async () => {
    await front.close()
    upstream.close()
  })

  test('a forwarded answer has it', async () => {
    const client = startRawClient(front.port, 'GET / HTTP/1.1\r\nHost: erp.example.com\r\n\r\n')
    expect(await client.until(/ok$/)).toContain('\r\nStrict-Transport-Security: max-age=7\r\n')
    client.socket.destroy()
    const { connect } = await import('node:http2')
    const session = connect(`http://127.0.0.1:${front.http2Port}`)
    const headers = await new Promise<object>((resolve) => session.request({ ':path': '/' }).on('response', resolve))
    expect(headers).toMatchObject({ [sts]: 'max-age=7' })
    session.destroy()
  })
})

describe('a page, problem or rejection of Einlass', () => {
  const limits = { headerCount: 100, headerBytes: 16_384, proxies: (address: string) => address === '10.0.0.1' }
  const rules = canonicalRules({ ...limits, hsts: 'max-age=9; includeSubDomains' })
  const received = (changes: Partial<Received>, ...headers: string[]): Received => ({
    method: 'GET',
    target: '/',
    version: '1.1',
    headers: ['Host', 'wiki.example.com', ...headers],
    authority: undefined,
    omittedCookies: 0,
    address: '203.0.113.9',
    port: 1,
    serverName: undefined,
    secure: true,
    bodyEnded: true,
    ...changes,
  })
  /** For a request that is well-formed, and for the same one rejected as malformed. */
  const both = (of: Received): string[][] => {
    const view = canonicalize({ kind: 'http', received: of, startedAt: 0 } as unknown as Exchange, rules)
    if (view.kind === 'rejected') throw new Error(view.detail)
    return [view.request, requesterOf(of, 'r', rules)].map((one) => valuesOf(reply(one, 200, [], '').headers))
  }
  const configured = [['max-age=9; includeSubDomains'], ['max-age=9; includeSubDomains']]

  test('over https has the configured value', () => expect(both(received({}))).toEqual(configured))
  test('over plain http has none', () => expect(both(received({ secure: false }))).toEqual([[], []]))

  test('goes by the effective scheme behind a front that terminates TLS', () => {
    const behind = { address: '10.0.0.1', secure: false }
    expect(both(received(behind, 'X-Forwarded-Proto', 'https'))).toEqual(configured)
    expect(both(received(behind, 'X-Forwarded-Proto', 'http'))).toEqual([[], []])
    expect(both(received({ secure: false }, 'X-Forwarded-Proto', 'https'))).toEqual([[], []])
  })
})

describe('gateway.hsts', () => {
  const file = (hsts: string, from = 'https://wiki.example.com'): string =>
    `${head.replace('tls:', `${hsts}tls:`)}apps:\n  wiki: { from: "${from}", to: http://10.0.0.1, policy: [{ allow: {} }] }\n`

  test.each([
    ['', 'max-age=31536000'],
    ['hsts: {}, ', 'max-age=31536000'],
    ['hsts: { max_age: 1h }, ', 'max-age=3600'],
    [
      'hsts: { max_age: 730d, include_subdomains: true, preload: true }, ',
      'max-age=63072000; includeSubDomains; preload',
    ],
  ])('%s is %s', async (text, value) => {
    const { gateway, apps } = await valid(file(text))
    expect(gateway.hsts).toBe(value)
    expect(apps.get('wiki')?.hsts).toBe(value)
    expect((await valid(file(text, 'http://wiki.localhost:8080'))).apps.get('wiki')?.hsts).toBe('')
  })

  test('off sends none and lets an app send its own, over https only', async () => {
    const { gateway, apps } = await valid(file('hsts: off, '))
    expect([gateway.hsts, apps.get('wiki')?.hsts]).toEqual(['', undefined])
    expect((await valid(file('hsts: off, ', 'http://wiki.localhost:8080'))).apps.get('wiki')?.hsts).toBe('')
  })

  test('preload needs what the lists require', async () => {
    for (const more of ['', 'include_subdomains: true, max_age: 30d, ']) {
      expect(await problems(file(`hsts: { ${more}preload: true }, `))).toEqual([
        expect.stringContaining('gateway.hsts.preload: needs include_subdomains: true and a max_age of 365d or more'),
      ])
    }
  })
})
