// Heads beyond their limits on each server: a 431 with a page; cookies too large are cleared, nothing else is.

import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect as connectTcp, createServer, Socket, type AddressInfo } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import { createUnfinishedHeads } from '../../../src/http/server/unfinished-heads.ts'
import { undoneAfterEach, wikiCertificate } from '../../support/hooks.ts'
import {
  closedWithin,
  http1Servers,
  limitedListener,
  received,
  servers,
  type LimitedListener,
  type ServerName,
} from '../../support/limited-listener.ts'

const { wiki } = wikiCertificate()
const undo = undoneAfterEach()

interface Answer {
  readonly status: number
  readonly clears: string | undefined
  readonly body: string
}

const browser = ['accept', 'text/html', 'sec-fetch-dest', 'document'] as const
const cookie = (count: number, bytes: number, from = 0): string[] =>
  Array.from({ length: count }, (_, at) => `bomb${from + at}=${'c'.repeat(bytes)}`)

/** One GET on a connection of its own. `cookies`: over HTTP/2 a field each, as browsers send them. */
async function ask(
  server: ServerName,
  { listener, connect }: LimitedListener,
  fields: readonly string[],
  cookies: readonly string[] = [],
  path = '/',
): Promise<Answer> {
  if (server === 'http2') {
    const session = connectHttp2(`https://127.0.0.1:${listener.port}`, {
      rejectUnauthorized: false,
      servername: 'wiki.test',
      maxSendHeaderBlockLength: 4_000_000,
    })
    undo.push(() => session.destroy())
    session.on('error', () => {})
    const flat = [...fields, ...cookies.flatMap((one) => ['cookie', one])]
    const pseudo = [':method', 'GET', ':path', path, ':scheme', 'https', ':authority', 'wiki.test']
    const stream = session.request([...pseudo, ...flat])
    const [head] = await once(stream, 'response')
    let body = ''
    for await (const chunk of stream.setEncoding('utf8')) body += chunk
    expect(session.closed || session.destroyed).toBe(false)
    return { status: Number(head[':status']), clears: head['clear-site-data'] as string | undefined, body }
  }
  const socket = connect()
  let text = `GET ${path} HTTP/1.1\r\nHost: wiki.test\r\n`
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`
  if (cookies.length > 0) text += `Cookie: ${cookies.join('; ')}\r\n`
  socket.write(`${text}\r\n`)
  const answer = await received(socket, /<\/html>|seen$/)
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]),
    clears: /\r\nClear-Site-Data: (.*)\r\n/.exec(answer)?.[1],
    body: answer,
  }
}

describe.each(servers)('%s', (server) => {
  test.each([
    ['twelve of a sibling’s script', cookie(12, 3_900)],
    ['many small ones', cookie(170, 250)],
    ['as much as fits in a few frames', cookie(30, 4_000)],
  ])('a cookie bomb, %s: 431 with a page that clears them, in both languages', async (_, cookies) => {
    const open = await limitedListener(server, wiki, undo)
    for (const [language, heading] of [
      ['en', 'Your browser sent too many cookies'],
      ['de', 'Ihr Browser hat zu viele Cookies gesendet'],
    ] as const) {
      const answer = await ask(server, open, [...browser, 'accept-language', language], cookies)
      expect([answer.status, answer.clears]).toEqual([431, '"cookies"'])
      expect(answer.body).toContain(heading)
      expect(answer.body).toContain('href=""')
    }
    expect((await ask(server, open, browser)).status).toBe(200)
  })
})

test.each(servers)('%s: cookies larger than the limit are a 431 with a page that clears them', async (server) => {
  const open = await limitedListener(server, wiki, undo, { headerBytes: 8_192 })
  expect(await ask(server, open, [...browser], cookie(2, 4_000))).toMatchObject({ status: 200, clears: undefined })
  expect(await ask(server, open, [...browser], cookie(3, 4_000))).toMatchObject({ status: 431, clears: '"cookies"' })
})

test.each(servers)('%s: fields larger than the limit are a 431 with a page', async (server) => {
  const open = await limitedListener(server, wiki, undo, { headerBytes: 8_192 })
  const fields = (bytes: number) => [...browser, 'x-a', 'a'.repeat(bytes)]
  expect((await ask(server, open, fields(7_900))).status).toBe(200)
  const answer = await ask(server, open, fields(8_200))
  expect(answer).toMatchObject({ status: 431, clears: undefined })
  expect(answer.body).toContain('</html>')
})

test.each(servers)('%s: more fields than the limit are a 431 with a page', async (server) => {
  const open = await limitedListener(server, wiki, undo, { headerCount: 20 })
  const many = (count: number) => [...browser, ...Array.from({ length: count }, (_, at) => [`x-${at}`, 'a']).flat()]
  expect((await ask(server, open, many(15))).status).toBe(200)
  expect(await ask(server, open, many(25))).toMatchObject({ status: 431, clears: undefined })
  // Far more than the limit as well: an answer, and no broken stream.
  for (const count of [100, 400, 900]) {
    expect(await ask(server, open, many(count))).toMatchObject({ status: 431, clears: undefined })
  }
  // Cookies sent one in a field count by their size only.
  expect((await ask(server, open, many(15), cookie(90, 10))).status).toBe(200)
})

test.each(servers)('%s: a target larger than the limit is refused', async (server) => {
  const open = await limitedListener(server, wiki, undo, { headerBytes: 8_192 })
  expect((await ask(server, open, [...browser], [], `/?${'q'.repeat(7_500)}`)).status).toBe(200)
  const answer = await ask(server, open, [...browser], [], `/?${'q'.repeat(8_300)}`)
  expect(answer).toMatchObject({ status: 431, clears: undefined })
})

test.each(servers)('%s: no link of a stranger signs a person out, however long it is', async (server) => {
  const open = await limitedListener(server, wiki, undo, { headerBytes: 8_192 })
  const own = cookie(1, 7_000)
  for (const bytes of [1_000, 7_000, 8_000, 8_180, 8_200, 12_000]) {
    expect((await ask(server, open, [...browser], own, `/?${'q'.repeat(bytes)}`)).clears).toBeUndefined()
    const fields = [...browser, 'referer', `https://evil.test/${'r'.repeat(bytes)}`]
    expect((await ask(server, open, fields, own)).clears).toBeUndefined()
  }
})

