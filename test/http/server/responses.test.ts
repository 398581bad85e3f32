// Responses of both HTTP/1 servers, byte by byte: framing, hop-by-hop fields, what follows the end, and what is cut.

import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createChunkedDecoder } from '../../../src/http/chunked-decoder.ts'
import type { Exchange } from '../../../src/http/exchange.ts'
import type { ResponseWriter } from '../../../src/http/response-writer.ts'
import { closedWithin, http1Servers, limitedListener, received } from '../../support/limited-listener.ts'
import { undoneAfterEach } from '../../support/hooks.ts'

const undo = undoneAfterEach()

const request = (line = 'GET / HTTP/1.1', more = ''): string => `${line}\r\nHost: wiki.test\r\n${more}\r\n`
const text = (value: string): Buffer => Buffer.from(value)
/** Asked on the same connection after the response under test. */
const next = 'GET /next HTTP/1.1\r\nHost: wiki.test\r\nConnection: close\r\n\r\n'

describe.each(http1Servers)('%s', (server) => {
  /** What a client receives until its connection ends; `/next` is answered with `next`. */
  async function answered(
    sent: string,
    write: (response: ResponseWriter, exchange: Exchange) => void,
  ): Promise<{ readonly text: string; readonly targets: readonly string[]; readonly log: unknown[] }> {
    const log: unknown[] = []
    const targets: string[] = []
    const { connectTcp } = await limitedListener(server, undefined, undo, {}, (exchange) => {
      const { response } = exchange
      targets.push(exchange.received.target)
      if (exchange.received.target !== '/next') return write(response, exchange)
      response.writeHead(200, ['Content-Length', '4'])
      response.write(text('next'))
      response.end()
    })
    const socket = connectTcp()
    socket.write(sent)
    return { text: await received(socket), targets, log }
  }
  /** Without the fields each response has. */
  const plain = (bytes: string): string => bytes.replaceAll(/(?:Date|Keep-Alive): .*\r\n/g, '')
  const keep = 'Connection: keep-alive\r\n'
  const close = 'Connection: close\r\n'
  const after = `HTTP/1.1 200 OK\r\nContent-Length: 4\r\n${close}\r\nnext`

  test('a body of known length', async () => {
    const got = await answered(request() + next, (response) => {
      expect([response.headersSent, response.closed]).toEqual([false, false])
      response.writeHead(200, ['Content-Length', '5', 'X-A', '1'])
      expect([response.headersSent, response.closed]).toEqual([true, false])
      response.write(text('he'))
      response.write(text('llo'))
      response.end()
      expect([response.headersSent, response.closed]).toEqual([true, true])
    })
    expect(plain(got.text)).toBe(`HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\n${keep}\r\nhello${after}`)
    expect(got.text).toContain('Keep-Alive: timeout=65\r\n')
  })

  test('a body of unknown length, in chunks, in which an empty piece is no end', async () => {
    const got = await answered(request() + next, (response) => {
      response.writeHead(200, ['Trailer', 'X-Sum'])
      for (const piece of ['hello', '', 'x'.repeat(26)]) response.write(text(piece))
      response.end(['X-Sum', '31', 'X-Other', 'a'])
    })
    expect(got.text).toContain('\r\nTransfer-Encoding: chunked\r\n')
    expect(got.text).toContain('\r\nTrailer: X-Sum\r\n')
    const bytes = Buffer.from(got.text.slice(got.text.indexOf('\r\n\r\n') + 4), 'latin1')
    const decoder = createChunkedDecoder()
    let body = ''
    const end = decoder.read(bytes, 0, (from, to) => (body += bytes.toString('latin1', from, to)))
    expect([body, decoder.trailers]).toEqual([`hello${'x'.repeat(26)}`, ['X-Sum', '31', 'X-Other', 'a']])
    expect(plain(bytes.toString('latin1', end))).toBe(after)
  })

  test.each([
    ['HEAD', 'HEAD / HTTP/1.1', 200],
    ['204', 'GET / HTTP/1.1', 204],
    ['304', 'GET / HTTP/1.1', 304],
  ])('%s has a head alone, whatever is written', async (_name, line, status) => {
    const got = await answered(request(line) + next, (response) => {
      response.writeHead(status, ['Trailer', 'X-Sum', 'ETag', '"a"'])
      expect(response.write(text('hello'))).toBe(true)
      response.end(['X-Sum', '1'])
    })
    expect(got.text).toMatch(/^HTTP\/1\.1 \d+ [^]*\r\nETag: "a"\r\n[^]*\r\n\r\nHTTP\/1\.1 200 OK\r\n[^]*next$/)
    expect(got.text).not.toMatch(/hello|Trailer|X-Sum|\r\n0\r\n/)
    expect(got.targets).toEqual(['/', '/next'])
  })

  test('HTTP/1.0 without a length ends with its connection, and has neither chunks nor trailers', async () => {
    const got = await answered(request('GET / HTTP/1.0', 'Connection: keep-alive\r\n') + next, (response) => {
      response.writeInformational(103, ['Link', '</a.css>'])
      response.writeHead(200, ['Trailer', 'X-Sum'])
      response.write(text('hello'))
      response.end(['X-Sum', '1'])
    })
    expect(plain(got.text)).toBe(`HTTP/1.1 200 OK\r\n${close}\r\nhello`)
    expect(got.targets).toEqual(['/'])
  })

  test('early hints precede the head, and do not follow it', async () => {
    const got = await answered(request('GET / HTTP/1.1', close), (response) => {
      response.writeInformational(103, ['Link', '</a.css>', 'Link', '</b.css>'])
      expect(response.headersSent).toBe(false)
      response.writeHead(200, ['Content-Length', '0'])
      response.writeInformational(103, ['Link', '</c.css>'])
      response.end()
      response.writeInformational(103, ['Link', '</d.css>'])
    })
    expect(plain(got.text)).toBe(
      `HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nLink: </b.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n${close}\r\n`,
    )
  })

  test('only the first head, body and end are written', async () => {
    const got = await answered(request('GET / HTTP/1.1', close), (response) => {
      response.writeHead(200, ['Content-Length', '2'])
      response.writeHead(500, ['X-A', '1'])
      response.write(text('ok'))
      response.end()
      response.writeHead(500, ['X-A', '1'])
      expect(response.write(text('more'))).toBe(true)
      response.end(['X-A', '1'])
    })
    expect(plain(got.text)).toBe(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${close}\r\nok`)
  })

  test('a Date is added unless there is one', async () => {
    const dates = async (...headers: string[]) => {
      const got = await answered(request('GET / HTTP/1.1', close), (response) => {
        response.writeHead(200, ['Content-Length', '0', ...headers])
        response.end()
      })
      return got.text.match(/^Date: .*$/gim)
    }
    const [added] = (await dates('Etag', '"Date"'))!
    expect(Math.abs(Date.parse(added!.slice(6)) - Date.now())).toBeLessThan(5_000)
    expect(await dates('Date', 'Wed, 18 Nov 2026 10:00:00 GMT')).toEqual(['Date: Wed, 18 Nov 2026 10:00:00 GMT'])
  })

  test('a response that asks for it ends its connection, with that field, and no request behind it is read', async () => {
    const got = await answered(request() + next, (response) => {
      response.writeHead(426, ['Connection', 'close, Upgrade', 'Content-Length', '0', 'Upgrade', 'websocket'])
      response.end()
    })
    expect(got.text).toContain('\r\nConnection: close, Upgrade\r\n')
    expect([got.text.match(/HTTP\/1\.1/g)?.length, got.targets]).toEqual([1, ['/']])
  })

  test('a response before the end of an upload announces the end of its connection, one after it does not', async () => {
    const early = await answered(request('POST / HTTP/1.1', 'Content-Length: 9\r\n') + 'begin', (response) => {
      response.writeHead(413, ['Content-Length', '0'])
      response.end()
    })
    expect(plain(early.text)).toBe(`HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\n${close}\r\n`)
    const late = await answered(
      request('POST / HTTP/1.1', 'Content-Length: 5\r\n') + `begin${next}`,
      (response, exchange) => {
        if (exchange.kind !== 'http') return
        exchange.body.resume().once('end', () => {
          response.writeHead(200, ['Content-Length', '0'])
          response.end()
        })
      },
    )
    expect(plain(late.text)).toBe(`HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${keep}\r\n${after}`)
  })

  test('a response that is given up before its head leaves nothing, and after its end is complete', async () => {
    let closed = 0
    const before = await answered(request(), (response) => {
      response.onClientClose(() => closed++)
      response.destroy()
      expect(response.closed).toBe(true)
      response.writeHead(200, ['Content-Length', '0'])
      response.writeInformational(103, ['Link', '</a.css>'])
      response.end()
    })
    expect([before.text, closed]).toEqual(['', 0])
  })

  test('a client that is gone is told at once, also where it was gone before, and not after the end', async () => {
    const heard: string[] = []
    const { connectTcp, seen } = await limitedListener(server, undefined, undo, {}, ({ response }) =>
      response.onClientClose(() => heard.push('first')),
    )
    const socket = connectTcp()
    socket.write(request())
    await expect.poll(() => seen.length).toBe(1)
    socket.destroy()
    await expect.poll(() => heard).toEqual(['first'])
    const { response } = seen[0]!
    expect(response.closed).toBe(true)
    response.onClientClose(() => heard.push('late'))
    expect(heard).toEqual(['first'])
    await pause(1)
    expect(heard).toEqual(['first', 'late'])
    expect(response.write(text('a'))).toBe(true)
  })

  test('a writer is told when its client has read', async () => {
    let writes = 0
    const { connectTcp } = await limitedListener(server, undefined, undo, {}, ({ response }) => {
      const more = (): void => {
        while (writes < 100) {
          writes++
          if (!response.write(Buffer.alloc(262_144))) return
        }
        response.end()
      }
      response.writeHead(200, ['Content-Length', String(100 * 262_144)])
      response.onDrain(more)
      more()
    })
    const socket = connectTcp().pause()
    socket.write(request('GET / HTTP/1.1', close))
    await pause(50)
    expect(writes).toBeLessThan(100)
    let bytes = 0
    socket.on('data', (chunk: Buffer) => (bytes += chunk.length)).resume()
    await once(socket, 'close')
    expect(bytes).toBeGreaterThan(100 * 262_144)
  })

  test('a refused upgrade is answered, its connection ends, and nothing behind it is a request', async () => {
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
    const since = performance.now()
    const got = await answered(request('GET / HTTP/1.1', upgrade) + next, (response, exchange) => {
      expect(exchange.kind).toBe('upgrade')
      expect([response.headersSent, response.closed]).toEqual([false, false])
      response.writeHead(403, ['Content-Length', '2'])
      response.write(text('no'))
      response.end()
    })
    expect(plain(got.text)).toBe(`HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n${close}\r\nno`)
    // Not only when lingering ends.
    expect(performance.now() - since).toBeLessThan(1_800)
    expect(got.targets).toEqual(['/'])
  })

  test('what was sent together with a handshake belongs to the tunnel', async () => {
    const { connectTcp, seen } = await limitedListener(server, undefined, undo, {}, (exchange) => {
      if (exchange.kind !== 'upgrade') return
      exchange.socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
      expect(exchange.response.headersSent).toBe(true)
      exchange.socket.end(exchange.head)
    })
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
    const socket = connectTcp()
    socket.write(`${request('GET / HTTP/1.1', upgrade)}frames`)
    expect(await received(socket)).toBe('HTTP/1.1 101 Switching Protocols\r\n\r\nframes')
    expect(seen[0]!.received.target).toBe('/')
  })

  test('100 Continue is sent to a client that waits for it, when the body is wanted', async () => {
    const ask = async (line: string, more: string, early = false) => {
      const got = await answered(request(line, `${more}${close}Content-Length: 2\r\n`) + 'ok', (response, exchange) => {
        if (exchange.kind !== 'http') return
        if (!early) exchange.proceed()
        exchange.body.resume().once('end', () => {
          response.writeHead(200, ['Content-Length', '0'])
          response.end()
        })
      })
      return got.text.slice(0, 12)
    }
    const expects = 'Expect: 100-continue\r\n'
    expect(await ask('POST / HTTP/1.1', expects)).toBe('HTTP/1.1 100')
    expect(await ask('POST / HTTP/1.1', expects, true)).toBe('HTTP/1.1 200')
    expect(await ask('POST / HTTP/1.1', '')).toBe('HTTP/1.1 200')
    expect(await ask('POST / HTTP/1.0', expects)).toBe('HTTP/1.1 200')
  })

  test('a connection stays open between requests, with the time it waits in each response', async () => {
    const { connectTcp } = await limitedListener(server, undefined, undo, { keepAliveTimeout: 7_000 })
    const socket = connectTcp()
    socket.write(request())
    expect(await received(socket, /seen$/)).toContain('\r\nConnection: keep-alive\r\nKeep-Alive: timeout=7\r\n')
    expect(await closedWithin(socket, 20)).toBeUndefined()
  })
})

describe('einlass', () => {
  async function answered(sent: string, write: (response: ResponseWriter) => void): Promise<string> {
    const { connectTcp } = await limitedListener('einlass', undefined, undo, {}, ({ response }) => write(response))
    const socket = connectTcp()
    socket.write(sent)
    return received(socket)
  }

  test('a body longer than its length, or shorter, is cut: it must not run into the next response', async () => {
    const long = await answered(request() + next, (response) => {
      response.writeHead(200, ['Content-Length', '4'])
      response.write(text('12'))
      expect(response.write(text('345'))).toBe(true)
      expect(response.closed).toBe(true)
    })
    expect(long).not.toContain('345')
    const short = await answered(request() + next, (response) => {
      response.writeHead(200, ['Content-Length', '4'])
      response.write(text('12'))
      response.end()
    })
    expect(short).not.toContain('next')
  })

  test('the transfer coding is the gateway’s own, and a close that is asked for is not repeated', async () => {
    const got = await answered(request() + next, (response) => {
      response.writeHead(200, ['Transfer-Encoding', 'gzip', 'CONNECTION', 'close'])
      response.end()
    })
    expect(got.match(/transfer-encoding: .*/gi)).toEqual(['Transfer-Encoding: chunked'])
    expect(got.match(/connection: .*/gi)).toEqual(['CONNECTION: close'])
  })

  test.each<[string, (response: ResponseWriter) => void]>([
    ['a field', (response) => response.writeHead(200, ['X-A', 'b\r\nX-B: c'])],
    ['a name', (response) => response.writeHead(200, ['X A', 'b'])],
    ['a hint', (response) => response.writeInformational(103, ['Link', 'a\nb'])],
    ['a trailer', (response) => (response.writeHead(200, []), response.end(['X-A', 'b\r\nX-B: c']))],
  ])('%s that could inject a line is never written', async (_name, write) => {
    const got = await answered(request(), (response) => {
      expect(() => write(response)).toThrow(expect.objectContaining({ code: 'invalid_header' }))
      response.destroy()
    })
    expect(got).not.toContain('X-B')
  })

  test('a status without a name has none', async () => {
    const got = await answered(request('GET / HTTP/1.1', 'Connection: close\r\n'), (response) => {
      response.writeInformational(199, [])
      response.writeHead(299, ['Content-Length', '0'])
      response.end()
    })
    expect(got).toMatch(/^HTTP\/1\.1 199 \r\n\r\nHTTP\/1\.1 299 \r\n/)
  })
})

test('node: an upgrade behind a request that is being handled ends the connection, since it could never be answered', async () => {
  const { connectTcp, seen } = await limitedListener('node', undefined, undo, {}, () => {})
  const socket = connectTcp()
  const upgrade =
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
  socket.write(request() + request('GET /live HTTP/1.1', upgrade))
  expect(await received(socket)).toBe('')
  expect(seen.map(({ kind }) => kind)).toEqual(['http', 'upgrade'])
})
