// Attack class WebSocket: cross-site hijacking, smuggling by upgrade, and the end of a tunnel with its session.

import { setTimeout as pause } from 'node:timers/promises'
import { must, type AttackSuite, type Check } from '../case.ts'
import { handshake } from '../control-requests.ts'
import { answerAll, domain, type Environment } from '../environment.ts'
import { summary } from '../run-raw-attack.ts'

const open = (ground: Environment, fields: string, line = 'GET /app/ws HTTP/1.1'): string =>
  `${line}\r\nHost: ${ground.host('wiki')}\r\nCookie: ${ground.cookie('wiki')}\r\n${fields}\r\n`

const own = (ground: Environment): string => `Origin: ${ground.origin('wiki')}\r\n`

const bodies = [
  'Content-Length: 5',
  'Content-Length: 40',
  'Transfer-Encoding: chunked',
  'Trailer: x',
  'Expect: 100-continue',
]

const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
// For the key of `handshake` (RFC 6455 1.3).
const accept = 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n'

/** The app answers a handshake with a 101 that does not accept it, and talks on. */
const failedHandshakes: readonly Check[] = (
  [
    ['no Accept', switching],
    ['a wrong Accept', `${switching}Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n`],
    ['two Accepts', `${switching}${accept}${accept}`],
    ['a subprotocol not offered', `${switching}${accept}Sec-WebSocket-Protocol: admin\r\n`],
    ['an extension not offered', `${switching}${accept}Sec-WebSocket-Extensions: x-raw\r\n`],
    ['another protocol', switching.replace('websocket', 'h2c') + accept],
    ['two protocols', `${switching}Upgrade: h2c\r\n${accept}`],
  ] as const
).map(([name, raw]) => ({
  name: `an app that answers a handshake with ${name}`,
  async run(ground) {
    ground.odd.behave = ({ socket }) => void socket.write(`${raw}\r\npoison`)
    const bytes = `GET /x HTTP/1.1\r\nHost: ${ground.host('odd')}\r\nCookie: ${ground.cookie('odd')}\r\n${handshake}Origin: ${ground.origin('odd')}\r\n\r\n`
    const heard = await ground.send(bytes, { servername: `odd.${domain}`, untilClosed: true })
    ground.odd.behave = answerAll
    must(heard.answers[0]?.status === 502, '502', summary(heard))
    must(!heard.text.includes('poison') && heard.closed, 'no tunnel', heard.text)
  },
}))

