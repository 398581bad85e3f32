// Destination (COPY, MOVE): read as strictly as a target, decided on as a write of its own, rewritten for the upstream.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { composeGateway, type ComposedGateway, type SignedIn } from './composed-gateway.ts'

let gateway: ComposedGateway
let as: SignedIn
let reader: SignedIn
const host = 'files.example.com'
beforeAll(async () => {
  gateway = await composeGateway({
    files: `methods: webdav, public: [{ paths: [/open/*], methods: [GET, COPY] }], policy: [${[
      '{ name: locked, deny: { paths: [/locked/*], actions: [write] } }',
      '{ name: hidden, deny: { paths: [/hidden/*] } }',
      '{ name: night, allow: { groups: [night] }, mode: monitor }',
      '{ name: staff, allow: { groups: [staff] } }',
      '{ name: readers, allow: { groups: [readers], actions: [read] } }',
      '{ name: inbox, allow: { groups: [readers], paths: [/inbox/*] }, limit: { upload: 1MB } }',
    ].join(', ')}]`,
    plain: 'methods: webdav, policy: [{ allow: { groups: [staff] } }]',
    radicale: 'methods: webdav, destination_scheme: public, policy: [{ allow: { groups: [staff] } }]',
    watched: 'methods: webdav, mode: monitor, policy: [{ allow: { groups: [staff], paths: [/a/*] } }]',
    wiki: 'policy: [{ allow: { groups: [staff] } }]',
    inner: 'methods: webdav, host: dav.internal, policy: [{ allow: { groups: [staff] } }]',
    named: 'methods: webdav, host: upstream, policy: [{ allow: { groups: [staff] } }]',
  })
  as = await gateway.signIn('files')
  reader = await gateway.signIn('files', { sub: 'rita', groups: ['readers'] })
})
afterAll(() => gateway?.stop())
let forwarded: number
beforeEach(() => void (forwarded = gateway.forwarded.length))

interface Copy {
  readonly method?: string
  readonly target?: string
  readonly destination?: string
  readonly fields?: Record<string, string>
  readonly who?: SignedIn | undefined
  readonly at?: string
}
const send = ({ method = 'COPY', target = '/a.txt', destination, fields, who = as, at = host }: Copy) =>
  gateway.send({
    host: at,
    as: who,
    method,
    target,
    headers: { ...(destination !== undefined && { Destination: destination }), ...fields },
  })
const last = () => gateway.forwarded.at(-1)!
const wasForwarded = (): boolean => gateway.forwarded.length > forwarded
const reason = () => gateway.access().decision.reasons[0]?.code

describe('a Destination is refused with 400', () => {
  test.each([
    ['of another host', 'https://other.example.com/b'],
    ['of another app', 'https://wiki.example.com/b'],
    ['of the gateway', 'https://access.example.com/b'],
    ['of another scheme', 'http://files.example.com/b'],
    ['of another port', 'https://files.example.com:8443/b'],
    ['of a subdomain', 'https://x.files.example.com/b'],
    ['without a scheme', '//files.example.com/b'],
    ['without a scheme, of another host', '//other.example.com/b'],
    ['with three slashes', '///b'],
    ['with user information', 'https://anna@files.example.com/b'],
    ['with a password', 'https://anna:secret@files.example.com/b'],
    ['with a host in the user information', 'https://files.example.com@other.example.com/b'],
    ['with a fragment', 'https://files.example.com/b#c'],
    ['with a fragment, as a path', '/b#c'],
    ['with a dot segment', '/a/../b'],
    ['with an encoded dot segment', '/a/%2e%2e/b'],
    ['with an encoded slash and dots', '/a/..%2fb'],
    ['with a double escape', '/a/%252e%252e/b'],
    ['with an encoded slash where a rule looks', '/locked%2Fb'],
    ['with an encoded backslash where a rule looks', '/locked%5cb'],
    ['with a backslash', '/a\\b'],
    ['with a backslash after the scheme', 'https:\\\\files.example.com/b'],
    ['with an encoded line end', '/a%0d%0aX: y'],
    ['with an encoded line end alone', '/a%0Ab'],
    ['with an encoded NUL', '/a%00'],
    ['with a blank', '/a b'],
    ['with a blank before', 'https://files.example.com /b'],
    ['with a parameter where a rule looks', '/locked;x/b'],
    ['with an empty segment where a rule looks', 'https://files.example.com//locked/b'],
    ['with a segment that ends in a dot where a rule looks', '/locked./b'],
    ['with overlong UTF-8', '/%c0%af'],
    ['that is relative', 'b'],
    ['that is empty', ''],
    ['that is a query', '?b'],
    ['that is an asterisk', '*'],
    ['of another kind', 'file:///etc/passwd'],
    ['of the gateway’s pages', '/.einlass/sign-in'],
    ['of the gateway’s pages, escaped', '/%2eeinlass/sign-in'],
    ['of two', 'https://files.example.com/b, https://files.example.com/c'],
  ])('%s', async (_name, destination) => {
    expect((await send({ destination })).status).toBe(400)
    expect(wasForwarded()).toBe(false)
  })

  test('that is absent', async () => {
    expect((await send({})).status).toBe(400)
    expect((await send({ method: 'MOVE' })).status).toBe(400)
    expect(wasForwarded()).toBe(false)
  })

  test('as one of two fields', async () => {
    const { status } = await send({ destination: '/b', fields: { destination: '/c' } })
    expect([status, gateway.logged.at(-1)!['detail']]).toEqual([400, 'header_twice'])
  })
})

