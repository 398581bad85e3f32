// Upstream app for what static files cannot do: WebSocket echo, endless responses, and a very long one.

import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

const piece = Buffer.alloc(65_536, 'x')
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false })

const server = createServer((request, response) => {
  request.on('error', () => {})
  response.on('error', () => {})
  const url = new URL(request.url ?? '/', 'http://app')
  const bytes = Number(url.searchParams.get('bytes'))
  if (url.pathname === '/stream') {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: open\n\n')
  } else if (url.pathname === '/pour' && bytes > 0) {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes })
    let left = bytes
    const pour = (): void => {
      while (left > 0) {
        const some = piece.subarray(0, Math.min(left, piece.length))
        left -= some.length
        if (!response.write(some)) return
      }
      response.end()
    }
    response.on('drain', pour)
    pour()
  } else {
    request.resume()
    response.writeHead(200, { 'content-type': 'text/plain' }).end('ok')
  }
})
server.on('upgrade', (request, socket, head) => {
  socket.on('error', () => {})
  sockets.handleUpgrade(request, socket, head, (client) => {
    client.on('error', () => {})
    client.on('message', (data, binary) => client.send(data, { binary }))
  })
})
server.keepAliveTimeout = 3_600_000
server.listen(Number(process.argv[2]), '127.0.0.1', 8192, () => process.stdout.write('ready\n'))
