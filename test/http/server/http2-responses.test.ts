// Responses over HTTP/2: what is written once, fields that do not belong there, trailers, back-pressure, and idle clients.

import {
  connect,
  constants,
  createServer,
  type ClientHttp2Session,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createIdleTimeouts, type IdleTimeouts } from '../../../src/http/idle-timeouts.ts'
import type { ResponseWriter } from '../../../src/http/response-writer.ts'
import { http2Response } from '../../../src/http/server/http2-response.ts'
import { undoneAfterEach, wikiCertificate } from '../../support/hooks.ts'
import { limitedListener } from '../../support/limited-listener.ts'
import { connectRawHttp2, endHeaders, endStream, frame, frameTypes, get } from '../../support/raw-http2.ts'

const { wiki } = wikiCertificate()
const undo = undoneAfterEach()

type Write = (response: ResponseWriter, stream: ServerHttp2Stream) => void

async function serve(write: Write, settings = {}, timeouts?: IdleTimeouts): Promise<ClientHttp2Session> {
  const server = createServer()
  server.on('stream', (some, headers) => {
    const stream = some as ServerHttp2Stream
    write(http2Response(stream, headers[':method']!, timeouts), stream)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { settings })
  session.on('error', () => {})
  undo.push(() => (session.destroy(), server.close()))
  return session
}

async function ask(session: ClientHttp2Session, headers: OutgoingHttpHeaders = {}) {
  const stream = session.request({ ':path': '/', ...headers })
  const hints: object[] = []
  let head: Record<string, unknown> = {}
  let trailers: object | undefined
  let body = ''
  stream.on('headers', (one) => hints.push({ ...one }))
  stream.on('response', (one) => (head = one))
  stream.on('trailers', (one) => (trailers = { ...one }))
  stream.on('data', (chunk: Buffer) => (body += String(chunk)))
  stream.on('error', () => {})
  await new Promise((resolve) => stream.on('close', resolve))
  return { hints, head, body, trailers, code: stream.rstCode }
}

test('only the first head, body and end are written', async () => {
  const session = await serve((response) => {
    expect([response.headersSent, response.closed]).toEqual([false, false])
    response.writeHead(201, ['X-A', '1'])
    expect([response.headersSent, response.closed]).toEqual([true, false])
    response.writeHead(500, ['X-B', '1'])
    response.writeInformational(103, ['Link', '</a.css>'])
    response.write(Buffer.from('ok'))
    response.end(['X-Sum', '1'])
    expect([response.headersSent, response.closed]).toEqual([true, true])
    expect(response.write(Buffer.from('more'))).toBe(true)
    response.end(['X-Sum', '2'])
  })
  const got = await ask(session)
  expect(got).toMatchObject({ hints: [], body: 'ok', trailers: { 'x-sum': '1' }, code: 0 })
  expect(got.head).toMatchObject({ ':status': 201, 'x-a': '1' })
  expect(got.head).not.toHaveProperty('x-b')
})

test('fields of a connection are left out of head, hints and trailers, others keep their values (RFC 9113 8.2.2)', async () => {
  const names = ['Connection', 'Keep-Alive', 'Proxy-Connection', 'Transfer-Encoding', 'Upgrade', 'HTTP2-Settings']
  const fields = [...names.flatMap((name) => [name, 'x']), 'X-Two', 'a', 'x-two', 'b']
  const session = await serve((response) => {
    response.writeInformational(103, fields)
    response.writeHead(200, fields)
    response.end(fields)
  })
  const { hints, head, trailers } = await ask(session)
  for (const list of [hints[0]!, head, trailers!]) {
    expect(list).toMatchObject({ 'x-two': 'a, b' })
    for (const name of names) expect(list).not.toHaveProperty(name.toLowerCase())
  }
})

test('a hint that cannot be written is left out', async () => {
  const session = await serve((response) => {
    response.writeInformational(200, [])
    response.writeHead(200, ['Content-Length', '0'])
    response.end()
  })
  expect(await ask(session)).toMatchObject({ hints: [], head: { ':status': 200 }, code: 0 })
})

test.each([
  ['HEAD', { ':method': 'HEAD' }, 200],
  ['204', {}, 204],
  ['304', {}, 304],
])('%s has a head alone, whatever is written', async (_name, headers, status) => {
  const session = await serve((response) => {
    response.writeHead(status, ['ETag', '"a"'])
    expect(response.write(Buffer.from('hello'))).toBe(true)
    response.end(['X-Sum', '1'])
  })
  expect(await ask(session, headers)).toMatchObject({ head: { etag: '"a"' }, body: '', trailers: undefined, code: 0 })
})

test('a response of known length ends with its last byte, without trailers', async () => {
  let asked = 0
  const session = await serve((response, stream) => {
    stream.on('wantTrailers', () => asked++)
    response.writeHead(200, ['CONTENT-LENGTH', '2'])
    response.write(Buffer.from('ok'))
    response.end(['X-Sum', '1'])
  })
  expect(await ask(session)).toMatchObject({ body: 'ok', trailers: undefined, code: 0 })
  expect(asked).toBe(0)
})

describe('an upload that goes on after the response', () => {
  test.each([
    ['of known length', ['Content-Length', '2']],
    ['of unknown length', []],
  ])('%s is stopped, and the response is complete (RFC 9113 8.1)', async (_name, fields) => {
    const session = await serve((response, stream) => {
      stream.pause()
      response.writeHead(413, fields)
      response.write(Buffer.from('no'))
      response.end()
    })
    const stream = session.request({ ':path': '/', ':method': 'POST' })
    let body = ''
    stream.on('data', (chunk: Buffer) => (body += String(chunk))).on('error', () => {})
    stream.write(Buffer.alloc(1_000))
    await new Promise((resolve) => stream.on('close', resolve))
    expect([stream.rstCode, body]).toEqual([constants.NGHTTP2_NO_ERROR, 'no'])
  })
})

describe('a client that is gone', () => {
  test('is told once, also where it was gone before, and not after the end or an own abort', async () => {
    const heard: string[] = []
    let first: ResponseWriter | undefined
    const session = await serve((response) => {
      first ??= response
      response.onClientClose(() => heard.push('gone'))
      response.writeHead(200, [])
    })
    const stream = session.request({ ':path': '/' })
    stream.on('error', () => {}).on('response', () => stream.close(constants.NGHTTP2_CANCEL))
    await expect.poll(() => heard).toEqual(['gone'])
    expect(first!.closed).toBe(true)
    first!.onClientClose(() => heard.push('late'))
    expect(heard).toEqual(['gone'])
    await expect.poll(() => heard).toEqual(['gone', 'late'])
    // Nothing is written any more.
    first!.writeHead(200, [])
    first!.writeInformational(103, [])
    expect(first!.write(Buffer.from('a'))).toBe(true)
    first!.end()
    first!.destroy()
  })

  test('is not one whose response ended or was given up', async () => {
    let heard = 0
    const session = await serve((response) => {
      response.onClientClose(() => heard++)
      response.writeHead(200, ['Content-Length', '0'])
      response.end()
    })
    expect((await ask(session)).code).toBe(0)
    const other = await serve((response) => {
      response.onClientClose(() => heard++)
      response.destroy()
      expect(response.closed).toBe(true)
    })
    expect((await ask(other)).code).toBe(constants.NGHTTP2_INTERNAL_ERROR)
    await pause(5)
    expect(heard).toBe(0)
  })

  test('is one also before the response was made', async () => {
    const session = await serve((_response, stream) => {
      stream.on('close', () => {
        const late = http2Response(stream, 'GET')
        closed.push(late.closed, late.headersSent)
      })
      stream.close(constants.NGHTTP2_CANCEL)
    })
    const closed: boolean[] = []
    await ask(session)
    await expect.poll(() => closed).toEqual([true, false])
  })
})

describe('a client that does not read', () => {
  const window = { initialWindowSize: 10 }

  test('is reset when nothing was sent for the idle time-out, counted anew with each byte it takes', async () => {
    const clock = { now: 1_000 }
    const timeouts = createIdleTimeouts(20, () => clock.now)
    undo.push(() => timeouts.close())
    const writes: boolean[] = []
    const session = await serve(
      (response) => {
        response.writeHead(200, [])
        writes.push(response.write(Buffer.alloc(100_000)))
      },
      window,
      timeouts,
    )
    const stream = session.request({ ':path': '/' })
    stream.on('error', () => {})
    await expect.poll(() => writes).toEqual([false])
    clock.now += 19
    await pause(15)
    expect(stream.closed).toBe(false)
    clock.now += 1
    await expect.poll(() => stream.rstCode).toBe(constants.NGHTTP2_CANCEL)
  })

  test('is not reset once it has read, or while there is nothing to read', async () => {
    const clock = { now: 1_000 }
    const timeouts = createIdleTimeouts(20, () => clock.now)
    undo.push(() => timeouts.close())
    let drained = 0
    const session = await serve(
      (response) => {
        response.writeHead(200, [])
        response.onDrain(() => drained++)
        expect(response.write(Buffer.alloc(200_000))).toBe(false)
        expect(response.write(Buffer.alloc(1))).toBe(false)
      },
      {},
      timeouts,
    )
    const stream = session.request({ ':path': '/' })
    let bytes = 0
    stream.on('data', (chunk: Buffer) => (bytes += chunk.length))
    await expect.poll(() => bytes).toBe(200_001)
    await expect.poll(() => drained).toBe(1)
    clock.now += 1_000
    await pause(20)
    expect(stream.closed).toBe(false)
  })

  test('is reset too when the response has ended and waits to be read', async () => {
    const clock = { now: 1_000 }
    const timeouts = createIdleTimeouts(20, () => clock.now)
    undo.push(() => timeouts.close())
    let ended = false
    const session = await serve(
      (response) => {
        response.writeHead(200, [])
        response.write(Buffer.alloc(100))
        response.end()
        ended = true
      },
      window,
      timeouts,
    )
    const stream = session.request({ ':path': '/' })
    stream.on('error', () => {})
    await expect.poll(() => ended).toBe(true)
    clock.now += 20
    await expect.poll(() => stream.rstCode).toBe(constants.NGHTTP2_CANCEL)
  })
})

test('a connection counts as idle when its last stream has ended, not an earlier one', async () => {
  let finish = (): void => {}
  const { port } = await limitedListener('http2', wiki, undo, { keepAliveTimeout: 80 }, ({ response, received }) => {
    response.writeHead(200, ['Content-Length', '0'])
    if (received.bodyEnded) response.end()
    else finish = () => response.end()
  })
  const client = await connectRawHttp2(port)
  undo.push(() => client.destroy())
  // The second stays open by its own half.
  client.send(get(3, Buffer.alloc(0), endHeaders))
  client.send(get(5))
  await client.until(({ type, stream }) => type === frameTypes.headers && stream === 5)
  await pause(250)
  const isGoaway = ({ type }: { type: number }): boolean => type === frameTypes.goaway
  expect(client.frames.some(isGoaway)).toBe(false)
  finish()
  client.send(frame(frameTypes.data, endStream, 3, Buffer.alloc(0)))
  await client.until(isGoaway)
})