describe('the upstream gets a Destination', () => {
  test.each([
    ['with the scheme it sees', 'https://files.example.com/b%20c', 'http://files.example.com/b%20c'],
    ['without the default port', 'https://FILES.example.com:443/b', 'http://files.example.com/b'],
    ['as a path, when it was one', '/b', '/b'],
    ['in canonical form', 'HTTPS://files.example.com/%7eb/%c3%a4', 'http://files.example.com/~b/%C3%A4'],
    ['with its query', 'https://files.example.com/b?x=%41', 'http://files.example.com/b?x=%41'],
    ['of the root', 'https://files.example.com', 'http://files.example.com/'],
  ])('%s', async (_name, destination, expected) => {
    expect((await send({ destination })).status).toBe(200)
    expect(last().fields['destination']).toBe(expected)
  })

  test('with the public scheme when the app believes X-Forwarded-Proto', async () => {
    const who = await gateway.signIn('radicale')
    await send({ at: 'radicale.example.com', who, destination: 'https://radicale.example.com/b' })
    expect(last().fields['destination']).toBe('https://radicale.example.com/b')
  })

  test.each([
    ['inner', 'http://dav.internal/b'],
    ['named', 'http://127.0.0.1:9/b'],
  ])('with the Host it sees, when that is not the public one: %s', async (app, expected) => {
    const who = await gateway.signIn(app)
    await send({ at: `${app}.example.com`, who, destination: `https://${app}.example.com/b` })
    expect(last().fields['destination']).toBe(expected)
  })

  test('also when Connection names it', async () => {
    await send({ destination: '/b', fields: { Connection: 'destination, if' } })
    expect(last().fields['destination']).toBe('/b')
  })

  test('beside Overwrite, Depth, Lock-Token and Timeout, as they are', async () => {
    const fields = { Overwrite: 'F', Depth: 'infinity', 'Lock-Token': '<urn:uuid:1>', Timeout: 'Infinite, Second-60' }
    await send({ destination: '/b', fields })
    expect(last().fields).toMatchObject({
      overwrite: 'F',
      depth: 'infinity',
      'lock-token': '<urn:uuid:1>',
      timeout: 'Infinite, Second-60',
    })
  })

  test('with a semicolon where no rule looks at paths', async () => {
    const who = await gateway.signIn('plain')
    await send({ at: 'plain.example.com', who, destination: 'https://plain.example.com/a;b//c' })
    expect(last().fields['destination']).toBe('http://plain.example.com/a;b//c')
  })

  test('as received from an app without WebDAV, which gives it a meaning of its own', async () => {
    const who = await gateway.signIn('wiki')
    await send({ at: 'wiki.example.com', who, method: 'POST', destination: 'Paris, France', fields: { If: 'x <y>' } })
    expect(last().fields).toMatchObject({ destination: 'Paris, France', if: 'x <y>' })
  })
})

