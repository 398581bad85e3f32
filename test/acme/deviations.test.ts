// An authority that deviates: rate limits, unusable answers, endless ones, suggested renewal times, and certificates that are wrong.

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { askRenewalTime } from '../../src/acme/renewal-time.ts'
import { createSignedRequests } from '../../src/acme/signed-requests.ts'
import { renewalId } from '../../src/acme/x509.ts'
import { createBoundedHttp } from '../../src/net/bounded-http.ts'
import { createMemoryStore } from '../../src/store/memory.ts'
import { certificateFolder } from '../support/certificates.ts'
import { acmeNode } from './acme-node.ts'
import { deviatingAuthority, problem, type DeviatingAuthority, type Given } from './deviating-authority.ts'

const minute = 60_000
const day = 24 * 60 * minute

async function nodeAt(authority: DeviatingAuthority, now: () => number = Date.now) {
  const certificates = certificateFolder()
  const ca = certificates.make(['unused.example.com']).cert
  const names = ['wiki.example.com']
  const pebble = { directory: authority.directory, ca, tlsPort: 0, httpPort: 0 }
  const node = await acmeNode({ pebble, store: createMemoryStore({ now }), key: randomBytes(32), names, now })
  onTestFinished(async () => {
    await node.stop()
    certificates.remove()
  })
  return node
}

const failure = async (authority: DeviatingAuthority) => {
  const { acme } = await nodeAt(authority)
  await acme.round()
  return acme.status()[0]!.failure
}

describe('an order fails with its cause, and nothing else happens:', () => {
  const endless = Buffer.alloc(300 * 1024, ' ')

  test.each<[what: string, path: string, answer: Given, cause: string]>([
    [
      'a page instead of a directory',
      '/directory',
      { headers: { 'content-type': 'text/html' }, body: '<html>' },
      'is no directory',
    ],
    ['a directory without an endpoint', '/directory', { body: { newNonce: 'http://127.0.0.1:9/' } }, 'is no directory'],
    ['an endless answer', '/directory', { body: endless }, 'no answer of RFC 8555'],
    ['a compressed answer', '/directory', { headers: { 'content-encoding': 'br' } }, 'content encoding'],
    ['invalid JSON', '/order', { body: '{' }, 'sent invalid JSON'],
    ['JSON that is no object', '/order', { body: '"order"', headers: { location: 'x' } }, 'no JSON object'],
    ['an order without its URL', '/order', { status: 201, body: {} }, 'an incomplete order'],
    ['an account without its URL', '/account', { status: 201 }, 'gave the new account no URL'],
    ['a refused name', '/order', problem('rejectedIdentifier'), 'does not issue for wiki.example.com'],
    ['a CAA record', '/order', problem('caa'), 'CAA'],
    ['a mail address it does not take', '/account', problem('invalidContact'), 'refuses the mail address'],
    ['an error of its own', '/order', problem('serverInternal', 500), 'a problem of its own'],
    ['an error nobody knows', '/order', problem('quotaOfTheMoon'), 'quotaOfTheMoon'],
    ['no problem document', '/order', { status: 503, headers: { 'content-type': 'text/plain' } }, 'says: "status 503"'],
    ['nonces refused without end', '/order', problem('badNonce'), 'a problem of its own'],
  ])('%s', async (_what, path, answer, cause) => {
    const authority = await deviatingAuthority()
    authority.on(path, answer)
    expect((await failure(authority))!.cause).toContain(cause)
    expect(authority.asked.filter((one) => one.path === path).length).toBeLessThan(30)
  })

  test('text of the authority is one short line', async () => {
    const authority = await deviatingAuthority()
    authority.on('/order', problem('caa', 403, `a\r\n! forged: line\u001b[2J${'x'.repeat(10_000)}`))
    const { cause } = (await failure(authority))!
    expect(cause).not.toMatch(/[\r\n]/)
    expect(cause.length).toBeLessThan(500)
  })

  test('an address of a metadata service is not asked', async () => {
    const authority = await deviatingAuthority({ newOrder: 'https://169.254.169.254/latest' })
    expect((await failure(authority))!.cause).toContain('a metadata service of a cloud')
  })

  test('no challenge that can be answered here', async () => {
    const authority = await deviatingAuthority()
    const { origin } = authority
    authority.on('/order', {
      status: 201,
      headers: { location: `${origin}/order/1` },
      body: { status: 'pending', authorizations: [`${origin}/authz`], finalize: `${origin}/finalize` },
    })
    for (const token of ['../../secret', 'a b', '']) {
      authority.on('/authz', {
        body: {
          status: 'pending',
          challenges: [
            { type: 'dns-01', url: `${origin}/c`, token: 'x' },
            { type: 'tls-alpn-01', url: `${origin}/d`, token },
          ],
        },
      })
      expect((await failure(authority))!.cause).toContain(
        'the authority offers for wiki.example.com: dns-01, tls-alpn-01',
      )
    }
  })
})

