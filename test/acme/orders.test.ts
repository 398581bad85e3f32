// Orders from a real authority (pebble): challenges, refused nonces, external accounts, renewal, several nodes, an authority that is away.

import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createMemoryStore } from '../../src/store/memory.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { findPebble, startPebble, type Pebble } from '../support/pebble.ts'
import { startRedis } from '../support/redis.ts'
import { acmeNode, shownFor, type AcmeNode, type AcmeNodeOptions } from './acme-node.ts'

const day = 24 * 3_600_000
const key = randomBytes(32)

async function node(options: Omit<AcmeNodeOptions, 'key' | 'store'> & { readonly store?: Store }): Promise<AcmeNode> {
  const now = options.now ?? Date.now
  const started = await acmeNode({ key, store: createMemoryStore({ now }), ...options })
  onTestFinished(() => started.stop())
  return started
}

const openRedis = (url: string) => openStore({ kind: 'redis', url }, { now: Date.now })
const timesOf = ({ status }: AcmeNode['acme']) => ({ until: status()[0]!.until!, renewAt: status()[0]!.renewAt! })
const findings = ({ events }: AcmeNode) => events.flatMap((event) => (event.kind === 'finding' ? [event] : []))
const orders = (pebble: Pebble) => pebble.requests().filter((path) => path.includes('order-plz')).length

