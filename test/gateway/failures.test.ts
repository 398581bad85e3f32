// Unexpected errors on the way of a request: whatever throws or rejects, the request fails closed and its end is told.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Dependencies } from '../../src/gateway/dependencies.ts'
import { handleRequest } from '../../src/gateway/handle-request.ts'
import { internalError } from '../../src/gateway/internal-error.ts'
import { reject } from '../../src/gateway/reject.ts'
import { StoreUnreachable } from '../../src/store/store.ts'
import { composeGateway, exchangeOf, told, type ComposedGateway, type SignedIn } from './composed-gateway.ts'

let gateway: ComposedGateway
let as: SignedIn
beforeAll(async () => {
  gateway = await composeGateway(
    { wiki: 'policy: [{ allow: { groups: [staff] } }], public: [{ paths: [/open] }]' },
    'limits: { requests_per_person: 1 }',
  )
  as = await gateway.signIn('wiki')
})
afterAll(() => gateway?.stop())

const deps = (more: Partial<Dependencies>): Dependencies => ({ ...gateway.deps, ...more })
const broken = new Error('broken')
const throws = (): never => {
  throw broken
}
const rejects = (): Promise<never> => Promise.reject(broken)

const failing: readonly [string, () => Partial<Dependencies>][] = [throws, rejects].flatMap((fails) => {
  const how = fails === throws ? 'throws' : 'rejects'
  return [
    [`the look-up of the session ${how}`, () => ({ sessions: { ...gateway.deps.sessions, find: fails } })],
    [`the device ${how}`, () => ({ devices: { ...gateway.deps.devices, identify: fails } })],
    [`the assertion ${how}`, () => ({ assertions: { ...gateway.deps.assertions, identityHeaders: fails } })],
  ] as [string, () => Partial<Dependencies>][]
})

describe('an error', () => {
  test.each(failing)('where %s is an incident: 500 with its number, and the cause in the log only', async (_, more) => {
    const before = gateway.forwarded.length
    const answer = await gateway.send({ as }, deps(more()))
    const id = answer.headers['x-request-id']
    expect(told(answer)).toBe('500 incident')
    expect(answer.body).not.toContain('broken')
    expect(gateway.logged).toContainEqual(
      expect.objectContaining({
        incident: id,
        level: 'error',
        msg: 'unhandled error while handling request',
        err: expect.objectContaining({ message: 'broken' }),
      }),
    )
    expect(gateway.forwarded).toHaveLength(before)
    // Nothing of it stays: the only request that this user may have open is free again.
    expect((await gateway.send({ as })).status).toBe(200)
  })

  test('of the route, of a policy check or of a page is one as well', async () => {
    const activeConfig = () => ({ ...gateway.deps.activeConfig(), hosts: { get: throws } as never })
    expect(told(await gateway.send({ as }, deps({ activeConfig })))).toBe('500 incident')
    const page = deps({ signIn: { ...gateway.deps.signIn, returnContexts: { open: throws } as never } })
    expect(told(await gateway.send({ host: 'access.example.com', target: '/sign-in?journey=a' }, page))).toBe(
      '500 incident',
    )
  })

  test.each([
    ['rejects', rejects],
    ['throws', throws],
  ])('of an app’s connection that %s is an incident, and nothing stays open', async (_, upstream) => {
    const healthy = gateway.upstream
    gateway.upstream = async ({ opened }) => {
      opened(() => {})
      return upstream()
    }
    for (const sent of [{ as }, { target: '/open' }]) {
      const answer = await gateway.send(sent)
      expect(told(answer)).toBe('500 incident')
      expect(gateway.logged).toContainEqual(
        expect.objectContaining({
          incident: answer.headers['x-request-id'],
          err: expect.objectContaining({ message: 'broken' }),
        }),
      )
    }
    gateway.upstream = healthy
    expect(gateway.deps.connections.all()).toEqual([])
    expect((await gateway.send({ as })).status).toBe(200)
  })

  test('of the store is 503, and no incident', async () => {
    const before = gateway.logged.filter(({ level }) => level === 'error').length
    const find = () => Promise.reject(new StoreUnreachable(broken))
    const answer = await gateway.send({ as }, deps({ sessions: { ...gateway.deps.sessions, find } }))
    expect(told(answer)).toBe('503 store_unreachable')
    expect(answer.headers['retry-after']).toBe('10')
    expect(gateway.logged.filter(({ level }) => level === 'error')).toHaveLength(before)
    expect(gateway.logged).toContainEqual(
      expect.objectContaining({ incident: answer.headers['x-request-id'], level: 'warn', msg: 'store unreachable' }),
    )
  })

  test('after the head of the response cuts it, so that it does not look complete', async () => {
    const { upstream } = gateway
    gateway.upstream = ({ response }) => {
      response.writeHead(200, [])
      return rejects()
    }
    const answer = await gateway.send({ as })
    gateway.upstream = upstream
    expect(answer).toMatchObject({ status: 200, body: '', end: 'cut' })
  })

  test('with a client that is gone writes nothing', async () => {
    const { exchange, response, got } = exchangeOf({}, 0)
    response.destroy()
    internalError(gateway.deps, exchange, 'id', broken)
    expect(await got).toMatchObject({ status: 0, end: 'cut' })
  })

  test('while the page of an error is written cuts the connection', async () => {
    const { exchange, response, got } = exchangeOf({}, 0)
    internalError(
      gateway.deps,
      { ...exchange, response: { ...response, writeHead: throws } },
      'id-7',
      new Error('first'),
    )
    expect((await got).end).toBe('cut')
    expect(gateway.logged).toContainEqual(
      expect.objectContaining({ incident: 'id-7', level: 'error', msg: 'writing the error page failed' }),
    )
  })

  test('while a rejection is written cuts the connection', async () => {
    const { exchange, response, got } = exchangeOf({}, 0)
    const unwritable = { ...exchange, response: { ...response, writeHead: throws } }
    reject(gateway.deps, unwritable, { id: 'id-8', status: 400, detail: 'host' })
    expect((await got).end).toBe('cut')
    expect(gateway.logged).toContainEqual(
      expect.objectContaining({ request: 'id-8', level: 'warn', msg: 'writing the rejection failed' }),
    )
  })
})

test('a trusted proxy that states no address of its client is told in the log, and its request is handled', async () => {
  const { exchange, got } = exchangeOf({ address: '10.0.0.9' }, gateway.clock.now)
  const gaps: unknown[] = []
  handleRequest(deps({ unknownAddresses: { add: (...gap) => gaps.push(gap) } }), exchange)
  expect(told(await got)).toBe('401 no_session')
  expect(gaps).toEqual([['10.0.0.9', 'x_forwarded_for_absent']])
  expect(gateway.access().origin.address).toBe('unknown via 10.0.0.9')
})
