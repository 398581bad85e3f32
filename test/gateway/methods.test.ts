// Methods: which an app accepts, what becomes of others, and which read.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { webdavMethods } from '../../src/config/methods.ts'
import { composeGateway, type ComposedGateway, type SignedIn } from './composed-gateway.ts'

const staff = 'policy: [{ allow: { groups: [staff] } }]'
let gateway: ComposedGateway
let as: Record<string, SignedIn>
beforeAll(async () => {
  gateway = await composeGateway({
    wiki: `${staff}, owner: it@example.com, title: The wiki`,
    files: `${staff}, methods: webdav`,
    any: `${staff}, methods: all`,
    few: `${staff}, methods: [GET, PURGE, CCM_POST]`,
    reader: 'policy: [{ allow: { groups: [staff], actions: [read] } }], methods: all',
    granted: 'policy: [{ allow: { grant: required } }], methods: webdav',
  })
  as = {}
  for (const app of ['wiki', 'files', 'any', 'few', 'reader', 'granted']) as[app] = await gateway.signIn(app)
})
afterAll(() => gateway?.stop())

const send = (app: string, method: string, headers: Record<string, string> = {}) =>
  gateway.send({
    host: `${app}.example.com`,
    as: as[app]!,
    method,
    headers: { ...destinationOf(app, method), ...headers },
  })
const destinationOf = (app: string, method: string): Record<string, string> =>
  method === 'COPY' || method === 'MOVE' ? { Destination: `https://${app}.example.com/b` } : {}
const statuses = async (app: string, methods: readonly string[]) =>
  Object.fromEntries(await Promise.all(methods.map(async (one) => [one, (await send(app, one)).status] as const)))

describe('an app accepts', () => {
  test('the methods of RFC 9110 and PATCH, when it says nothing', async () => {
    expect(await statuses('wiki', ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])).toEqual(
      Object.fromEntries(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((one) => [one, 200])),
    )
    expect(await statuses('wiki', ['PROPFIND', 'MKCOL', 'MOVE', 'REPORT', 'LOCK', 'QUERY', 'PURGE', 'get'])).toEqual({
      PROPFIND: 501,
      MKCOL: 501,
      MOVE: 501,
      REPORT: 501,
      LOCK: 501,
      QUERY: 501,
      PURGE: 501,
      get: 501,
    })
  })

  test.each([...webdavMethods])('%s with methods: webdav, as it was sent', async (method) => {
    expect((await send('files', method)).status).toBe(200)
    expect(gateway.forwarded.at(-1)).toMatchObject({ method, host: 'files.example.com' })
    expect(gateway.access().request.method).toBe(method)
  })

  test('any name in capitals with methods: all, and never CONNECT, TRACE and TRACK', async () => {
    expect(await statuses('any', ['PURGE', 'VERSION-CONTROL', 'M-SEARCH', 'X!', 'delete', 'Get'])).toEqual({
      PURGE: 200,
      'VERSION-CONTROL': 200,
      'M-SEARCH': 200,
      'X!': 200,
      delete: 501,
      Get: 501,
    })
    expect(await statuses('any', ['CONNECT', 'TRACE', 'TRACK', 'trace', 'Connect'])).toEqual({
      CONNECT: 501,
      TRACE: 501,
      TRACK: 501,
      trace: 501,
      Connect: 501,
    })
  })

  test('only those it lists', async () => {
    expect(await statuses('few', ['GET', 'PURGE', 'CCM_POST', 'POST', 'HEAD', 'PROPFIND'])).toEqual({
      GET: 200,
      PURGE: 200,
      CCM_POST: 200,
      POST: 501,
      HEAD: 501,
      PROPFIND: 501,
    })
  })
})

describe('a method that an app does not accept', () => {
  test('is named with the setting in the problem document and the log', async () => {
    const { status, body, headers } = await send('wiki', 'PROPFIND')
    const problem = JSON.parse(body) as { type: string; detail: string }
    expect({ status, connection: headers['connection'], type: problem.type }).toEqual({
      status: 501,
      connection: undefined,
      type: expect.stringContaining('method_not_accepted'),
    })
    expect(problem.detail).toContain('PROPFIND')
    expect(problem.detail).toContain('apps.wiki.methods')
    expect(gateway.logged.at(-1)).toMatchObject({
      status: 501,
      detail: 'method',
      app: 'wiki',
      method: 'PROPFIND',
      mend: expect.stringContaining('apps.wiki.methods'),
    })
  })

  test.each([
    ['en', 'Your program sent MKCOL, which is not forwarded to The wiki.'],
    ['de', 'Ihr Programm hat MKCOL gesendet; das wird nicht an The wiki weitergeleitet.'],
  ])('is named with the setting on the page (%s)', async (language, sentence) => {
    const { body } = await gateway.send({
      as: as['wiki']!,
      method: 'MKCOL',
      page: true,
      headers: { 'Accept-Language': language },
    })
    expect(body).toContain(sentence)
    expect(body).toContain('apps.wiki.methods')
  })

  test('reaches no app, and leaves no decision in the audit', async () => {
    const [events, forwarded] = [gateway.events.length, gateway.forwarded.length]
    await send('wiki', 'MOVE')
    expect([gateway.events.length, gateway.forwarded.length]).toEqual([events, forwarded])
  })

  test('does not show a stranger more than the page of the app would', async () => {
    const { status } = await gateway.send({ method: 'PROPFIND' })
    expect(status).toBe(501)
    expect((await gateway.send({ method: 'PROPFIND', host: 'access.example.com' })).status).toBe(405)
    expect((await gateway.send({ method: 'PROPFIND', host: 'nowhere.example.com' })).status).toBe(404)
  })
})

describe('reading', () => {
  const reads = ['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'REPORT', 'SEARCH', 'QUERY']
  const writes = [
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'PROPPATCH',
    'MKCOL',
    'COPY',
    'MOVE',
    'LOCK',
    'UNLOCK',
    'ACL',
    'PURGE',
  ]

  test('is what actions: [read] allows', async () => {
    expect(await statuses('reader', [...reads, ...writes])).toEqual(
      Object.fromEntries([...reads.map((one) => [one, 200]), ...writes.map((one) => [one, 403])]),
    )
  })

  test('is what a grant of level read allows', async () => {
    const { subject } = as['granted']!.session
    await gateway.deps.grants.give(
      {
        who: `${subject.provider}|${subject.sub}`,
        app: 'granted',
        level: 'read',
        from: gateway.clock.now - 1_000,
        until: gateway.clock.now + 3_600_000,
        schedule: undefined,
        sponsor: undefined,
        reason: undefined,
      },
      { kind: 'system' },
    )
    const sent = ['GET', 'PROPFIND', 'REPORT', 'PROPPATCH', 'COPY', 'LOCK']
    expect(await statuses('granted', sent)).toEqual({
      GET: 200,
      PROPFIND: 200,
      REPORT: 200,
      PROPPATCH: 403,
      COPY: 403,
      LOCK: 403,
    })
  })

  test('by other methods than GET and HEAD is still refused to pages of other origins', async () => {
    const foreign = { Origin: 'https://wiki.example.com', 'Sec-Fetch-Site': 'same-site' }
    for (const method of ['PROPFIND', 'REPORT', 'SEARCH', 'QUERY', 'LOCK', 'MKCOL']) {
      expect([method, (await send('files', method, foreign)).status]).toEqual([method, 403])
      expect(gateway.access().decision.reasons[0]?.code).toBe('origin_not_allowed')
    }
  })
})
