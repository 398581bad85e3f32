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

function from(localAddress: string): { localAddress: string } {
  return { localAddress }
}
