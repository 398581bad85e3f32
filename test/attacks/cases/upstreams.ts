// Attack class malicious upstream: the responses of a compromised app must not reach another request.

import { setTimeout as pause } from 'node:timers/promises'
import { must, type AttackSuite, type Check } from '../case.ts'
import { answerAll, domain, type Environment } from '../environment.ts'
import { plainRequest, summary } from '../run-raw-attack.ts'
import type { Received } from '../raw-tls-client.ts'

const there = { servername: `odd.${domain}` }
const poison = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison'

/** The app sends these bytes; `then` checks what the client received, and the next request must be unaffected. */
function answering(
  name: string,
  bytes: string,
  then: (heard: Received) => void,
  after: 'stay' | 'end' = 'stay',
): Check {
  return {
    name,
    async run(ground) {
      ground.odd.behave = ({ socket }, whole) =>
        void whole.then(() => {
          socket.write(bytes, 'latin1')
          if (after === 'end') socket.end()
        })
      const heard = await ground.send(plainRequest(ground, 'odd'), there)
      then(heard)
      await unharmed(ground)
    },
  }
}

async function unharmed(ground: Environment): Promise<void> {
  await pause(20)
  ground.odd.behave = answerAll
  for (let round = 0; round < 3; round++) {
    const next = await ground.send(plainRequest(ground, 'odd'), there)
    must(next.answers[0]?.status === 200 && next.answers[0].body === 'ok', 'the next answer to be its own', next.text)
  }
}

const is =
  (...statuses: number[]) =>
  (heard: Received): void => {
    must(statuses.includes(heard.answers[0]?.status ?? 0), statuses.join(' or '), summary(heard))
    must(!heard.text.includes('poison'), 'nothing of the second answer', heard.text)
  }

const bad = is(502)

export const upstreams: AttackSuite = {
  class: 'request-smuggling',
  checks: [
    answering('two answers to one request', `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok${poison}`, is(200, 502)),
    answering('more bytes than announced', `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok, and more`, is(200, 502)),
    answering(
      '101 to what asked for nothing',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\npoison',
      bad,
    ),
    answering(
      'a length and chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      is(200, 502),
    ),
    answering('two lengths that differ', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\nokabc', bad),
    answering('a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok', bad),
    answering('a status that is none', 'HTTP/1.1 999 OK\r\nContent-Length: 2\r\n\r\nok', bad),
    answering('a status of two digits', 'HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok', bad),
    answering('no HTTP at all', '\x00\x01\x02 nonsense\r\n\r\n', bad),
    answering(
      'a field with a lone carriage return',
      'HTTP/1.1 200 OK\r\nX-A: b\rSet-Cookie: __Host-einlass=x\r\nContent-Length: 2\r\n\r\nok',
      bad,
    ),
    answering('a field with NUL', 'HTTP/1.1 200 OK\r\nX-A: b\0c\r\nContent-Length: 2\r\n\r\nok', bad),
    answering(
      'a field over two lines',
      'HTTP/1.1 200 OK\r\nX-A: b\r\n Set-Cookie: __Host-einlass=x\r\nContent-Length: 2\r\n\r\nok',
      (heard) => {
        must(!/^set-cookie/im.test(heard.text), 'no field of its own', heard.text)
      },
    ),
    answering(
      'a field with a space before its colon',
      'HTTP/1.1 200 OK\r\nX-A : b\r\nContent-Length: 2\r\n\r\nok',
      bad,
    ),
    answering('fields of 100 KB', `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(100_000)}\r\nContent-Length: 2\r\n\r\nok`, bad),
    answering(
      'three thousand cookies',
      `HTTP/1.1 200 OK\r\n${'Set-Cookie: abcdefgh=ijklmnop; Path=/\r\n'.repeat(3000)}Content-Length: 2\r\n\r\nok`,
      bad,
    ),
    answering('content after 204', 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello', (heard) => {
      is(204, 502)(heard)
      must(!heard.text.includes('hello'), 'no content', heard.text)
    }),
    answering('content after 304', `HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello${poison}`, (heard) => {
      is(304, 502)(heard)
      must(!heard.text.includes('hello'), 'no content', heard.text)
    }),
    answering(
      'ten thousand early hints',
      `${'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(10_000)}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`,
      is(200, 502),
    ),
    answering(
      'a hint with a cookie',
      'HTTP/1.1 103 Early Hints\r\nSet-Cookie: __Host-einlass=x\r\nX-A: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      (heard) => {
        must(!/^(?:set-cookie|x-a):/im.test(heard.text), 'links alone in hints', heard.text)
      },
    ),
    answering(
      'content that stops half-way',
      'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes.',
      (heard) => must(heard.answers[0]?.complete !== true && heard.closed, 'a broken connection', summary(heard)),
      'end',
    ),
    answering(
      'chunks that stop half-way',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
      (heard) => must(heard.answers[0]?.complete !== true && heard.closed, 'a broken connection', summary(heard)),
      'end',
    ),
    answering(
      'a chunk size that is none',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n',
      (heard) => must(heard.answers[0]?.complete !== true && heard.closed, 'a broken connection', summary(heard)),
    ),
    {
      name: 'an unsolicited response on an idle connection',
      async run(ground) {
        await unharmed(ground)
        const open = new Set(ground.odd.upstream.requests.slice(-3).map(({ socket }) => socket))
        for (const socket of open) if (!socket.destroyed) socket.write(poison)
        const heard = await ground.send(plainRequest(ground, 'odd'), there)
        must(!heard.text.includes('poison'), 'an answer of its own', heard.text)
        await unharmed(ground)
      },
    },
    {
      name: 'a response before the request is complete',
      async run(ground) {
        ground.odd.behave = ({ socket }) => void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno${poison}`)
        const head = `POST /x HTTP/1.1\r\nHost: ${ground.host('odd')}\r\nCookie: ${ground.cookie('odd')}\r\n`
        const heard = await ground.send(`${head}Content-Length: 100000\r\n\r\nhalf`, there)
        must(!heard.text.includes('poison'), 'one answer', heard.text)
        await unharmed(ground)
      },
    },
    {
      name: 'an app that never answers',
      async run(ground) {
        ground.odd.behave = () => {}
        const begun = Date.now()
        const [late, honest] = await Promise.all([
          ground.ada.ask(`${ground.origin('odd')}/x`, ground.port),
          ground.ada.ask(`${ground.origin('wiki')}/x`, ground.port),
        ])
        must(late.status === 504, '504', late.status)
        must(Date.now() - begun < 8_000, 'within its time-out', Date.now() - begun)
        must(honest.status === 200, 'other apps to work', honest.status)
        await unharmed(ground)
      },
    },
    {
      name: 'an endless response',
      async run(ground) {
        let written = 0
        ground.odd.behave = (request, whole) => {
          const { socket, line } = request
          if (!line.includes('/endless')) return answerAll(request, whole)
          socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
          const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000), Buffer.from('\r\n')])
          const more = (): void => {
            while (!socket.destroyed && socket.write(chunk)) written += chunk.length
          }
          socket.on('drain', more)
          more()
        }
        const before = ground.node.rss()
        const person = ground.person()
        await person.signIn(`${ground.origin('odd')}/`, ground.port)
        const stream = await person.stream(`${ground.origin('odd')}/endless`, ground.port)
        await pause(1_000)
        const grown = ground.node.rss() - before
        must(grown < 100 * 1024 * 1024, 'bounded memory', grown)
        must(stream.heard() > 0 && written > 0, 'it to flow', stream.heard())
        person.close()
        await unharmed(ground)
      },
    },
  ],
}
