// Proxy for clients that resolve no name below `localhost`: tunnels to the gateway, or signs their requests in.

import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import { connect, type AddressInfo, type Socket } from 'node:net'
import type { Ground, Visitor } from './application.ts'

export interface ClientProxy {
  readonly port: number
  stop(): Promise<void>
}

/**
 * CONNECT passes a connection as it is. Requests to `http://127.0.0.1:PORT` are for clients that can neither send a cookie
 * nor be told a certificate authority (neon): `visitor` is signed in, TLS begins here, and this origin, in `Destination` and
 * `If`, becomes the one of the application.
 */
export async function startClientProxy(ground: Ground, visitor: Visitor): Promise<ClientProxy> {
  const sockets = new Set<Socket>()
  const agent = new https.Agent({ keepAlive: true })
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const host = request.headers.host!
    const headers = request.rawHeaders.map((text) =>
      text === host ? `${ground.host}:${ground.port}` : text.replaceAll(`http://${host}`, ground.origin),
    )
    const hasBody = 'content-length' in request.headers || 'transfer-encoding' in request.headers
    // Otherwise Node announces a body in chunks, which mod_dav refuses for MKCOL (415).
    if (!hasBody) headers.push('Content-Length', '0')
    const to = { agent, host: '127.0.0.1', port: ground.port, servername: ground.host, ca: ground.ca.pem }
    const own = https.request({
      ...to,
      method: request.method,
      path: request.url,
      headers: [...headers, 'Cookie', visitor.cookie],
      setHost: false,
    })
    own.on('continue', () => response.writeContinue())
    own.on('response', (answer) => {
      response.writeHead(answer.statusCode!, answer.rawHeaders)
      answer.pipe(response)
    })
    own.on('error', () => response.destroy())
    own.flushHeaders()
    request.pipe(own)
  }
  const server = http.createServer()
  server.on('request', onRequest).on('checkContinue', onRequest)
  server.on('connect', (_request, socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    const gateway = connect(ground.port, '127.0.0.1')
    gateway.on('error', () => socket.destroy())
    gateway.pipe(socket).pipe(gateway)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      for (const socket of sockets) socket.destroy()
      agent.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
