// Baseline proxy, the minimal forwarder Einlass is compared with: no identity, no limits, no log. Never use it.

import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createSecureServer } from 'node:http2'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { Pool } from 'undici'

const [port, upstream] = [Number(process.argv[2]), Number(process.argv[3])]
const [cert, key] = process.argv.slice(4)
const pool = new Pool(`http://127.0.0.1:${upstream}`, { connections: 64, pipelining: 1 })

function forward(request: IncomingMessage, response: ServerResponse): void {
  // Pseudo header fields exist in HTTP/2 only; HTTP/1.1 needs Host (RFC 9113 section 8.3.1).
  const headers =
    request.httpVersionMajor === 1
      ? request.rawHeaders
      : [
          'host',
          String(request.headers[':authority']),
          ...request.rawHeaders.slice(2 * countPseudo(request.rawHeaders)),
        ]
  let gone = false
  let upstreamAnswer: { abort(reason: Error): void } | undefined
  // A client that disconnects would leave its upstream connection paused, and occupy the pool for ever.
  response.on('close', () => {
    if (response.writableFinished) return
    gone = true
    upstreamAnswer?.abort(new Error('the client went away'))
  })
  pool.dispatch(
    {
      method: request.method as 'GET',
      path: request.url!,
      headers,
      body: request.method === 'GET' ? null : request,
    },
    {
      onRequestStart(controller) {
        if (gone) return controller.abort(new Error('the client went away'))
        upstreamAnswer = controller
      },
      onResponseStart(controller, status, _headers) {
        if (gone) return controller.abort(new Error('the client went away'))
        const fields = (controller.rawHeaders as Buffer[]).map(String)
        response.writeHead(status, request.httpVersionMajor === 1 ? fields : withoutConnection(fields))
        response.on('drain', () => controller.resume())
      },
      onResponseData(controller, chunk) {
        if (response.write(chunk)) return
        // A closed response never drains.
        const dead = gone || response.destroyed || (response as { stream?: { destroyed: boolean } }).stream?.destroyed
        if (dead) controller.abort(new Error('the client went away'))
        else controller.pause()
      },
      onResponseEnd() {
        response.end()
      },
      onResponseError() {
        response.destroy()
      },
    },
  )
}

/** Pseudo header fields come first (RFC 9113 section 8.3). */
function countPseudo(fields: readonly string[]): number {
  let count = 0
  while (fields[2 * count]?.startsWith(':')) count++
  return count
}

function withoutConnection(fields: readonly string[]): string[] {
  return fields.filter((_, at) => !/^(?:connection|keep-alive|transfer-encoding)$/i.test(fields[at - (at % 2)]!))
}

function upgrade(request: IncomingMessage, client: Duplex, head: Buffer): void {
  const server = connect(upstream, '127.0.0.1')
  client.on('error', () => server.destroy())
  server.on('error', () => client.destroy())
  const fields = request.rawHeaders.map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('')
  server.write(`GET ${request.url} HTTP/1.1\r\n${fields}\r\n`)
  server.write(head)
  server.pipe(client)
  client.pipe(server)
}

const server =
  cert === undefined
    ? createServer(forward)
    : createSecureServer(
        { cert: readFileSync(cert), key: readFileSync(key!), allowHTTP1: true },
        forward as unknown as Parameters<typeof createSecureServer>[1],
      )
server.on('upgrade', upgrade)
server.listen(port, '127.0.0.1', 4096, () => process.stdout.write('ready\n'))
