// Attack class denial of service: floods and oversized input are bounded, and another user is hardly affected.

import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import { setTimeout as pause } from 'node:timers/promises'
import { must, type AttackSuite, type Check } from '../case.ts'
import { hasSession } from '../browser-steps.ts'
import { domain, openEnvironment, type Environment } from '../environment.ts'
import { withBackgroundClient } from '../background-client.ts'
import { plainRequest, summary } from '../run-raw-attack.ts'

function flood(name: string, attack: (ground: Environment) => Promise<string | void>): Check {
  return {
    name,
    async run(ground) {
      const before = ground.node.rss()
      let more = ''
      const figures = await withBackgroundClient(ground, async () => {
        more = (await attack(ground)) ?? ''
      })
      const grown = (ground.node.rss() - before) / 1024 / 1024
      must(grown < 200, 'bounded memory', `${grown.toFixed(0)} MB more`)
      return `${figures}, ${grown.toFixed(0)} MB more${more === '' ? '' : `; ${more}`}`
    },
  }
}

/** A source address of its own, so that the limits of Ada's address are not used up. */
const from = (index: number): string => `127.0.1.${1 + (index % 200)}`

function connect(ground: Environment, index: number): Promise<tls.TLSSocket | undefined> {
  return new Promise((resolve) => {
    // The types lack `localAddress`, which is passed to `net.connect`.
    const options = { host: '127.0.0.1', port: ground.port, localAddress: from(index) }
    const socket = tls.connect({ ...options, servername: `wiki.${domain}`, ca: ground.ca, ALPNProtocols: ['http/1.1'] })
    socket.on('error', () => resolve(undefined))
    socket.once('secureConnect', () => resolve(socket))
  })
}

const stranger = (ground: Environment, line: string, fields = ''): string =>
  `${line} HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\n${fields}\r\n`

