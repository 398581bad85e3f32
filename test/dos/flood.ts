// One denial-of-service flood as a process: `node test/dos/flood.ts NAME PORT`. On SIGTERM prints its counters as JSON and exits.

import https from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'
import { connect } from 'node:tls'
import { connectRawHttp2, get, reset } from '../support/raw-http2.ts'

/** Results by kind. */
const counts: Record<string, number> = {}
const count = (what: string): void => {
  counts[what] = (counts[what] ?? 0) + 1
}

const [, , name, port] = process.argv
const insecure = { rejectUnauthorized: false } as const
const floods: Readonly<Record<string, (port: number) => Promise<void>>> = {
  'slow headers': slowHeaders,
  'sign-ins': signIns,
  'rapid reset': rapidReset,
  renegotiation,
  'tampered callbacks': tamperedCallbacks,
  'pending sign-ins': pendingSignIns,
  'wrong emergency codes': wrongCodes,
}
const flood = floods[name ?? '']
if (flood === undefined) throw new Error(`unknown flood ${name}`)
process.once('SIGTERM', () => {
  process.stdout.write(`${JSON.stringify(counts)}\n`, () => process.exit(0))
})
await flood(Number(port))

/** Slowloris: 1,500 connections from six addresses, each sending one header byte per second and reconnecting when closed. */
async function slowHeaders(on: number): Promise<void> {
  const drip = (address: string): void => {
    const socket = connect({ port: on, host: '127.0.0.1', ...from(address), servername: 'wiki.localhost', ...insecure })
    let timer: NodeJS.Timeout | undefined
    socket.on('error', () => {})
    socket.on('secureConnect', () => {
      count('connections')
      socket.write('GET / HTTP/1.1\r\nHost: wiki.localhost\r\nX-A: ')
      timer = setInterval(() => socket.writable && socket.write('a'), 1_000)
    })
    socket.on('data', (chunk: Buffer) => chunk.includes(' 408 ') && count('ended with 408'))
    socket.on('close', () => {
      clearInterval(timer)
      setTimeout(() => drip(address), 1_000)
    })
  }
  for (let opened = 0; opened < 1_500; opened++) {
    drip(`127.0.1.${opened % 6}`)
    // Spread out, since the TLS handshakes are not under test.
    await pause(2)
  }
}

/** 300 page requests a second without a session from 20 addresses, half of them directly to the sign-in URL. */
async function signIns(on: number): Promise<void> {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 4 })
  for (let sent = 0; ; sent++) {
    const page = sent % 2 === 0 ? { host: 'wiki', path: '/' } : { host: 'access', path: '/sign-in?provider=company' }
    const request = https.get({
      agent,
      port: on,
      host: '127.0.0.1',
      ...from(`127.0.2.${sent % 20}`),
      path: page.path,
      servername: `${page.host}.localhost`,
      ...insecure,
      headers: { host: `${page.host}.localhost:${on}`, accept: 'text/html', 'sec-fetch-dest': 'document' },
    })
    request.on('error', () => count('broken'))
    request.on('response', (answer) => {
      answer.resume()
      count(`answered ${answer.statusCode}`)
    })
    await pause(3)
  }
}

/** Rapid reset (CVE-2023-44487): ten connections that reset each stream right after opening it, and reconnect when closed. */
async function rapidReset(on: number): Promise<void> {
  const authority = `wiki.localhost:${on}`
  const one = async (address: string): Promise<void> => {
    for (;;) {
      const client = await connectRawHttp2(on, { localAddress: address, servername: 'wiki.localhost' }).catch(
        () => undefined,
      )
      if (client !== undefined) {
        for (let id = 1; id < 4_000 && !client.closed(); id += 20) {
          const pairs: Buffer[] = []
          for (let next = id; next < id + 20; next += 2)
            pairs.push(get(next, Buffer.alloc(0), undefined, authority), reset(next))
          client.send(...pairs)
          counts['streams reset'] = (counts['streams reset'] ?? 0) + pairs.length / 2
          await pause(1)
        }
        await Promise.race([client.over, pause(1_000)])
        count(client.closed() ? 'connections closed' : 'connections that lived')
        client.destroy()
      }
      await pause(100)
    }
  }
  await Promise.all(Array.from({ length: 10 }, (_, at) => one(`127.0.3.${at}`)))
}

/** TLS 1.2 renegotiation: twenty connections that ask for one handshake after the other, and reconnect when closed. */
async function renegotiation(on: number): Promise<void> {
  const one = async (address: string): Promise<void> => {
    for (;;) {
      const socket = connect({ port: on, host: '127.0.0.1', ...from(address), maxVersion: 'TLSv1.2', ...insecure })
      const closed = new Promise<boolean>((resolve) => socket.once('close', () => resolve(false)))
      socket.on('error', () => {})
      socket.setMaxListeners(0).resume()
      const open = new Promise<boolean>((resolve) => socket.once('secureConnect', () => resolve(true)))
      if (await Promise.race([open, closed])) {
        for (let more = true; more;) {
          const again = new Promise<boolean>((resolve) => socket.renegotiate({}, (error) => resolve(error === null)))
          more = await Promise.race([again, closed, pause(1_000, false)])
          count(more ? 'renegotiated' : 'refused')
        }
      }
      socket.destroy()
      await pause(100)
    }
  }
  await Promise.all(Array.from({ length: 20 }, (_, at) => one(`127.0.4.${at}`)))
}

/** Callbacks with a code and state twice, or a state nobody was given. */
async function tamperedCallbacks(on: number): Promise<void> {
  await requests(on, 5, () => ({ path: '/callback/company?code=a&code=b&state=c&state=d' }))
}

/** Sign-ins begun from 250 addresses and never finished. */
async function pendingSignIns(on: number): Promise<void> {
  await requests(on, 250, () => ({ path: '/sign-in?provider=company' }))
}

async function wrongCodes(on: number): Promise<void> {
  const wrong = () => Array.from({ length: 25 }, () => 'ABCDEFGHJKMNPQRSTVWXYZ23456789'[Math.floor(Math.random() * 30)])
  await requests(on, 30, () => ({ path: '/emergency', body: `code=${wrong().join('')}&name=x&reason=y` }))
}

/** 200 page requests a second at the gateway's own host, from `addresses` addresses in turn. */
async function requests(on: number, addresses: number, next: () => { path: string; body?: string }): Promise<void> {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 2 })
  for (let sent = 0; ; sent++) {
    const { path, body } = next()
    const form =
      body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' }
    const request = https.request({
      agent,
      port: on,
      host: '127.0.0.1',
      ...from(`127.0.5.${sent % addresses}`),
      method: body === undefined ? 'GET' : 'POST',
      path,
      servername: 'access.localhost',
      ...insecure,
      headers: { host: `access.localhost:${on}`, accept: 'text/html', 'sec-fetch-dest': 'document', ...form },
    })
    request.on('error', () => count('broken'))
    request.on('response', (answer) => {
      answer.resume()
      count(`answered ${answer.statusCode}`)
    })
    request.end(body)
    await pause(5)
  }
}

function from(localAddress: string): { localAddress: string } {
  return { localAddress }
}