test('a rate limit is waited for as long as the authority says, whatever is reloaded', async () => {
  let ahead = 0
  const authority = await deviatingAuthority()
  authority.on('/order', problem('rateLimited', 429, 'too many', { 'retry-after': String(8 * 3600) }))
  const { acme } = await nodeAt(authority, () => Date.now() + ahead)
  const orders = () => authority.asked.filter(({ path }) => path === '/order').length
  await acme.round()
  for (const hours of [1, 4, 7.9]) {
    ahead = hours * 60 * minute
    acme.reloaded()
    await acme.round()
    expect(orders()).toBe(1)
  }
  ahead = 8.1 * 60 * minute
  await acme.round()
  expect(orders()).toBe(2)
})

test('an account that is unknown is registered again with the same key', async () => {
  let ahead = 0
  const authority = await deviatingAuthority()
  authority.on('/order', problem('accountDoesNotExist'))
  const { acme } = await nodeAt(authority, () => Date.now() + ahead)
  await acme.round()
  ahead = 2 * minute
  await acme.round()
  const keys = authority.asked
    .filter(({ path }) => path === '/account')
    .map(({ protectedHeader }) => protectedHeader['jwk'])
  expect(keys).toHaveLength(2)
  expect(keys[0]).toEqual(keys[1])
  expect(Object.keys(keys[0] as object).toSorted()).toEqual(['crv', 'kty', 'x', 'y'])
})

test('the account names its mail address, and a changed one is sent', async () => {
  let ahead = 0
  const authority = await deviatingAuthority()
  authority.on('/order', problem('serverInternal', 500))
  authority.on('/account/1', {})
  const { acme, change } = await nodeAt(authority, () => Date.now() + ahead)
  await acme.round()
  change({ email: 'new@example.com' })
  ahead = 2 * minute
  await acme.round()
  const contacts = authority.asked.flatMap(({ path, payload }) =>
    path.startsWith('/account') ? [[path, payload['contact']]] : [],
  )
  expect(contacts).toEqual([
    ['/account', ['mailto:it@example.com']],
    ['/account/1', ['mailto:new@example.com']],
  ])
})

describe('the renewal time that an authority suggests (ARI)', () => {
  test('is asked for by the identifier of the certificate, and within the window', async () => {
    const authority = await deviatingAuthority()
    const renewalInfo = `${authority.origin}/ari`
    authority.on('/directory', { body: { newNonce: 'a', newAccount: 'b', newOrder: 'c', renewalInfo } })
    const http = createBoundedHttp({
      timeout: 5_000,
      connectTimeout: 5_000,
      keepAliveTimeout: 1_000,
      maxBytes: 65_536,
      maxConnections: 1,
    })
    onTestFinished(() => http.close())
    const requests = createSignedRequests({
      http,
      directoryUrl: authority.directory,
      userAgent: 'einlass/test',
      now: Date.now,
    })
    const certificates = certificateFolder()
    onTestFinished(() => certificates.remove())
    const cert = readFileSync(certificates.make(['wiki.example.com']).cert, 'utf8')
    const path = `/ari/${await renewalId(cert)}`
    const now = Date.now()
    const life = { cert, notBefore: now - 60 * day, notAfter: now + 30 * day, renewAt: now + 10 * day }
    const ask = (more: Partial<typeof life> = {}) =>
      askRenewalTime({ ...life, ...more }, requests, { now, random: 0.5 })
    const window = (start: number, end: number) => ({ suggestedWindow: { start: new Date(start), end: new Date(end) } })

    authority.on(path, { headers: { 'retry-after': '7200' }, body: window(now + day, now + 3 * day) })
    expect(await ask()).toEqual({
      renewAt: now + 2 * day,
      askAgainAt: expect.toSatisfy((at: number) => Math.abs(at - now - 120 * minute) < 5_000),
    })
    // A moment that was chosen before is kept.
    expect((await ask({ renewAt: now + 1.2 * day })).renewAt).toBe(now + 1.2 * day)
    // At once, as for certificates that are to be revoked.
    authority.on(path, { body: window(now - 2 * day, now - day) })
    expect((await ask()).renewAt).toBe(now - 1.5 * day)
    // So late that no further attempt could follow.
    authority.on(path, { body: window(now + 29 * day, now + 30 * day) })
    expect((await ask()).renewAt).toBe(life.notAfter - 7.5 * day)
    for (const given of [
      { status: 404 },
      { body: '{' },
      { body: {} },
      { body: window(now + day, now) },
      { body: { suggestedWindow: { start: 'x', end: 1 } } },
    ]) {
      authority.on(path, given)
      expect((await ask()).renewAt).toBe(life.renewAt)
    }
    // Neither every second nor never.
    authority.on(path, { headers: { 'retry-after': '0' }, body: window(now + day, now + 3 * day) })
    expect((await ask()).askAgainAt).toBeCloseTo(now + minute, -4)
    authority.on(path, { headers: { 'retry-after': '99999999' }, body: window(now + day, now + 3 * day) })
    expect((await ask()).askAgainAt).toBeCloseTo(now + day, -4)
  })
})