test.each(http1Servers)('%s: all cookies a browser can store get the page, more end the connection', async (server) => {
  const open = await limitedListener(server, wiki, undo)
  expect(await ask(server, open, [...browser], cookie(180, 4_000))).toMatchObject({ status: 431, clears: '"cookies"' })
  const socket = open.connect()
  socket.write(`GET / HTTP/1.1\r\nHost: wiki.test\r\nCookie: ${'c'.repeat(1_200_000)}\r\n\r\n`)
  expect(await received(socket)).toMatch(/^HTTP\/1\.1 431 |^$/)
})

test('einlass: a large head in single bytes costs time in proportion, and a pipelined request behind it is not read', async () => {
  const { connectTcp, seen } = await limitedListener('einlass', undefined, undo)
  const socket = connectTcp()
  socket.setNoDelay(true)
  const head = `GET / HTTP/1.1\r\nHost: wiki.test\r\nX-A: b\r\ncOOKie: ${'c'.repeat(60_000)}\r\nAccept-Language: de\r\n\r\n`
  const before = process.cpuUsage()
  for (const byte of head.slice(0, 40_000)) {
    if (!socket.write(byte)) await once(socket, 'drain')
  }
  socket.write(`${head.slice(40_000)}GET /second HTTP/1.1\r\nHost: wiki.test\r\n\r\n`)
  const text = await received(socket)
  expect(text).toMatch(/^HTTP\/1\.1 431 /)
  expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1)
  expect(seen.map(({ received: one }) => one.target)).toEqual(['/'])
  expect(seen[0]!.received.headers).toEqual(['Host', 'wiki.test', 'X-A', 'b', 'Accept-Language', 'de'])
  expect(process.cpuUsage(before).user / 1_000).toBeLessThan(5_000)
})

test.each([
  ['Cookie', `Cookie: ${'c'.repeat(30_000)}\r\nCookie: ${'d'.repeat(2_000)}\r\n`, 200],
  ['a Cookie before others', `Cookie: ${'c'.repeat(32_000)}\r\nX-A: ${'a'.repeat(30_000)}\r\n`, 200],
  ['no Cookie', `X-A: ${'a'.repeat(40_000)}\r\n`, 431],
  ['a name that begins like it', `Cookies: ${'c'.repeat(40_000)}\r\n`, 431],
  ['a bare line feed in the middle', `Cookie: ${'c'.repeat(40_000)}\nX-A: b\r\n`, 431],
  ['a folded line', `Cookie: ${'c'.repeat(20_000)}\r\n X-A: ${'b'.repeat(20_000)}\r\n`, 400],
  ['a NUL', `X-A: ${'a'.repeat(20_000)}\0\r\nCookie: ${'c'.repeat(20_000)}\r\n`, 400],
])('einlass: a head of more than 32 KB with %s', async (_, fields, status) => {
  const { connectTcp } = await limitedListener('einlass', undefined, undo)
  for (const pieces of [1, 7, 1_000]) {
    const socket = connectTcp()
    const text = `GET / HTTP/1.1\r\nHost: wiki.test\r\n${fields}\r\n`
    const size = Math.ceil(text.length / pieces)
    for (let at = 0; at < text.length; at += size) {
      socket.write(text.slice(at, at + size), 'latin1')
      if (pieces > 1) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await received(socket, /seen$/)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    socket.destroy()
    await closedWithin(socket, 100)
  }
})

test('node: unfinished heads beyond their budget end, the largest first', async () => {
  const heads = createUnfinishedHeads(32_768, 1_000_000)
  undo.push(() => heads.close())
  const server = createServer((socket) => {
    socket.on('error', () => {}).resume()
    heads.begin(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  undo.push(() => server.close())
  const { port } = server.address() as AddressInfo
  const sockets = [500_000, 600_000, 20_000].map((bytes) => {
    const socket = connectTcp(port, '127.0.0.1')
    socket.on('error', () => {})
    undo.push(() => socket.destroy())
    socket.write(Buffer.alloc(bytes, 'c'))
    return socket
  })
  expect(await closedWithin(sockets[1]!, 3_000)).toBeDefined()
  for (const socket of [sockets[0]!, sockets[2]!]) expect(await closedWithin(socket, 400)).toBeUndefined()
})

test('node: the bytes of an unfinished head are counted, over TLS as well, and those of a finished one are not', async () => {
  for (const certificate of [wiki, undefined]) {
    const open = await limitedListener('node', certificate, undo)
    const read: Socket[] = []
    const begin = vi.spyOn(Map.prototype, 'set')
    const socket = certificate === undefined ? open.connectTcp() : open.connect()
    socket.write(`GET / HTTP/1.1\r\nHost: wiki.test\r\nCookie: ${'c'.repeat(200_000)}`)
    await expect
      .poll(() => {
        for (const [key] of begin.mock.calls) {
          const one = key as Socket | undefined
          if (one instanceof Socket && one.bytesRead > 200_000) read.push(one)
        }
        return read.length
      })
      .toBeGreaterThan(0)
    begin.mockRestore()
  }
})
