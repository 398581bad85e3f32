// Response writers over Node's HTTP/1.x server and HTTP/2: heads, early hints, trailers, end and abort.

import { createServer, type IncomingMessage, type Server } from 'node:http'
import http2 from 'node:http2'
import net from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { ResponseWriter } from '../../src/http/response-writer.ts'
import { nodeHttp1Response, nodeUpgradeResponse } from '../../src/http/server/node-http1-response.ts'
import { http2Response } from '../../src/http/server/http2-response.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

type Handler = (answer: ResponseWriter, request: IncomingMessage) => void

async function http1(handler: Handler): Promise<number> {
  const server: Server = createServer((request, response) => {
    request.on('error', () => {})
    handler(nodeHttp1Response(response), request)
  })
  server.on('upgrade', (request, socket) => {
    socket.on('error', () => {})
    handler(nodeUpgradeResponse(request, socket), request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as net.AddressInfo).port
}

interface Client {
  readonly socket: net.Socket
  text(): string
  until(pattern: RegExp): Promise<string>
  readonly over: Promise<'end' | 'reset'>
}

function connect(port: number, request: string): Client {
  const socket = net.connect(port, '127.0.0.1')
  cleanups.push(() => socket.destroy())
  let text = ''
  const waiting: (() => void)[] = []
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    for (const wake of waiting.splice(0)) wake()
  })
  const over = new Promise<'end' | 'reset'>((resolve) => {
    socket.on('error', () => resolve('reset'))
    socket.on('end', () => resolve('end'))
  })
  socket.write(request)
  return {
    socket,
    text: () => text,
    over,
    async until(pattern) {
      while (!pattern.test(text)) await new Promise<void>((resolve) => waiting.push(resolve))
      return text
    },
  }
}

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