describe.skipIf(findPebble() === undefined)('with an authority (pebble)', () => {
  let pebble: Pebble
  beforeAll(async () => {
    pebble = await startPebble()
  })
  afterAll(() => pebble.stop())

  test('tls-alpn-01: every host gets a certificate of its own that the root of the authority vouches for', async () => {
    const { acme, port } = await node({ pebble, names: ['access.example.com', 'wiki.example.com'] })
    expect(await shownFor(port, 'wiki.example.com')).toBeUndefined()
    expect(await acme.round()).toBe(true)
    for (const name of ['access.example.com', 'wiki.example.com']) {
      const shown = await shownFor(port, name)
      expect(shown?.subjectAltName).toBe(`DNS:${name}`)
      expect(shown?.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
      expect(shown?.issuer).toContain('Pebble')
    }
    expect(acme.status()).toMatchObject([
      { host: 'access.example.com', state: 'valid', issuer: expect.stringContaining('Pebble'), failure: null },
      { host: 'wiki.example.com', state: 'valid' },
    ])
    // The proof is gone, and what nobody declared was never ordered.
    expect(acme.issued.isProving()).toBe(false)
    expect(await shownFor(port, 'stranger.example.com')).toBeUndefined()
  })

  test('http-01: the token is answered on the plain port, for its host alone', async () => {
    const names = ['access.example.com', 'wiki.example.com']
    const { acme, port } = await node({ pebble, names, settings: { challenges: ['http-01'] } })
    const asked: string[] = []
    const plain = createServer((request, response) => {
      const host = request.headers.host!.split(':')[0]!
      const token = request.url!.slice('/.well-known/acme-challenge/'.length)
      const other = names.find((one) => one !== host)!
      asked.push(host)
      expect(acme.httpAnswer(other, token)).toBeUndefined()
      expect(acme.httpAnswer('stranger.example.com', token)).toBeUndefined()
      response.end(acme.httpAnswer(host, token))
    }).listen(pebble.httpPort, '127.0.0.1')
    onTestFinished(() => void plain.close())
    await acme.round()
    expect(new Set(asked)).toEqual(new Set(names))
    expect((await shownFor(port, 'wiki.example.com'))?.subjectAltName).toBe('DNS:wiki.example.com')
  })

  test('a second round orders nothing; a new host is ordered, one that was removed is shown no more', async () => {
    const { acme, port, change } = await node({ pebble, names: ['access.example.com', 'wiki.example.com'] })
    await acme.round()
    const before = orders(pebble)
    await acme.round()
    expect(orders(pebble)).toBe(before)
    change({ names: ['access.example.com', 'docs.example.com'] })
    acme.reloaded()
    await acme.round()
    expect(orders(pebble)).toBe(before + 1)
    expect(await shownFor(port, 'docs.example.com')).toBeDefined()
    expect(await shownFor(port, 'wiki.example.com')).toBeUndefined()
  })

  test('another directory orders anew, and the certificate before serves until then', async () => {
    const other = await startPebble()
    onTestFinished(() => other.stop())
    const { acme, port, change } = await node({ pebble, names: ['wiki.example.com'] })
    await acme.round()
    const before = await shownFor(port, 'wiki.example.com')
    // Its validations do not reach this listener: the order fails.
    change({ directory: other.directory, ca: (await import('node:fs')).readFileSync(other.ca, 'utf8') })
    await acme.round()
    expect((await shownFor(port, 'wiki.example.com'))?.raw).toEqual(before?.raw)
    expect(acme.status()).toMatchObject([
      { state: 'late', failure: { count: 1, cause: expect.stringMatching(/port 443/) } },
    ])
    expect(orders(other)).toBe(1)
  })

  test('a certificate is renewed when a third of its life is left, and swapped without a new start', async () => {
    let ahead = 0
    const now = () => Date.now() + ahead
    const { acme, port } = await node({ pebble, names: ['wiki.example.com'], now })
    await acme.round()
    const first = await shownFor(port, 'wiki.example.com')
    const { until, renewAt } = timesOf(acme)
    ahead = renewAt - Date.now() - day
    await acme.round()
    expect((await shownFor(port, 'wiki.example.com'))?.raw).toEqual(first?.raw)
    ahead = renewAt - Date.now() + 1000
    expect(until - renewAt).toBeCloseTo((until - first!.validFromDate.getTime()) / 3, -5)
    await acme.round()
    expect((await shownFor(port, 'wiki.example.com'))?.serialNumber).not.toBe(first?.serialNumber)
  })

  test('a host whose port nobody can reach fails with cause and mend, and does not hold up the others', async () => {
    const away = await startPebble()
    onTestFinished(() => away.stop())
    const { acme, port, events } = await node({ pebble: { ...away, tlsPort: 0 }, names: ['wiki.example.com'] })
    await acme.round()
    expect(await shownFor(port, 'wiki.example.com')).toBeUndefined()
    const [status] = acme.status()
    expect(status).toMatchObject({ state: 'missing', failure: { count: 1 } })
    expect(status!.failure!.cause).toContain('did not get our answer on port 443 of wiki.example.com')
    expect(status!.failure!.mend).toContain('let port 443 from the internet reach a listener with TLS')
    expect(events).toMatchObject([{ kind: 'finding', title: 'A host has no certificate', severity: 'high' }])
    // Not before its time, whoever asks.
    const before = orders(away)
    await acme.round()
    expect(orders(away)).toBe(before)
  })

  test('an authority that is away: the certificate serves, and findings are raised 14, 7, 3 and 1 days before its end', async () => {
    let ahead = 0
    const now = () => Date.now() + ahead
    const lonely = await startPebble()
    onTestFinished(() => lonely.stop())
    const running = await node({ pebble: lonely, names: ['wiki.example.com'], now })
    await running.acme.round()
    const first = await shownFor(running.port, 'wiki.example.com')
    await lonely.kill()
    const { until, renewAt } = timesOf(running.acme)
    const seen: [number, number][] = []
    ahead = renewAt - Date.now() + 1000
    await running.acme.round()
    expect(running.acme.status()).toMatchObject([
      {
        state: 'late',
        failure: {
          cause: expect.stringContaining('no answer from localhost'),
          mend: expect.stringContaining('HTTPS_PROXY'),
        },
      },
    ])
    for (const days of [40, 15, 13.9, 10, 6.9, 2.9, 2.5, 0.9, 0.5]) {
      ahead = until - days * day - Date.now()
      await running.acme.round()
      seen.push([days, findings(running).length])
      expect((await shownFor(running.port, 'wiki.example.com'))?.raw).toEqual(first?.raw)
    }
    expect(seen.map(([, count]) => count)).toEqual([0, 0, 1, 1, 2, 3, 3, 4, 4])
    expect(findings(running).map(({ severity }) => severity)).toEqual(['medium', 'medium', 'high', 'critical'])
    expect(findings(running)[0]!.detail).toContain('in 14 days. no answer from localhost')
    // It is back, with another root and no memory of the account: the second attempt registers it anew.
    await lonely.start()
    for (let attempt = 0; attempt < 2; attempt++) {
      ahead += 0.05 * day
      running.acme.reloaded()
      await running.acme.round()
    }
    expect(running.acme.status()).toMatchObject([{ state: 'valid', failure: null }])
    expect((await shownFor(running.port, 'wiki.example.com'))?.raw).not.toEqual(first?.raw)
  })

  test('half of all nonces refused: every host is ordered', async () => {
    const moody = await startPebble({ badNonces: 50 })
    onTestFinished(() => moody.stop())
    const names = ['a', 'b', 'c', 'd'].map((one) => `${one}.example.com`)
    const { acme } = await node({ pebble: moody, names })
    await acme.round()
    expect(acme.status().map(({ state }) => state)).toEqual(['valid', 'valid', 'valid', 'valid'])
  })

  test('an external account: without its key it says so, with it the order succeeds', async () => {
    const hmac = randomBytes(48).toString('base64url')
    const bound = await startPebble({ externalAccounts: { 'kid-1': hmac } })
    onTestFinished(() => bound.stop())
    let ahead = 0
    const now = () => Date.now() + ahead
    const { acme, change } = await node({ pebble: bound, names: ['wiki.example.com'], now })
    await acme.round()
    expect(acme.status()[0]!.failure).toMatchObject({ mend: expect.stringContaining('acme.eab') })
    change({ eab: { kid: 'kid-1', hmac } })
    acme.reloaded()
    // Reloads in a row are no way to ask the authority more often than once a minute.
    await acme.round()
    expect(acme.status()[0]!.state).toBe('missing')
    ahead = 61_000
    acme.reloaded()
    await acme.round()
    expect(acme.status()).toMatchObject([{ state: 'valid', failure: null }])
  })

  test('a private authority: without `ca` its certificate is not accepted, and the mend names the key', async () => {
    const { acme } = await node({ pebble, names: ['wiki.example.com'], settings: { ca: undefined } })
    await acme.round()
    expect(acme.status()[0]!.failure).toMatchObject({
      cause: expect.stringContaining('is not accepted'),
      mend: expect.stringContaining('acme.ca'),
    })
  })

  test('a restart finds certificate and account in the store, and another key in the configuration finds nothing', async () => {
    const store = createMemoryStore({ now: Date.now })
    const first = await node({ pebble, store, names: ['wiki.example.com'] })
    await first.acme.round()
    const shown = await shownFor(first.port, 'wiki.example.com')
    await first.stop()
    const before = orders(pebble)
    const second = await node({ pebble, store, names: ['wiki.example.com'] })
    expect((await shownFor(second.port, 'wiki.example.com'))?.raw).toEqual(shown?.raw)
    await second.acme.round()
    expect(orders(pebble)).toBe(before)
    await second.stop()
    const stranger = await node({ pebble, store, names: ['wiki.example.com'], key: randomBytes(32) } as AcmeNodeOptions)
    expect(await shownFor(stranger.port, 'wiki.example.com')).toBeUndefined()
  })

  test('two nodes on one Redis: one orders, both answer the challenge and show the certificate', async () => {
    const redis = await startRedis()
    const stores = [await openRedis(redis.url), await openRedis(redis.url)]
    onTestFinished(async () => {
      await Promise.all(stores.map((one) => one.close()))
      await redis.stop()
    })
    const names = ['access.example.com', 'wiki.example.com', 'docs.example.com']
    const before = orders(pebble)
    const nodes = [await node({ pebble, store: stores[0]!, names }), await node({ pebble, store: stores[1]!, names })]
    // A second port for each, as the shared one may lead to either.
    const holds = await Promise.all(nodes.map(({ acme }) => acme.round()))
    expect(holds.toSorted()).toEqual([false, true])
    expect(orders(pebble)).toBe(before + names.length)
    await expect
      .poll(() => nodes.map(({ acme }) => acme.status().map(({ state }) => state)), { timeout: 5_000 })
      .toEqual([
        ['valid', 'valid', 'valid'],
        ['valid', 'valid', 'valid'],
      ])
    expect(nodes[0]!.acme.issued.certificateFor('wiki.example.com')).toEqual(
      nodes[1]!.acme.issued.certificateFor('wiki.example.com'),
    )
    // The one that orders stops: the other takes over, and has nothing to order.
    await nodes[holds.indexOf(true)]!.stop()
    expect(await nodes[holds.indexOf(false)]!.acme.round()).toBe(true)
    expect(orders(pebble)).toBe(before + names.length)
  })
})