export const dos: AttackSuite = {
  class: 'dos',
  raw: [
    {
      name: 'a target of a megabyte',
      bytes: (ground) => stranger(ground, `GET /${'a'.repeat(1_000_000)}`),
      expected: { status: [400, 414, 431, 0], atMost: 0, closed: true },
    },
    {
      name: 'ten thousand query parameters',
      bytes: (ground) => stranger(ground, `GET /?${'a=b&'.repeat(5_000)}`),
      expected: { status: [302, 400, 401, 414, 431], atMost: 0 },
    },
    {
      name: 'invalid percent-encoding',
      bytes: (ground) => stranger(ground, 'GET /%zz%E0%A4%A'),
      expected: { status: [400], atMost: 0 },
    },
    {
      name: 'an invalid authority',
      bytes: (ground) => stranger(ground, 'GET http://['),
      expected: { status: [400], atMost: 0 },
    },
    ...['HEAD', 'POST', 'GET'].map((method) => ({
      name: `${method} with a Trailer and nothing to trail`,
      bytes: (ground: Environment) =>
        plainRequest(ground)
          .replace('GET ', `${method} `)
          .replace(/\r\n\r\n$/, '\r\nTrailer: x\r\nContent-Length: 0\r\n\r\n'),
      expected: { status: [200, 400] },
    })),
  ],
  checks: [
    flood('ticket numbers made for a pattern that backtracks', async (ground) => {
      const form = { app: 'tickets', level: 'full', begin: 'now', length: '3600000', reason: 'to see' }
      for (const length of [28, 30, 40, 200]) {
        const body = new URLSearchParams({ ...form, ticket: 'A'.repeat(length) }).toString()
        const { status, body: page } = await ground.ada.ask(`${ground.origin('access')}/requests/new`, ground.port, {
          method: 'POST',
          page: true,
          body,
        })
        must(
          status < 500 && page.includes('ticket'),
          'the form again, with a word about the ticket',
          `${status} ${page}`,
        )
      }
    }),
    flood('three hundred heads that never end', async (ground) => {
      const sockets = await Promise.all(Array.from({ length: 300 }, (_, index) => connect(ground, index)))
      for (let round = 0; round < 10; round++) {
        for (const socket of sockets)
          if (socket?.writable) socket.write(round === 0 ? 'GET / HTTP/1.1\r\n' : 'X-A: b\r\n')
        await pause(100)
      }
      for (const socket of sockets) socket?.destroy()
    }),
    flood('three hundred uploads, a byte at a time', async (ground) => {
      // An authorized user, whose own limit is the only one used up.
      const person = ground.person()
      Object.assign(ground.provider.person, { sub: 'slow' })
      await person.signIn(`${ground.origin('wiki')}/`, ground.port)
      Object.assign(ground.provider.person, { sub: 'person-1' })
      const sockets = await Promise.all(Array.from({ length: 300 }, (_, index) => connect(ground, index)))
      const head = plainRequest(ground)
        .replace(ground.cookie('wiki'), ground.cookie('wiki', person))
        .replace('GET', 'POST')
        .replace(/\r\n\r\n$/, '\r\nContent-Length: 1000000\r\n\r\n')
      for (const socket of sockets) socket?.write(head)
      for (let round = 0; round < 10; round++) {
        for (const socket of sockets) if (socket?.writable) socket.write('x')
        await pause(100)
      }
      for (const socket of sockets) socket?.destroy()
    }),
    flood('a thousand handshakes that stop half-way', async (ground) => {
      const sockets = Array.from({ length: 1_000 }, (_, index) => {
        const socket = net.connect({ host: '127.0.0.1', port: ground.port, localAddress: from(index) })
        socket.on('error', () => {})
        socket.write(Buffer.from('160301020001', 'hex'))
        return socket
      })
      await pause(500)
      for (const socket of sockets) socket.destroy()
    }),
    flood('a thousand strangers who start to sign in', async (ground) => {
      for (let round = 0; round < 20; round++) {
        await Promise.all(
          Array.from({ length: 50 }, async (_, index) => {
            const stranger = ground.person()
            const asked = { page: true, from: from(index) }
            const first = await stranger.ask(`${ground.origin('erp')}/${index}`, ground.port, asked)
            must(first.status === 302, '302: no address shuts out another', first.status)
            const next = await stranger.ask(first.headers.location!, ground.port, asked)
            must(next.status === 303 || next.status === 429, 'the provider, or the limit of this address', next.status)
            stranger.close()
          }),
        )
      }
      const person = ground.person()
      const since = performance.now()
      await person.signIn(`${ground.origin('erp')}/`, ground.port)
      must(hasSession(ground, person), 'an honest person to sign in', 'no session')
      person.close()
      return `an honest sign-in took ${Math.round(performance.now() - since)} ms`
    }),
    flood('cookies, fields and separators by the thousand', async (ground) => {
      const cookies = [
        ';'.repeat(8_000),
        '='.repeat(8_000),
        '__Host-einlass='.repeat(1_000),
        'a=b; '.repeat(2_000),
        ' '.repeat(8_000),
      ]
      for (const cookie of cookies) {
        const begun = performance.now()
        const heard = await ground.send(stranger(ground, 'GET /x', `Cookie: ${cookie}\r\n`))
        must(heard.answers[0] !== undefined, 'an answer', summary(heard))
        must(performance.now() - begun < 2_500, 'an answer in linear time', performance.now() - begun)
      }
    }),
    {
      name: 'bodies too large for built-in endpoints',
      async run(ground) {
        const person = ground.person()
        for (const path of ['/sign-in', '/sign-out', '/sessions/end', '/backchannel-logout/corp']) {
          const answer = await person
            .ask(`${ground.origin('access')}${path}`, ground.port, {
              method: 'POST',
              page: true,
              body: `a=${'x'.repeat(2_000_000)}`,
            })
            .catch(() => ({ status: 0 }))
          must([0, 400, 403, 413].includes(answer.status), 'a refusal', `${path}: ${answer.status}`)
        }
        person.close()
      },
    },
    {
      name: 'cookies of a sibling beyond any limit, and a link as long',
      async run(ground) {
        const ask = (fields: string, target = '/app/x') =>
          ground.send(`GET ${target} HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\nAccept: text/html\r\n${fields}\r\n`, {
            untilClosed: true,
          })
        const bomb = Array.from({ length: 12 }, (_, at) => `bomb${at}=${'c'.repeat(3_900)}`).join('; ')
        const own = ground.cookie('wiki')
        const filled = await ask(`Cookie: ${bomb}; ${own}\r\n`)
        const [answer] = filled.answers
        const clears = answer?.headers.some(([name, value]) => /^clear-site-data$/i.test(name) && value === '"cookies"')
        must(answer?.status === 431 && clears === true, '431 that clears the cookies', summary(filled))
        must(answer.body.includes('</html>'), 'a page', answer.body.length)
        for (const length of [20_000, 32_000, 32_700, 33_000, 60_000]) {
          for (const long of [
            await ask(`Cookie: ${own}\r\n`, `/app/x?${'q'.repeat(length)}`),
            await ask(`Cookie: ${own}\r\nReferer: https://evil.test/${'r'.repeat(length)}\r\n`),
          ]) {
            must(!/clear-site-data/i.test(long.text), 'no cookie cleared by a link', summary(long))
          }
        }
      },
    },
    {
      name: 'renegotiation of TLS 1.2, again and again',
      async run(ground) {
        const socket = tls.connect({
          port: ground.port,
          host: '127.0.0.1',
          servername: `wiki.${domain}`,
          ca: ground.ca,
          maxVersion: 'TLSv1.2',
          ALPNProtocols: ['http/1.1'],
        })
        socket.on('error', () => {})
        await once(socket, 'secureConnect')
        socket.resume()
        try {
          const renegotiated = await new Promise<boolean>((resolve) => {
            socket.once('close', () => resolve(false))
            setTimeout(() => resolve(false), 2_000).unref()
            socket.renegotiate({}, (error) => resolve(error === null))
          })
          must(!renegotiated, 'no second handshake', 'one')
        } finally {
          socket.destroy()
        }
      },
    },
    {
      name: 'more connections of one address than the limit, and others beside it',
      async run() {
        const limited = await openEnvironment({ limits: { connections_per_address: 20 }, signIn: ['wiki'] })
        try {
          const sockets = await Promise.all(Array.from({ length: 60 }, () => connect(limited, 7)))
          await pause(100)
          const open = sockets.filter((socket) => socket !== undefined && !socket.destroyed).length
          must(open <= 20, 'twenty at most', open)
          const other = await limited.send(plainRequest(limited), { from: '127.0.1.99' })
          must(other.answers[0]?.status === 200, '200 for another address', summary(other))
          for (const socket of sockets) socket?.destroy()
        } finally {
          await limited.stop()
        }
      },
    },
    {
      name: 'slow clients: a head, an upload and a connection that stall',
      async run() {
        const strict = await openEnvironment({
          limits: { header_timeout: '1s', body_idle_timeout: '1s' },
          signIn: ['wiki'],
        })
        try {
          const begun = Date.now()
          const upload = plainRequest(strict)
            .replace('GET', 'POST')
            .replace(/\r\n\r\n$/, '\r\nContent-Length: 100\r\n\r\nx')
          const closes = ['', 'GET / HTTP/1.1\r\nX-A', upload].map(async (bytes, index) => {
            const socket = await connect(strict, index)
            socket?.write(bytes)
            socket?.resume()
            await new Promise((resolve) => socket?.once('close', resolve))
          })
          await Promise.race([
            Promise.all(closes),
            pause(12_000).then(() => must(false, 'all three closed', 'still open')),
          ])
          return `closed after ${Date.now() - begun} ms`
        } finally {
          await strict.stop()
        }
      },
    },
  ],
}
