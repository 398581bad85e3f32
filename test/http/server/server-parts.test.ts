// Parts of the servers by themselves: offers of an upgrade, fallback to HTTP/1.1, names of certificates, connections of proxies.

import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { afterAll, describe, expect, test } from 'vitest'
import { upgradeOffer } from '../../../src/http/upgrade-offer.ts'
import { loadCertificates } from '../../../src/http/server/certificates.ts'
import { limitConnections } from '../../../src/http/server/connection-limits.ts'
import { createHttp1Fallback } from '../../../src/http/server/http1-fallback.ts'
import { serverNameOf } from '../../../src/http/server/http2.ts'
import { http1Options } from '../../../src/http/server/node-http1.ts'
import { createUnfinishedHeads } from '../../../src/http/server/unfinished-heads.ts'
import { certificateFolder } from '../../support/certificates.ts'
import { defaultLimits } from '../../support/default-limits.ts'
import { closedWithin } from '../../support/limited-listener.ts'
import { undoneAfterEach } from '../../support/hooks.ts'

const certificates = certificateFolder()
afterAll(() => certificates.remove())
const undo = undoneAfterEach()

test.each<[readonly string[], 'websocket' | 'other' | undefined]>([
  [[], undefined],
  [['Host', 'a', 'Upgrade-Insecure-Requests', '1', 'X-Token', 'websocket'], undefined],
  [['Upgrade', 'websocket'], 'websocket'],
  [['Host', 'a', 'UPGRADE', 'WebSocket'], 'websocket'],
  [['Upgrade', 'h2c'], 'other'],
  [['Upgrade', 'h2c, websocket'], 'other'],
  [['Upgrade', ''], 'other'],
  // Two fields are a list, whatever their order.
  [['Upgrade', 'websocket', 'Upgrade', 'websocket'], 'other'],
  [['Upgrade', 'h2c', 'Upgrade', 'websocket'], 'other'],
  [['Upgrade', 'websocket', 'Upgrade', 'h2c'], 'other'],
  // Seven characters, and another field.
  [['X-Proto', 'websocket'], undefined],
])('an offer of %j is %s', (headers, offer) => expect(upgradeOffer(headers)).toBe(offer))

test.each([
  ['Wiki.Test', 'wiki.test'],
  ['', undefined],
  [false, undefined],
  [undefined, undefined],
])('the server name %j of a handshake is %j', (servername, name) => {
  expect(serverNameOf({ servername } as unknown as TLSSocket)).toBe(name)
})

describe('an address whose HTTP/2 connection broke', () => {
  test('is offered HTTP/1.1 for a minute, its neighbours in a block of IPv6 too, others are not', () => {
    let now = 1_000
    const fallback = createHttp1Fallback(() => now)
    expect(fallback.has('192.0.2.7')).toBe(false)
    fallback.add('192.0.2.7')
    fallback.add('2001:db8::1')
    const all = () => ['192.0.2.7', '192.0.2.8', '2001:db8::2', '2001:db9::1'].map((one) => fallback.has(one))
    expect(all()).toEqual([true, false, true, false])
    now += 59_999
    expect(all()).toEqual([true, false, true, false])
    now += 1
    expect(all()).toEqual([false, false, false, false])
    // Also for a clock that is set back.
    now -= 1
    expect(all()).toEqual([false, false, false, false])
  })

  test('breaks again: the minute begins anew', () => {
    let now = 0
    const fallback = createHttp1Fallback(() => now)
    fallback.add('192.0.2.7')
    now = 50_000
    fallback.add('192.0.2.7')
    now = 109_999
    expect(fallback.has('192.0.2.7')).toBe(true)
  })

  test('is one of a thousand at most: more make it begin anew', () => {
    const fallback = createHttp1Fallback(() => 0)
    const address = (index: number) => `10.0.${index >> 8}.${index & 255}`
    for (let index = 0; index < 1_000; index++) fallback.add(address(index))
    expect([fallback.has(address(0)), fallback.has(address(999))]).toEqual([true, true])
    fallback.add(address(1_000))
    expect([fallback.has(address(0)), fallback.has(address(1_000))]).toEqual([false, true])
  })
})