export const websockets: AttackSuite = {
  class: 'websocket',
  raw: [
    ...['https://evil.test', 'null', 'file://', 'http://wiki.company.localhost'].map((origin) => ({
      name: `a handshake from ${origin}`,
      bytes: (ground: Environment) => open(ground, `${handshake}Origin: ${origin}\r\n`),
      expected: { status: [400, 403], atMost: 0 },
    })),
    {
      name: 'a handshake from a sibling’s page, which SameSite lets through',
      bytes: (ground) => open(ground, `${handshake}Origin: ${ground.origin('erp')}\r\n`),
      expected: { status: [400, 403], atMost: 0 },
    },
    {
      name: 'a handshake from a look-alike origin',
      bytes: (ground) => open(ground, `${handshake}Origin: ${ground.origin('wiki')}.evil.test\r\n`),
      expected: { status: [400, 403], atMost: 0 },
    },
    {
      name: 'a handshake without Origin',
      bytes: (ground) => open(ground, handshake),
      expected: { status: [400, 403], atMost: 0 },
    },
    {
      name: 'a handshake without a session',
      bytes: (ground) => `GET /app/ws HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\n${handshake}${own(ground)}\r\n`,
      expected: { status: [401], atMost: 0 },
    },
    ...bodies.map((field) => ({
      name: `a handshake with ${field}, and nothing after it`,
      bytes: (ground: Environment) => open(ground, `${handshake}${own(ground)}${field}\r\n`),
      expected: { status: [400, 417, 0], atMost: 0, closed: true },
    })),
    ...bodies.map((field) => ({
      name: `a stranger's handshake with ${field}, and a request after it`,
      bytes: (ground: Environment) =>
        `GET /x HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\n${handshake}${field}\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`,
      expected: { status: [400, 417, 0], atMost: 0, closed: true },
    })),
    ...['h2c', 'websocket, h2c', 'TLS/1.0', 'websocket/13', 'web socket', ''].map((protocol) => ({
      name: `an upgrade to ${JSON.stringify(protocol)}`,
      bytes: (ground: Environment) => open(ground, handshake.replace('websocket', protocol) + own(ground)),
      expected: { status: [200], absent: ['upgrade', 'http2-settings'], closed: protocol !== '' },
    })),
    ...['12', '', '13, 8', '99999999999999'].map((version) => ({
      name: `version ${JSON.stringify(version)}`,
      bytes: (ground: Environment) =>
        open(ground, handshake.replace('Version: 13', `Version: ${version}`) + own(ground)),
      expected: { status: [426], atMost: 0, answers: ['sec-websocket-version: 13', 'upgrade: websocket'] },
    })),
    {
      name: 'an invalid key',
      bytes: (ground) => open(ground, handshake.replace(/Key: .*==/, 'Key: short') + own(ground)),
      expected: { status: [400], atMost: 0 },
    },
    {
      name: 'a handshake by POST',
      bytes: (ground) => open(ground, handshake + own(ground), 'POST /app/ws HTTP/1.1'),
      expected: { status: [400, 405], atMost: 0 },
    },
    {
      name: 'a handshake over HTTP/1.0',
      bytes: (ground) => open(ground, handshake + own(ground), 'GET /app/ws HTTP/1.0'),
      expected: { status: [400, 200], absent: ['upgrade'] },
    },
    {
      name: 'extensions made to break a parser',
      bytes: (ground) =>
        open(
          ground,
          `${handshake}${own(ground)}Sec-WebSocket-Extensions: constructor, ${'a;'.repeat(2000)}; x=99999999999\r\nSec-WebSocket-Protocol: ,,,__proto__\r\n`,
        ),
      expected: { status: [101, 400] },
    },
  ],
  checks: [
    ...failedHandshakes,
    {
      name: 'a tunnel ends with the session it rests on',
      async run(ground) {
        const person = ground.person()
        await person.signIn(`${ground.origin('wiki')}/`, ground.port)
        const socket = await person.socket(`${ground.origin('wiki')}/live`, ground.port)
        const since = Date.now()
        const left = await person.ask(`${ground.origin('wiki')}/.einlass/sign-out`, ground.port, {
          method: 'POST',
          page: true,
          body: '',
        })
        must(left.status === 200, 'to be signed out', left.status)
        await Promise.race([socket.ended, pause(3_000)])
        must(socket.endedAt() !== undefined, 'the tunnel to be closed', 'it is open')
        must(socket.endedAt()! - since < 1_000, 'within a second', socket.endedAt()! - since)
        person.close()
      },
    },
    {
      name: 'frames of a single byte, without an end',
      async run(ground) {
        const before = ground.node.rss()
        const bytes = Buffer.alloc(7 * 5000)
        for (let at = 0; at < bytes.length; at += 7) bytes.set([at === 0 ? 1 : 0, 0x81, 0, 0, 0, 0, 0x61], at)
        const heard = await ground.send(`${open(ground, handshake + own(ground))}${bytes.toString('latin1')}`)
        must(heard.answers[0]?.status === 101, 'the tunnel', summary(heard))
        const more = ground.node.rss() - before
        must(more < 64 * 1024 * 1024, 'bounded memory', more)
      },
    },
    {
      name: 'an app that answers a handshake with anything but 101',
      async run(ground) {
        ground.odd.behave = ({ socket }) => {
          socket.write(
            'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison',
          )
        }
        const bytes = `GET /x HTTP/1.1\r\nHost: ${ground.host('odd')}\r\nCookie: ${ground.cookie('odd')}\r\n${handshake}Origin: ${ground.origin('odd')}\r\n\r\n`
        const heard = await ground.send(bytes, { servername: 'odd.company.localhost', untilClosed: true })
        must(!heard.text.includes('poison'), 'nothing after the answer', heard.text)
        must(heard.closed, 'the connection to be closed', summary(heard))
      },
    },
  ],
}
