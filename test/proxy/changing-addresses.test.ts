// A name of `to` whose address changes: connections to an address that left DNS are drained, also while requests keep coming.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, LookupFunction, Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { app, startProxyEnvironment, type ProxyEnvironment } from '../support/proxy-environment.ts'
import { startRawClient } from '../support/raw-client.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

interface Address {
  readonly port: number
  readonly sockets: Set<Socket>
}

async function serverAt(
  address: string,
  port: number,
  respond: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => response.end(address),
): Promise<Address> {
  const server: Server = createServer({ keepAliveTimeout: 60_000 }, respond)
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(port, address, resolve))
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, sockets }
}

/** What DNS answers; undefined: an error. */
type Answers = { readonly list: () => readonly string[] | undefined; asked: number }

function lookupOf(dns: Answers): LookupFunction {
  return (_name, options, callback) => {
    dns.asked++
    const all = dns.list()?.map((address) => ({ address, family: 4 }))
    queueMicrotask(() => {
      if (all === undefined) callback(Object.assign(new Error('SERVFAIL'), { code: 'EAI_AGAIN' }), [], 0)
      else if (options.all === true) callback(null, all)
      else callback(null, all[0]!.address, 4)
    })
  }
}

async function frontTo(port: number, dns: Answers, http1Client: boolean): Promise<ProxyEnvironment> {
  const front = await startProxyEnvironment(app([`http://app.example.com:${port}`]), {
    lookup: lookupOf(dns),
    resolveInterval: 60,
    http1Client,
  })
  cleanups.push(() => front.close())
  return front
}

async function get(front: ProxyEnvironment, target = '/'): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${front.port}${target}`)
  return response.text()
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The addresses that answered while requests kept coming. */
async function busyFor(front: ProxyEnvironment, ms: number): Promise<string[]> {
  const seen: string[] = []
  for (const end = performance.now() + ms; performance.now() < end;) seen.push(await get(front))
  return seen
}

describe.each([
  ['own', true],
  ['undici', false],
])('HTTP/1 client: %s', (_name, http1Client) => {
  test('a busy connection to an address that left DNS is drained, and no request fails', async () => {
    const { port, sockets } = await serverAt('127.0.0.1', 0)
    await serverAt('127.0.0.2', port)
    let addresses = ['127.0.0.1']
    const front = await frontTo(port, { list: () => addresses, asked: 0 }, http1Client)
    expect(new Set(await busyFor(front, 200))).toEqual(new Set(['127.0.0.1']))
    addresses = ['127.0.0.2']
    const seen = await busyFor(front, 600)
    expect(seen.at(-1)).toBe('127.0.0.2')
    expect(sockets.size).toBe(0)
    expect(front.results.every(({ end }) => end === 'complete')).toBe(true)
  })

  test('an exchange in progress is completed at the address that left', async () => {
    let finish: (() => void) | undefined
    const { port, sockets } = await serverAt('127.0.0.1', 0, (_request, response) => {
      response.write('begun ')
      finish = () => response.end('done')
    })
    let addresses = ['127.0.0.1']
    const front = await frontTo(port, { list: () => addresses, asked: 0 }, http1Client)
    const client = startRawClient(front.port, 'GET / HTTP/1.1\r\nHost: erp.example.com\r\n\r\n')
    cleanups.push(() => client.socket.destroy())
    await client.until(/begun /)
    addresses = ['127.0.0.2']
    await wait(300)
    expect(sockets.size).toBe(1)
    finish!()
    await client.until(/done/)
    await expect.poll(() => sockets.size).toBe(0)
  })

  test.each([
    ['fails', () => undefined],
    ['is empty', () => []],
  ])('a look-up that %s closes nothing', async (_what, broken: () => readonly string[] | undefined) => {
    const { port, sockets } = await serverAt('127.0.0.1', 0)
    let list: Answers['list'] = () => ['127.0.0.1']
    const front = await frontTo(port, { list: () => list(), asked: 0 }, http1Client)
    await get(front)
    const [first] = sockets
    list = broken
    expect(new Set(await busyFor(front, 400))).toEqual(new Set(['127.0.0.1']))
    expect([...sockets]).toEqual([first])
  })

  test('answers that name a part of the addresses in turns close nothing', async () => {
    const { port, sockets } = await serverAt('127.0.0.1', 0)
    const dns: Answers = { list: () => (dns.asked % 2 === 0 ? ['127.0.0.2'] : ['127.0.0.1']), asked: 0 }
    const front = await frontTo(port, dns, http1Client)
    await get(front)
    const [first] = sockets
    do await busyFor(front, 400)
    while (dns.asked <= 3)
    expect([...sockets]).toEqual([first])
  })

  test('without a connection, nothing is looked up', async () => {
    const { port, sockets } = await serverAt('127.0.0.1', 0, (_request, response) => {
      response.setHeader('Connection', 'close').end('ok')
    })
    const dns: Answers = { list: () => ['127.0.0.1'], asked: 0 }
    const front = await frontTo(port, dns, http1Client)
    await wait(150)
    expect(dns.asked).toBe(0)
    await get(front)
    await expect.poll(() => sockets.size).toBe(0)
    await wait(150)
    const { asked } = dns
    await wait(200)
    expect(dns.asked).toBe(asked)
  })
})