describe('a destination is decided on as a write of its own', () => {
  test.each([
    ['a path', '/locked/b'],
    ['the folder itself', '/locked'],
    ['the folder itself with a slash', '/locked/'],
    ['a URI', 'https://files.example.com/locked/b'],
    ['a URI with the port', 'https://files.example.com:443/locked/b'],
    ['escaped letters', '/%6cocked/b'],
    ['escaped letters in a URI', 'https://files.example.com/%6C%6Fcked/b'],
    ['a query', '/locked/b?x'],
  ])('COPY and MOVE into a denied folder are denied: %s', async (_name, destination) => {
    for (const method of ['COPY', 'MOVE']) {
      expect((await send({ method, destination })).status).toBe(403)
      expect(reason()).toBe('denied_by_rule')
    }
    expect(wasForwarded()).toBe(false)
  })

  test('the source of a COPY is read, that of a MOVE is written', async () => {
    expect((await send({ target: '/locked/a', destination: '/b' })).status).toBe(200)
    expect((await send({ method: 'MOVE', target: '/locked/a', destination: '/b' })).status).toBe(403)
    expect((await send({ target: '/hidden/a', destination: '/b' })).status).toBe(403)
  })

  test('who may only read copies to where they may write', async () => {
    expect((await send({ who: reader, destination: '/b' })).status).toBe(403)
    expect((await send({ who: reader, destination: '/inbox/b' })).status).toBe(200)
    expect((await send({ who: reader, method: 'MOVE', destination: '/inbox/b' })).status).toBe(403)
    expect((await send({ who: reader, method: 'MOVE', target: '/inbox/a', destination: '/inbox/b' })).status).toBe(200)
  })

  test('limits of both rules hold', async () => {
    await send({ who: reader, destination: '/inbox/b' })
    expect(last().limits).toEqual({ download: undefined, upload: 1_048_576 })
  })

  test('the lease of a copy to one folder serves no copy to another, in any order', async () => {
    for (const order of [
      ['/b', '/locked/b', '/b', '/locked/b'],
      ['/locked/b', '/b', '/c', '/hidden/c'],
    ]) {
      const got: number[] = []
      for (const destination of order) got.push((await send({ destination })).status)
      expect(got).toEqual(order.map((path) => (/locked|hidden/.test(path) ? 403 : 200)))
    }
  })

  test('the audit names it, and the decision can be made again from it', async () => {
    await send({ destination: 'https://files.example.com/locked/b' })
    expect(gateway.access()).toMatchObject({
      request: { method: 'COPY', path: '/a.txt' },
      input: { method: 'COPY', path: '/a.txt', destination: '/locked/b' },
      decision: { effect: 'deny', rule: 'locked' },
    })
  })

  test('a public path is open for COPY only when both are', async () => {
    const copy = (target: string, destination: string) =>
      gateway.send({ host, method: 'COPY', target, headers: { Destination: destination } })
    expect((await copy('/open/a', '/open/b')).status).toBe(200)
    expect((await copy('/open/a', '/b')).status).toBe(401)
    expect((await copy('/a', '/open/b')).status).toBe(401)
  })

  test('in mode monitor it is recorded and forwarded', async () => {
    const who = await gateway.signIn('watched')
    await send({ at: 'watched.example.com', who, target: '/a/x', destination: '/b/x' })
    expect(wasForwarded()).toBe(true)
    expect(gateway.access().decision).toMatchObject({ effect: 'allow', monitored: 'deny' })
  })

  test('also with a method that only the app knows', async () => {
    expect((await send({ method: 'MERGE', destination: '/locked/b' })).status).toBe(403)
    expect((await send({ method: 'MERGE', destination: 'https://other.example.com/' })).status).toBe(400)
    expect((await send({ method: 'MERGE' })).status).toBe(200)
  })
})

describe('If', () => {
  const tagged = async (field: string) => {
    const { status } = await send({ method: 'PUT', fields: { If: field } })
    return status === 200 ? last().fields['if'] : status
  }

  test.each([
    ['an untagged list', '(<urn:uuid:1> ["a"])', '(<urn:uuid:1> ["a"])'],
    ['a tagged list', '<https://files.example.com/b> (<urn:uuid:1>)', '<http://files.example.com/b> (<urn:uuid:1>)'],
    ['a path', '</b%20c> (Not <DAV:no-lock>)', '</b%20c> (Not <DAV:no-lock>)'],
    [
      'several',
      '<https://files.example.com/a> (<x:1>) (["e"]) </b> (<https://other.example.com/token>)',
      '<http://files.example.com/a> (<x:1>) (["e"]) </b> (<https://other.example.com/token>)',
    ],
    ['brackets in an entity tag', '(["a)<https://x/>"])', '(["a)<https://x/>"])'],
    ['a weak entity tag', '([W/"a"] <x:1>)', '([W/"a"] <x:1>)'],
  ])('with %s reaches the upstream', async (_name, field, expected) => {
    expect(await tagged(field)).toBe(expected)
  })

  test.each([
    ['of another origin', '<https://other.example.com/b> (<x:1>)'],
    ['without a scheme', '<//other.example.com/b> (<x:1>)'],
    ['with user information', '<https://a@files.example.com/b> (<x:1>)'],
    ['with a dot segment', '</a/../b> (<x:1>)'],
    ['that is not closed', '</a (<x:1>)'],
    ['in a list that is not closed', '(<x:1>'],
    ['without brackets', '/a (<x:1>)'],
  ])('naming a resource %s is refused', async (_name, field) => {
    expect(await tagged(field)).toBe(400)
  })

  test('of many thousand characters is read in linear time', async () => {
    const begun = performance.now()
    for (const field of [
      ' '.repeat(14_000),
      '(' + ' '.repeat(14_000),
      '('.repeat(14_000),
      '(['.repeat(7_000),
      '<'.repeat(14_000),
    ])
      await tagged(field)
    expect(performance.now() - begun).toBeLessThan(1_000)
  })
})
