// Attack class unreliability: an application repeats fields that HTTP/2 sends once, in its head and in its trailers.

import http2 from 'node:http2'
import { must, type AttackSuite } from '../case.ts'
import { answerAll, domain, type Environment } from '../environment.ts'

const names = ['etag', 'x-content-type-options', 'last-modified', 'retry-after', 'expires', 'host', 'user-agent', 'tk']
const twice = names.map((name) => `${name}: a\r\n${name}: b\r\n`).join('')

interface Got {
  readonly status: number
  readonly code: number
  readonly body: string
}

async function overHttp2(ground: Environment): Promise<Got> {
  const session = http2.connect(`https://127.0.0.1:${ground.port}`, { ca: ground.ca, servername: `odd.${domain}` })
  session.on('error', () => {})
  try {
    const stream = session.request({
      ':path': '/app/echo',
      ':authority': ground.host('odd'),
      cookie: ground.cookie('odd'),
    })
    let status = 0
    let body = ''
    stream.on('response', (headers) => (status = Number(headers[':status'])))
    stream.on('data', (chunk: Buffer) => (body += chunk))
    stream.on('error', () => {})
    await new Promise<void>((resolve) => stream.once('close', resolve))
    return { status, code: stream.rstCode ?? 0, body }
  } finally {
    session.destroy()
  }
}

export const repeatedFields: AttackSuite = {
  class: 'fail-closed-reliability',
  checks: [
    {
      name: 'an app repeats fields that HTTP/2 sends once, in head and trailers',
      async run(ground) {
        let head = ''
        ground.odd.behave = ({ socket }, whole) =>
          void whole.then(() =>
            socket.write(
              `HTTP/1.1 200 OK\r\n${head}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n${twice}\r\n`,
              'latin1',
            ),
          )
        try {
          for (head of ['', twice]) {
            const got = await overHttp2(ground)
            must(got.status === 200 && got.code === 0 && got.body === 'ok', 'the answer, complete', got)
          }
        } finally {
          ground.odd.behave = answerAll
        }
        must((await overHttp2(ground)).body === 'ok', 'the next answer', '')
      },
    },
  ],
}
