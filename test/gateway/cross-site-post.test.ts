// Forms of other sites at `cross_site_posts`: which requests are sent again, and that nothing else passes by them.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFormReads } from '../../src/gateway/form-reads.ts'
import { formFields } from '../../src/http/form-fields.ts'
import { composeGateway, type ComposedGateway, type Sent, type SignedIn } from './composed-gateway.ts'

let gateway: ComposedGateway
let ada: SignedIn
beforeAll(async () => {
  const posts = 'cross_site_posts: [/saml/acs, /pay/*], public: [{ paths: [/pay/hook], methods: [POST] }]'
  gateway = await composeGateway({
    wiki: `policy: [{ allow: { groups: [staff] } }], trusted_origins: [https://shop.example.com], ${posts}`,
  })
  ada = await gateway.signIn('wiki')
})
afterAll(() => gateway?.stop())

const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
const navigate = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' }
const fromIdp = { ...form, ...navigate, Origin: 'https://idp.test', 'Sec-Fetch-Site': 'cross-site' }
const post: Sent = { method: 'POST', target: '/saml/acs', headers: fromIdp, body: 'SAMLResponse=a%2Bb&RelayState=' }

async function outcome(sent: Sent): Promise<string> {
  const before = gateway.forwarded.length
  const { status, body } = await gateway.send({ ...post, ...sent })
  const again = body.includes('accept-charset="windows-1252"')
  return `${status}${again ? ' sent again' : ''}${gateway.forwarded.length > before ? ' forwarded' : ''}`
}
const headers = (more: Readonly<Record<string, string>>): Sent => ({ headers: { ...fromIdp, ...more } })
const without = (...names: string[]): Sent => ({
  headers: Object.fromEntries(Object.entries(fromIdp).filter(([name]) => !names.includes(name))),
})

