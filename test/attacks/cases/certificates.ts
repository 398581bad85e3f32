// Attack class certificates that are ordered: strangers who name hosts, ask for challenges, and flood while one is pending.

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { startGateway, type WorkingGateway } from '../../../src/server/start-gateway.ts'
import { http1Backend } from '../../support/http1-backend.ts'
import { findPebble, startPebble, type Pebble } from '../../support/pebble.ts'
import { must, NotApplicable, type AttackSuite } from '../case.ts'

interface Ground {
  readonly pebble: Pebble
  readonly gateway: WorkingGateway
  readonly port: number
  readonly plain: number
  /** Requests for a new order that reached the authority. */
  orders(): number
  /** Of each host: `valid`, `missing` ... */
  states(): Promise<readonly string[]>
}

const hosts = ['access.example.com', 'wiki.example.com']

/** `slow`: the authority lets a challenge stay pending for seconds. */
async function withAuthority(
  options: { readonly slow?: boolean; readonly challenge?: string },
  attack: (ground: Ground) => Promise<void>,
) {
  if (findPebble() === undefined) throw new NotApplicable('pebble is missing')
  const folder = await mkdtemp(join(tmpdir(), 'einlass-attack-'))
  const undo: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })]
  try {
    const pebble = await startPebble({ slow: options.slow ?? false })
    undo.push(() => pebble.stop())
    const file = join(folder, 'einlass.yaml')
    await writeFile(join(folder, 'secret.key'), randomBytes(32).toString('base64'))
    const settings = {
      gateway: {
        url: `https://${hosts[0]}`,
        listen: [{ address: `127.0.0.1:${pebble.tlsPort}` }],
        http: `127.0.0.1:${pebble.httpPort}`,
        http1: http1Backend,
        acme: {
          terms_of_service: 'agreed',
          directory: pebble.directory,
          ca: pebble.ca,
          challenges: options.challenge ?? 'tls-alpn-01',
        },
        secret_key: 'file:secret.key',
        operations: false,
      },
      store: 'sqlite:store.db',
      identity: { issuer: 'http://127.0.0.1:9', client_id: 'einlass', client_secret: 'env:SECRET' },
      audit: { file: { path: 'audit.jsonl' } },
      apps: {
        wiki: { from: `https://${hosts[1]}`, to: 'http://127.0.0.1:9', policy: [{ allow: { groups: ['staff'] } }] },
      },
    }
    await writeFile(file, JSON.stringify(settings))
    const started = await startGateway({ file, env: { SECRET: 'of-this-attack' }, logLevel: 'silent' })
    if (started.state === 'refused') throw new Error(started.problems.join('\n'))
    const { gateway } = started
    undo.push(() => gateway.stop(0))
    await attack({
      pebble,
      gateway,
      port: gateway.ports[0]!,
      plain: gateway.redirectPorts[0]!,
      orders: () => pebble.requests().filter((path) => path.includes('order-plz')).length,
      async states() {
        const { value } = await gateway.management.administer('GET', '/status', {})
        return (value as { certificates: { state: string }[] }).certificates.map(({ state }) => state)
      },
    })
  } finally {
    for (const step of undo.toReversed()) await step()
  }
}

async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  for (const since = performance.now(); performance.now() - since < 40_000;) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  must(false, what, 'not within 40 s')
}

/** Names of the certificate that was shown, or the code of the alert. */
function handshake(port: number, servername: string, protocol: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTls({
      host: '127.0.0.1',
      port,
      servername,
      rejectUnauthorized: false,
      ALPNProtocols: [protocol],
    })
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)))
    socket.on('secureConnect', () => {
      resolve(socket.getPeerX509Certificate()?.subject ?? '' + (socket.getPeerX509Certificate()?.subjectAltName ?? ''))
      socket.destroy()
    })
  })
}

/** Sends one request as it is, and resolves with the status line and what follows. */
function send(port: number, host: string, target: string, method = 'GET'): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connectTcp(port, '127.0.0.1', () => {
      socket.write(`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`, 'latin1')
    })
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1'))).on('error', () => {})
    socket.on('close', () => resolve(text))
  })
}

