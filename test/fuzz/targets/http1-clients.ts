// Fuzz target HTTP/1 clients: undici and the native, stricter client read the same upstream response the same way, or reject it.

import fc from 'fast-check'
import { createUpstream } from '../../../src/proxy/upstream-pool.ts'
import type { ResponseWriter } from '../../../src/http/response-writer.ts'
import type { ForwardRequest, ForwardResult } from '../../../src/proxy/upstream.ts'
import { noHeaders } from '../../../src/proxy/headers/serialized-headers.ts'
import { Readable } from 'node:stream'
import { app, limits } from '../../support/proxy-environment.ts'
import { startRawUpstream } from '../../support/raw-upstream.ts'
import { mutate, salt } from '../mutate.ts'
import { must, opened, type FuzzTarget } from '../target.ts'

const whole = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello',
  'HTTP/1.1 200\r\nContent-Length: 0\r\nX-Empty:\r\nX-Blank: a \t\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5;a=b\r\nhello\r\n01\r\n!\r\n0\r\nX-Sum: 1\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: "x"\r\n\r\n',
  'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end',
  'HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold',
  'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
]
const dictionary = [
  ...salt.filter((text) => /^[\0-\xff]*$/.test(text)),
  '\r\n\r\n',
  '\r\n ',
  '\n\n',
  ' :',
  'Content-Length: 5\r\n',
  'Content-Length: 4\r\n',
  'Content-Length: +5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: gzip, chunked\r\n',
  'Connection: close\r\n',
  'Upgrade: x\r\n',
  '0\r\n\r\n',
  '5\r\n',
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.1 500 X\r\nContent-Length: 6\r\n\r\npoison',
  'HTTP/2.0',
  'HTTP/1.0',
  'X'.repeat(70_000),
]
const input = fc.tuple(
  fc.oneof({ weight: 1, arbitrary: fc.constantFrom(...whole) }, { weight: 6, arbitrary: mutate(whole, dictionary, 3) }),
  fc.array(fc.nat(300), { maxLength: 2 }),
  fc.constantFrom('GET', 'HEAD'),
)

/**
 * The heads of a response as a recipient may mend them (RFC 9112 sections 2.2 and 5.2, RFC 9110 section 8.6), without
 * whitespace after a value, which undici does not accept in Content-Length (RFC 9112 section 5.1 does).
 */
function mendHeads(bytes: string): string {
  const end = /\n\r?\n/.exec(bytes)
  if (end === null) return bytes
  const after = end.index + end[0].length
  const [statusLine = '', ...lines] = bytes.slice(0, after).split(/\r?\n/)
  const fields = lines
    .join('\r\n')
    .replace(/(?<!^)\r\n[ \t]+(?=[^ \t\r\n])/g, ' ')
    .replace(/[ \t]+(?=\r\n)/g, '')
    .split('\r\n')
  const lengths = new Set<string>()
  const kept = fields.filter((line) => {
    const length = /^content-length:[ \t]*(\d+)[ \t]*$/i.exec(line)?.[1]
    const copy = length !== undefined && lengths.has(length)
    if (length !== undefined) lengths.add(length)
    return !copy
  })
  const head = [statusLine, ...kept].join('\r\n')
  const rest = bytes.slice(after)
  const informational = /^HTTP\/1\.\d 1(?!01)\d\d/.test(statusLine)
  return head + (informational ? mendHeads(rest) : rest)
}

interface Made extends Pick<ForwardResult, 'status' | 'end' | 'errorStatus'> {
  readonly head: readonly string[]
  readonly hints: readonly string[]
  readonly body: string
  readonly trailers: readonly string[]
}

export const http1Clients: FuzzTarget = {
  name: 'http1-clients',
  law: 'an answer our own client takes for whole is the same to undici, and leaves nothing behind',
  weight: 3,
  async open() {
    let answer: readonly string[] = []
    const upstream = await startRawUpstream(({ socket, line }) => {
      // The second request gets a plain response: leftover bytes of the first response must not become it.
      // Without Nagle's algorithm, which would hold a piece back until after the next request was sent. A response that
      // arrives then cannot be told from the right one (RFC 9112 section 9.3.2).
      socket.setNoDelay(true)
      const pieces = line.includes('/next') ? ['HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext'] : answer
      for (const piece of pieces) socket.write(piece, 'latin1')
      if (!line.includes('/next')) setTimeout(() => socket.end(), 5)
    })
    const options = { limits, now: Date.now, log: { info() {}, warn() {} } }
    const clients = [
      createUpstream(app([upstream.origin]), options),
      createUpstream(app([upstream.origin]), { ...options, http1Client: true }),
    ] as const
    const none = new Readable({ read() {} })

    const ask = async (client: (typeof clients)[number], method: string, target: string): Promise<Made> => {
      const made = { head: [] as string[], hints: [] as string[], body: '', trailers: [] as string[] }
      const said: ResponseWriter = {
        headersSent: false,
        closed: false,
        writeInformational: (_status, headers) => void made.hints.push(...headers),
        writeHead(_status, headers) {
          // undici keeps trailing whitespace of a value (RFC 9112 section 5.1).
          made.head.push(...headers.map((text) => text.replace(/[\t ]+$/, '')))
          Object.assign(said, { begun: true })
        },
        write: (chunk) => {
          made.body += chunk.toString('latin1')
          return true
        },
        end: (trailers = []) => void made.trailers.push(...trailers),
        onDrain() {},
        onClientClose() {},
        destroy() {},
      }
      const request: ForwardRequest = {
        method,
        target,
        headers: { perRequest: 'Host: a\r\n', perHost: noHeaders, perUser: noHeaders },
        hasBody: false,
        contentLength: undefined,
        body: none,
        version: '1.1',
      }
      const { status, end, errorStatus } = await client.forward(request, said, () => {})
      return { ...made, status, end, errorStatus }
    }

    return opened(
      input,
      async ([text, cuts, method]) => {
        const bytes = text.replace(/[^\0-\xff]/g, '?')
        const places = [0, ...cuts.filter((cut) => cut > 0 && cut < bytes.length).sort((a, b) => a - b), bytes.length]
        answer = places.slice(1).map((to, i) => bytes.slice(places[i], to))
        const direct = await ask(clients[1], method, '/')
        // undici mends no head.
        const mended = mendHeads(bytes)
        if (mended !== bytes) answer = [mended]
        const undici = await ask(clients[0], method, '/')
        const seen = { undici, direct, bytes }
        // undici rejects an unexpected 100; RFC 9110 section 15.2.1 says to discard it.
        if (direct.end === 'complete' && !/HTTP\/1\.\d 100/.test(bytes)) {
          must(undici.end === 'complete', 'whole for both', seen)
          must(JSON.stringify(undici) === JSON.stringify(direct), 'the same answer', seen)
        }
        const next = await ask(clients[1], 'GET', '/next')
        // Leftover bytes that arrive too late break the next request, but must not become its response.
        must(next.body === 'next' || next.end !== 'complete', 'nothing is left over for the next one', { next, bytes })
      },
      {
        async close() {
          await Promise.all(clients.map((client) => client.retire()))
          await upstream.close()
        },
      },
    )
  },
}