test('a certificate is chosen by its most exact name, of two the first; without a name the first is', async () => {
  const made = [
    certificates.make(['a.test', 'shared.test', '*.wild.test'], 'one'),
    certificates.make(['B.test', 'shared.test', 'exact.wild.test', '*.wild.test', '*.second.test'], 'two'),
  ]
  const { contextFor, defaults } = await loadCertificates({ certificates: made, clientCa: undefined, http2: true })
  const first = contextFor('none.test')
  const second = contextFor('b.test')
  expect(second).not.toBe(first)
  expect(defaults.cert).toEqual(
    (await loadCertificates({ certificates: made.slice(0, 1), clientCa: undefined, http2: true })).defaults.cert,
  )
  for (const name of ['a.test', 'A.TEST', 'shared.test', 'x.wild.test', '', 'wild.test', 'a.b.wild.test']) {
    expect(contextFor(name), name).toBe(first)
  }
  for (const name of ['Exact.Wild.test', 'x.second.test']) expect(contextFor(name), name).toBe(second)
  // A wildcard stands for one label (RFC 9525 6.3).
  for (const name of ['second.test', 'a.b.second.test']) expect(contextFor(name), name).toBe(first)
})

test('connections of a trusted proxy count in all only, and are closed for nobody', async () => {
  const server = createServer()
  let throttled = 0
  const sockets = limitConnections(server, {
    limits: { connections: 4, connectionsPerAddress: 1 },
    proxies: (address) => address === '127.0.0.5',
    throttled: () => void throttled++,
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  undo.push(() => server.close())
  const open = async (localAddress: string): Promise<Socket> => {
    const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', localAddress })
    socket.on('error', () => {})
    undo.push(() => socket.destroy())
    await once(socket, 'connect')
    return socket
  }
  const proxied = [await open('127.0.0.5'), await open('127.0.0.5'), await open('127.0.0.5')]
  const person = await open('127.0.0.9')
  await expect.poll(() => sockets.size).toBe(4)
  // Full: no address has more than the newcomer would.
  expect(await closedWithin(await open('127.0.0.10'), 1_000)).toBeDefined()
  expect(throttled).toBe(1)
  for (const socket of [...proxied, person]) expect(await closedWithin(socket, 10)).toBeUndefined()
  proxied[0]!.destroy()
  await expect.poll(() => sockets.size).toBe(3)
  expect(await closedWithin(await open('127.0.0.10'), 20)).toBeUndefined()
})

test('Node’s server reads what is answered with a page, and leaves time-outs of uploads to others', () => {
  const ignored = new WeakSet<IncomingMessage>()
  const options = http1Options(
    { ...defaultLimits, headerBytes: 1_000, headerTimeout: 8_000, keepAliveTimeout: 9_000 },
    ignored,
  )
  expect(options).toMatchObject({
    maxHeaderSize: 1_000 + 1_048_576,
    headersTimeout: 8_000,
    requestTimeout: 0,
    keepAliveTimeout: 9_000,
    connectionsCheckingInterval: 2_000,
    requireHostHeader: false,
    insecureHTTPParser: false,
  })
  expect(http1Options({ ...defaultLimits, headerTimeout: 60_000 }, ignored).connectionsCheckingInterval).toBe(5_000)
  const taken = (...rawHeaders: string[]): boolean[] => {
    const request = { rawHeaders } as IncomingMessage
    return [options.shouldUpgradeCallback!(request), ignored.has(request)]
  }
  expect([taken('Upgrade', 'websocket'), taken('Upgrade', 'h2c')]).toEqual([
    [true, false],
    [false, true],
  ])
})

test('the budget of unfinished heads counts from where each began, and none that has ended', async () => {
  const heads = createUnfinishedHeads(10, 100)
  undo.push(() => heads.close())
  const destroyed: string[] = []
  const socket = (name: string, bytesRead: number) => ({
    bytesRead,
    destroyed: false,
    destroy: () => destroyed.push(name),
  })
  const named = {
    old: socket('old', 1_000),
    small: socket('small', 0),
    done: socket('done', 0),
    large: socket('large', 0),
    gone: socket('gone', 0),
  }
  named.gone.destroyed = true
  for (const one of Object.values(named)) heads.begin(one as unknown as Socket)
  named.old.bytesRead += 60
  named.small.bytesRead += 10
  named.done.bytesRead += 500
  named.large.bytesRead += 40
  named.gone.bytesRead += 500
  heads.end(named.done as unknown as Socket)
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(destroyed).toEqual([])
  named.large.bytesRead += 1
  await expect.poll(() => destroyed).toEqual(['old'])
})