export const certificates: AttackSuite = {
  class: 'host-confusion',
  checks: [
    {
      name: 'handshakes for hundreds of hosts nobody declared order no certificate, and are shown none',
      run: () =>
        withAuthority({}, async ({ port, orders, states }) => {
          await until('certificates of the declared hosts', async () =>
            (await states()).every((one) => one === 'valid'),
          )
          must(orders() === hosts.length, 'an order for each declared host', orders())
          const strangers = Array.from({ length: 200 }, (_, at) => `host-${at}.example.com`)
          const names = [
            ...strangers,
            `x.${hosts[1]}`,
            'example.com',
            '*.example.com',
            'xn--a.example.com',
            'a'.repeat(63),
          ]
          for (const protocol of ['http/1.1', 'acme-tls/1']) {
            const shown = await Promise.all(names.map((name) => handshake(port, name, protocol)))
            const wrong = shown.filter((one) => !one.includes('ALERT'))
            must(wrong.length === 0, 'an alert for each', wrong)
          }
          const { length } = await Promise.all(strangers.map((name) => send(port, name, '/')))
          must(length > 0 && orders() === hosts.length, 'no further order', orders())
        }),
    },
    {
      name: 'the challenge path in other spellings, with other tokens, for other hosts',
      run: () =>
        withAuthority({ slow: true, challenge: 'http-01' }, async ({ plain, states, pebble }) => {
          await until('a pending challenge', () => pebble.requests().some((path) => path.includes('chalZ')))
          const base = '/.well-known/acme-challenge/'
          const targets = [
            '',
            '.',
            '..',
            '../',
            '../../../../etc/passwd',
            '%2e%2e%2fsecret.key',
            '..%5c',
            '*',
            '?',
            '#',
            '%00',
            'a/../b',
            '__proto__',
            'constructor',
            'toString',
          ]
          for (const host of [...hosts, 'stranger.example.com', '127.0.0.1', '']) {
            for (const target of targets) {
              for (const method of ['GET', 'HEAD', 'POST', 'PUT']) {
                const text = await send(plain, host, base + target, method)
                must(!text.startsWith('HTTP/1.1 200'), 'no answer of ours', [method, host, target, text])
                must(!/octet-stream|root:|PRIVATE/.test(text), 'no content', text)
              }
            }
          }
          await until('certificates all the same', async () => (await states()).every((one) => one === 'valid'))
        }),
    },
  ],
}

export const certificateFloods: AttackSuite = {
  class: 'dos',
  checks: [
    {
      name: 'floods of acme-tls/1 and of unfinished ClientHellos while a challenge is pending',
      run: () =>
        withAuthority({ slow: true }, async ({ port, states, pebble }) => {
          await until('a pending challenge', () => pebble.requests().some((path) => path.includes('chalZ')))
          const idle = Array.from({ length: 100 }, (_, at) => {
            const socket = connectTcp(port, '127.0.0.1')
            socket.on('error', () => {})
            socket.write(at % 2 === 0 ? '\x16\x03\x01\x40\x00\x01\x00\x3f\xfc' : '\x16\x03', 'latin1')
            return socket
          })
          const shown: string[] = []
          for (let wave = 0; wave < 10; wave++) {
            const names = [...hosts, 'stranger.example.com', '']
            const all = Array.from({ length: 40 }, (_, at) => handshake(port, names[at % names.length]!, 'acme-tls/1'))
            shown.push(...(await Promise.all(all)))
          }
          const other = shown.filter((one) => !one.includes('ALERT') && !one.includes('ACME challenge'))
          must(other.length === 0, 'the proof of a pending challenge, or an alert', other)
          await until('certificates all the same', async () => (await states()).every((one) => one === 'valid'))
          const after = await Promise.all(hosts.map((host) => handshake(port, host, 'acme-tls/1')))
          must(
            after.every((one) => one.includes('ALERT')),
            'an alert once nothing is pending',
            after,
          )
          for (const socket of idle) socket.destroy()
        }),
    },
  ],
}
