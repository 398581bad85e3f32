// Control requests: the same requests without the attack; if one of them fails, a rejected attack proves nothing.

import type { Check } from './case.ts'
import { must } from './case.ts'
import { domain, type Environment } from './environment.ts'
import { plainRequest, summary } from './run-raw-attack.ts'

interface Plain {
  readonly name: string
  readonly app?: string
  bytes(ground: Environment): string
  readonly status: number
}

const head = (ground: Environment, line: string, more = ''): string =>
  `${line} HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\nCookie: ${ground.cookie('wiki')}\r\n${more}\r\n`

export const handshake =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n'

const plain: readonly Plain[] = [
  { name: 'a page', bytes: plainRequest, status: 200 },
  {
    name: 'an upload with a length',
    bytes: (ground) => `${head(ground, 'POST /app/echo', 'Content-Length: 5\r\n')}hello`,
    status: 200,
  },
  {
    name: 'an upload in chunks',
    bytes: (ground) => `${head(ground, 'POST /app/echo', 'Transfer-Encoding: chunked\r\n')}5\r\nhello\r\n0\r\n\r\n`,
    status: 200,
  },
  {
    name: 'a DELETE with content',
    bytes: (ground) => `${head(ground, 'DELETE /app/echo', 'Content-Length: 5\r\n')}hello`,
    status: 200,
  },
  {
    name: 'a target in absolute form',
    bytes: (ground) => head(ground, `GET ${ground.origin('wiki')}/app/echo`),
    status: 200,
  },
  {
    name: 'a WebSocket',
    bytes: (ground) => head(ground, 'GET /app/ws', `${handshake}Origin: ${ground.origin('wiki')}\r\n`),
    status: 101,
  },
  {
    name: 'a public page, for a stranger',
    bytes: (ground) => `GET /public/x HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\n\r\n`,
    status: 200,
  },
  {
    name: 'a page that leads a stranger to sign-in',
    bytes: (ground) => `GET /app/echo HTTP/1.1\r\nHost: ${ground.host('wiki')}\r\nAccept: text/html\r\n\r\n`,
    status: 302,
  },
  {
    name: 'the portal',
    app: 'access',
    bytes: (ground) => `GET / HTTP/1.1\r\nHost: ${ground.host('access')}\r\nCookie: ${ground.cookie('access')}\r\n\r\n`,
    status: 200,
  },
]

export const controls: readonly Check[] = plain.map(({ name, app = 'wiki', bytes, status }) => ({
  name,
  async run(ground) {
    const heard = await ground.send(bytes(ground), { servername: `${app}.${domain}` })
    must(heard.answers[0]?.status === status, `${status} for ${name}`, summary(heard))
  },
}))
