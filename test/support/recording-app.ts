// Upstream app of the scenarios: records the requests it received, and serves streams, downloads, uploads and WebSockets.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { randomBytes } from 'node:crypto'
import { WebSocketServer } from 'ws'

export interface RecordedRequest {
  readonly id: string
  readonly method: string
  readonly host: string
  readonly url: string
  /** As received: name, value, ... */
  readonly headers: readonly string[]
}

export interface RecordingApp {
  readonly origin: string
  /** Every request and upgrade, in order of arrival. */
  readonly reached: readonly RecordedRequest[]
  /** Responses and WebSockets that are open now. */
  open(): number
  stop(): Promise<void>
}

const tick = 40

/** 1 MiB of random bytes. Bodies repeat it, so that every byte can be verified by its position. */
export const material = randomBytes(1024 * 1024)

/** Verifies chunks in order; throws at the first wrong byte. */
export function createVerifier(): { take(chunk: Buffer): void; bytes(): number } {
  let bytes = 0
  return {
    bytes: () => bytes,
    take(chunk) {
      for (let from = 0; from < chunk.length;) {
        const place = bytes % material.length
        const length = Math.min(chunk.length - from, material.length - place)
        if (chunk.compare(material, place, place + length, from, from + length) !== 0) {
          throw new Error(`a wrong byte at or after ${bytes}`)
        }
        from += length
        bytes += length
      }
    },
  }
}

/** `total` bytes of repeated `material` in pieces of 64 KiB; endless for Infinity. */
export function* flow(total: number): Generator<Buffer> {
  const piece = 65_536
  for (let at = 0; at < total; at += piece) {
    const place = at % material.length
    yield material.subarray(place, place + Math.min(piece, total - at))
  }
}

export async function startRecordingApp(): Promise<RecordingApp> {
  const reached: RecordedRequest[] = []
  let open = 0
  const sockets = new WebSocketServer({ noServer: true })
  const server = createServer((request, response) => {
    note(request)
    open += 1
    response.on('close', () => (open -= 1))
    response.on('error', () => {})
    request.on('error', () => {})
    void serve(request, response).catch(() => response.destroy())
  })
  server.on('upgrade', (request, socket, head) => {
    note(request)
    socket.on('error', () => {})
    sockets.handleUpgrade(request, socket, head, (client) => {
      open += 1
      const timer = setInterval(() => client.send('tick'), tick)
      client.on('message', (text) => client.send(`echo ${String(text)}`))
      client.on('error', () => {})
      client.on('close', () => {
        clearInterval(timer)
        open -= 1
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  function note(request: IncomingMessage): void {
    const { method = '', url = '', headers, rawHeaders } = request
    reached.push({ id: String(headers['x-request-id']), method, host: headers.host ?? '', url, headers: rawHeaders })
  }

  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reached,
    open: () => open,
    async stop() {
      for (const client of sockets.clients) client.terminate()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://app')
  switch (url.pathname) {
    case '/events': {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const timer = setInterval(() => response.write('data: tick\n\n'), tick)
      response.on('close', () => clearInterval(timer))
      return void response.write('data: tick\n\n')
    }
    case '/download':
      return pour(response, Number(url.searchParams.get('bytes')))
    case '/upload': {
      const verifier = createVerifier()
      for await (const chunk of request) verifier.take(chunk as Buffer)
      return void response.end(JSON.stringify({ bytes: verifier.bytes() }))
    }
    default:
      request.resume()
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ url: request.url, headers: request.headers }))
  }
}

async function pour(response: ServerResponse, total: number): Promise<void> {
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    ...(Number.isFinite(total) && { 'content-length': total }),
  })
  const gone = new Promise<void>((resolve) => response.once('close', resolve))
  for (const piece of flow(total)) {
    if (response.destroyed) return
    if (response.write(piece)) continue
    await Promise.race([new Promise((resolve) => response.once('drain', resolve)), gone])
    response.removeAllListeners('drain')
  }
  response.end()
}