describe('a form of another site', () => {
  test.each<[string, Sent]>([
    ['without a session', {}],
    ['with the session of a page of the same site', headers({ 'Sec-Fetch-Site': 'same-site' })],
    ['of an opaque origin', headers({ Origin: 'null' })],
    ['in a frame', headers({ 'Sec-Fetch-Dest': 'iframe' })],
    ['that a service worker passes on', headers({ 'Sec-Fetch-Dest': 'empty' })],
    ['whose fields contradict one another', headers({ Origin: 'https://wiki.example.com' })],
    [
      'from a browser without Fetch Metadata',
      { headers: { ...form, Origin: 'https://idp.test', Accept: 'text/html' } },
    ],
    ['under a prefix', { target: '/pay/return?order=7' }],
    ['of a trusted page, without the session', headers({ Origin: 'https://shop.example.com' })],
  ])('%s is sent again, and not forwarded', async (_name, sent) => {
    expect(await outcome(sent)).toBe('200 sent again')
    expect(await outcome({ ...sent, as: ada })).toBe(_name.includes('trusted') ? '200 forwarded' : '200 sent again')
  })

  test('is decided on when it comes from the own page', async () => {
    const own = headers({ Origin: 'https://wiki.example.com', 'Sec-Fetch-Site': 'same-origin' })
    expect(await outcome({ ...own, as: ada })).toBe('200 forwarded')
    expect(await outcome(own)).toBe('401')
  })

  test.each<[string, Sent]>([
    ['by fetch', headers({ 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'empty' })],
    [
      'by fetch that asks for HTML',
      headers({ 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty', Accept: 'text/html' }),
    ],
    ['to a longer path', { target: '/saml/acs/x' }],
    ['to a shorter path', { target: '/saml' }],
    ['by another method', { method: 'PUT' }],
    ['that hides where it comes from', { headers: { ...form, Accept: 'text/html', 'User-Agent': 'Mozilla/5.0' } }],
  ])('%s is refused, with a session and without', async (_name, sent) => {
    expect(await outcome(sent)).toBe('403')
    expect(await outcome({ ...sent, as: ada })).toBe('403')
  })

  test('to a public path is forwarded as it is', async () => {
    expect(await outcome({ target: '/pay/hook' })).toBe('200 forwarded')
  })

  test.each([
    '/saml%2facs',
    '//saml/acs',
    '/x/../saml/acs',
    '/pay/..;/admin',
    '/pay//admin',
    '/pay/;/admin',
    '/pay/%2e%2e/admin',
  ])('to another spelling (%s) is sent nowhere', async (target) => expect(await outcome({ target })).toBe('400'))
})

describe('what cannot be sent again', () => {
  test.each<[string, Sent, string]>([
    ['files', headers({ 'Content-Type': 'multipart/form-data; boundary=x' }), '415'],
    ['plain text', headers({ 'Content-Type': 'text/plain' }), '415'],
    ['no type', without('Content-Type'), '415'],
    ['an encoded body', headers({ 'Content-Encoding': 'gzip' }), '415'],
    ['300 KB', { body: `a=${'x'.repeat(300 * 1024)}` }, '413'],
    ['1,001 fields', { body: 'a=&'.repeat(1_001) }, '413'],
    ['a NUL', { body: 'a=b%00c' }, '400'],
    ['a NUL in a name', { body: 'a%00=b' }, '400'],
    ['a field without a name', { body: 'a=b&=c' }, '400'],
    ['a charset field with a line end', { body: '_charset_=a%0d%0ab' }, '400'],
  ])('%s', async (_name, sent, status) => expect(await outcome({ ...sent, as: ada })).toBe(status))

  test('as much as is allowed, and strange encodings, are sent again', async () => {
    expect(await outcome({ body: `a=${'x'.repeat(256 * 1024 - 2)}` })).toBe('200 sent again')
    expect(await outcome({ body: 'a=&'.repeat(1_000) })).toBe('200 sent again')
    expect(await outcome({ body: 'a=%FF%C3%28&%zz=%&&b' })).toBe('200 sent again')
    expect(await outcome({ body: '' })).toBe('200 sent again')
  })

  test('a place that is not free is asked for again', async () => {
    const full = { ...gateway.deps, formReads: { acquire: () => undefined } }
    const answer = await gateway.send(post, full)
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5'])
  })
})

test('the refusal of a form names the setting, that of a script does not', async () => {
  const undeclared = await gateway.send({ ...post, target: '/other' })
  expect(undeclared.body).toContain('cross_site_posts')
  const script = await gateway.send({
    ...post,
    ...headers({ 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'empty' }),
    target: '/other',
  })
  expect(script.body).not.toContain('cross_site_posts')
})

test('a form that is sent again is in no audit event and in no log line', async () => {
  const [events, lines] = [gateway.events.length, gateway.logged.length]
  await gateway.send({ ...post, body: 'SAMLResponse=secret-assertion' })
  expect(gateway.events).toHaveLength(events)
  const logged = gateway.logged.slice(lines)
  expect(logged).toMatchObject([{ app: 'wiki', origin: 'https://idp.test' }])
  expect(JSON.stringify(logged)).not.toContain('secret-assertion')
})

test('forms in memory are limited, for each client and in all', () => {
  const reads = createFormReads()
  const held = Array.from({ length: 32 }, () => reads.acquire('192.0.2.1'))
  expect([held.every((release) => release !== undefined), reads.acquire('192.0.2.1')]).toEqual([true, undefined])
  const others = Array.from({ length: 96 }, (_, index) => reads.acquire(`198.51.100.${index}`))
  expect([others.every((release) => release !== undefined), reads.acquire('203.0.113.1')]).toEqual([true, undefined])
  held[0]!()
  expect(reads.acquire('203.0.113.1')).toBeDefined()
})

test('fields are split as browsers write them, byte by byte', () => {
  const split = (body: string) => formFields(Buffer.from(body, 'latin1'), 10)?.map(({ name, value }) => [name, value])
  expect(split('a=1&a=2&b=&c&=d&&e=f=g')).toEqual([
    ['a', '1'],
    ['a', '2'],
    ['b', ''],
    ['c', ''],
    ['', 'd'],
    ['e', 'f=g'],
  ])
  expect(split('%41+b=%e4%FF%00%zz%')).toEqual([['A b', '\u00e4\u00ff\0%zz%']])
  expect(split('')).toEqual([])
  expect(split('a&'.repeat(11))).toBeUndefined()
})