describe('over HTTP/1.1', () => {
  test('the head is sent at once although no body follows yet', async () => {
    const port = await http1((answer) => answer.writeHead(200, ['Content-Type', 'text/event-stream']))
    const client = connect(port, get)
    expect(await client.until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 200 OK\r\nContent-Type: text\/event-stream\r\n/)
  })

  test('repeated fields stay separate and in order', async () => {
    const port = await http1((answer) => {
      answer.writeHead(200, ['Set-Cookie', 'a=1', 'X-Up', '1', 'Set-Cookie', 'b=2', 'Content-Length', '0'])
      answer.end()
    })
    const text = await connect(port, get).until(/\r\n\r\n/)
    expect(text).toContain('Set-Cookie: a=1\r\nX-Up: 1\r\nSet-Cookie: b=2\r\n')
  })

  test('early hints precede the response and trailers follow it', async () => {
    const port = await http1((answer) => {
      answer.writeInformational(103, ['Link', '</a.css>; rel=preload'])
      answer.writeHead(200, ['Trailer', 'X-Sum'])
      answer.write(Buffer.from('body'))
      answer.end(['X-Sum', '42'])
    })
    const text = await connect(port, get).until(/0\r\nX-Sum: 42\r\n\r\n$/)
    expect(text).toMatch(/^HTTP\/1.1 103 Early Hints\r\nLink: <\/a.css>; rel=preload\r\n\r\nHTTP\/1.1 200 OK/)
  })

  test('an HTTP/1.0 client gets neither early hints nor trailers', async () => {
    const port = await http1((answer) => {
      answer.writeInformational(103, ['Link', '</a.css>; rel=preload'])
      answer.writeHead(200, ['Trailer', 'X-Sum'])
      answer.write(Buffer.from('body'))
      answer.end(['X-Sum', '42'])
    })
    const client = connect(port, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n')
    expect(await client.over).toBe('end')
    expect(client.text()).not.toMatch(/103|X-Sum|Trailer/)
    expect(client.text()).toMatch(/\r\n\r\nbody$/)
  })

  test('a destroyed response never looks complete', async () => {
    const broken: Handler = (answer) => {
      answer.writeHead(200, [])
      answer.write(Buffer.from('half'))
      setTimeout(() => answer.destroy(), 20)
    }
    const port = await http1(broken)
    const chunked = connect(port, get)
    await chunked.over
    expect(chunked.text()).toContain('half')
    expect(chunked.text()).not.toMatch(/\r\n0\r\n\r\n$/)
    // Delimited by close, so only a reset marks it as incomplete.
    expect(await connect(port, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n').over).toBe('reset')
  })

  test('a disconnect of the client is reported once, and not after the end', async () => {
    let count = 0
    let onClose: () => void
    const closed = new Promise<void>((resolve) => (onClose = resolve))
    const port = await http1((answer) => {
      answer.onClientClose(() => {
        count++
        expect(answer.closed).toBe(true)
        onClose()
      })
      answer.writeHead(200, [])
    })
    const client = connect(port, get)
    await client.until(/200/)
    client.socket.destroy()
    await closed
    expect(count).toBe(1)

    let late = 0
    const other = await http1((answer) => {
      answer.onClientClose(() => late++)
      answer.writeHead(200, ['Content-Length', '0'])
      answer.end()
    })
    const second = connect(other, get)
    await second.until(/200/)
    second.socket.destroy()
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(late).toBe(0)
  })

  test('a disconnect of the client is also reported to a pipelined response', async () => {
    let gone = 0
    let all: () => void
    const both = new Promise<void>((resolve) => (all = resolve))
    const port = await http1((answer) => answer.onClientClose(() => ++gone === 2 && all()))
    const client = connect(port, get + get)
    await new Promise((resolve) => setTimeout(resolve, 30))
    client.socket.destroy()
    await both
  })

  test('an early response arrives although the upload continues, and the connection is closed', async () => {
    const port = await http1((answer, request) => {
      request.pause()
      answer.writeHead(413, ['Content-Length', '3'])
      answer.write(Buffer.from('no!'))
      answer.end()
    })
    const client = connect(port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n')
    const timer = setInterval(() => client.socket.write(Buffer.alloc(65536)), 2)
    cleanups.push(() => clearInterval(timer))
    expect(await client.over).toBe('end')
    expect(client.text()).toMatch(/^HTTP\/1.1 413 [\s\S]*Connection: close\r\n[\s\S]*no!$/)
  })

  test('a rejected upgrade gets a complete response and its socket is closed', async () => {
    const answers: ResponseWriter[] = []
    const port = await http1((answer) => {
      answers.push(answer)
      expect(answer.headersSent).toBe(false)
      answer.writeHead(403, ['Content-Length', '2'])
      answer.write(Buffer.from('no'))
      answer.end()
    })
    const client = connect(port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    expect(await client.over).toBe('end')
    expect(client.text()).toMatch(/^HTTP\/1.1 403 Forbidden[\s\S]*no$/)
    expect(answers[0]!.headersSent).toBe(true)
  })
})

describe('over HTTP/2', () => {
  async function http2Server(handler: (answer: ResponseWriter, stream: http2.ServerHttp2Stream) => void) {
    const server = http2.createServer()
    server.on('stream', (some, headers) => {
      const stream = some as http2.ServerHttp2Stream
      handler(http2Response(stream, headers[':method']!), stream)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const session = http2.connect(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}`)
    session.on('error', () => {})
    cleanups.push(() => {
      session.destroy()
      server.close()
    })
    return session
  }

  function ask(session: http2.ClientHttp2Session, headers: http2.OutgoingHttpHeaders = {}) {
    const stream = session.request({ ':path': '/', ...headers })
    const seen = { hints: [] as object[], head: undefined as object | undefined, body: '', trailers: {} as object }
    stream.on('headers', (hint) => seen.hints.push(hint))
    stream.on('response', (head) => (seen.head = head))
    stream.on('data', (chunk: Buffer) => (seen.body += chunk))
    stream.on('trailers', (trailers) => (seen.trailers = trailers))
    const over = new Promise<number | undefined>((resolve) => {
      stream.on('error', () => {})
      stream.on('close', () => resolve(stream.rstCode))
    })
    return { stream, seen, over }
  }

  test('head, early hints and trailers arrive; hop-by-hop fields do not', async () => {
    const session = await http2Server((answer) => {
      answer.writeInformational(103, ['Link', '</a.css>; rel=preload', 'Connection', 'x'])
      answer.writeHead(200, ['X-Up', '1', 'Connection', 'close', 'Transfer-Encoding', 'chunked', 'Set-Cookie', 'a=1'])
      answer.write(Buffer.from('body'))
      answer.end(['X-Sum', '42'])
    })
    const { seen, over } = ask(session)
    expect(await over).toBe(0)
    expect(seen.hints).toMatchObject([{ ':status': 103, link: '</a.css>; rel=preload' }])
    expect(seen.head).toMatchObject({ ':status': 200, 'x-up': '1', 'set-cookie': ['a=1'] })
    expect(seen.head).not.toHaveProperty('connection')
    expect(seen.head).not.toHaveProperty('transfer-encoding')
    expect(seen.body).toBe('body')
    expect(seen.trailers).toMatchObject({ 'x-sum': '42' })
  })

  test('HEAD and 204 end with their head', async () => {
    const session = await http2Server((answer) => {
      answer.writeHead(200, ['Content-Length', '5'])
      answer.end()
    })
    const { seen, over } = ask(session, { ':method': 'HEAD' })
    expect(await over).toBe(0)
    expect(seen.head).toMatchObject({ 'content-length': '5' })
  })

  test('a destroyed response is reset with an error code', async () => {
    const session = await http2Server((answer) => {
      answer.writeHead(200, [])
      answer.write(Buffer.from('half'))
      setTimeout(() => answer.destroy(), 20)
    })
    expect(await ask(session).over).toBe(http2.constants.NGHTTP2_INTERNAL_ERROR)
  })

  test('an early response stops the upload with NO_ERROR', async () => {
    const session = await http2Server((answer, stream) => {
      stream.pause()
      answer.writeHead(413, ['Content-Length', '0'])
      answer.end()
    })
    const { stream, seen, over } = ask(session, { ':method': 'POST' })
    stream.write(Buffer.alloc(200_000))
    expect(await over).toBe(http2.constants.NGHTTP2_NO_ERROR)
    expect(seen.head).toMatchObject({ ':status': 413 })
  })

  test('a disconnect of the client is reported', async () => {
    let onClose: () => void
    const closed = new Promise<void>((resolve) => (onClose = resolve))
    const session = await http2Server((answer) => {
      answer.onClientClose(onClose)
      answer.writeHead(200, [])
    })
    const { stream } = ask(session)
    stream.on('response', () => stream.close(http2.constants.NGHTTP2_CANCEL))
    await closed
  })
})

test('what a tunnel wrote to the socket counts as headers sent: no error page may follow it', async () => {
  const states: boolean[] = []
  const port = await new Promise<number>((resolve) => {
    const server = createServer()
    server.on('upgrade', (request, socket) => {
      socket.on('error', () => {})
      const answer = nodeUpgradeResponse(request, socket)
      states.push(answer.headersSent)
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      states.push(answer.headersSent)
      socket.end()
    })
    cleanups.push(() => server.close())
    server.listen(0, '127.0.0.1', () => resolve((server.address() as net.AddressInfo).port))
  })
  const client = net.connect(port, '127.0.0.1')
  client.write('GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  await new Promise((resolve) => client.on('close', resolve).resume())
  expect(states).toEqual([false, true])
})
