// Outbound proxy for tests: CONNECT (RFC 9110 section 9.3.6) on loopback, with credentials, refusals and silence on demand.

import { createServer, type IncomingMessage } from 'node:http'
import net from 'node:net'
import { setTimeout } from 'node:timers/promises'

export interface ConnectProxy {
  /** `http://127.0.0.1:PORT`, or with the credentials. */
  readonly url: string
  /** `host:port` of each CONNECT, and the targets of other requests, in order. */
  readonly asked: string[]
  /** `silent`: accepts connections and answers nothing; a number: the status of each CONNECT. */
  mode: 'tunnel' | 'silent' | number
  /** Where a tunnel to `host:port` really leads; absent: there. */
  resolve: (authority: string) => { readonly host: string; readonly port: number }
  /** Closes what is open through the proxy, and resolves when it is closed on both sides. */
  closeTunnels(): Promise<void>
  stop(): Promise<void>
}

/** `credentials`: `user:password`, asked for as Basic (RFC 7617). */
export async function startConnectProxy(credentials?: string): Promise<ConnectProxy> {
  const sockets = new Set<net.Socket>()
  const server = createServer((request, response) => {
    self.asked.push(request.url!)
    response.writeHead(405).end()
  })
  server.on('connect', (request: IncomingMessage, near: net.Socket, head: Buffer) => {
    self.asked.push(request.url!)
    near.on('error', () => near.destroy())
    if (self.mode === 'silent') return
    const expected = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`
    const refused = expected !== undefined && request.headers['proxy-authorization'] !== expected ? 407 : self.mode
    if (typeof refused === 'number') return void near.end(`HTTP/1.1 ${refused} Refused\r\nContent-Length: 0\r\n\r\n`)
    const far = net.connect(self.resolve(request.url!), () => {
      near.write('HTTP/1.1 200 Connection established\r\n\r\n')
      far.write(head)
      near.pipe(far).pipe(near)
    })
    sockets.add(far)
    far.on('close', () => (sockets.delete(far), near.destroy()))
    far.on('error', () => near.destroy())
    near.on('close', () => far.destroy())
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  const self: ConnectProxy = {
    url: `http://${credentials === undefined ? '' : `${credentials}@`}127.0.0.1:${port}`,
    asked: [],
    mode: 'tunnel',
    resolve(authority) {
      const { hostname, port: to } = new URL(`http://${authority}`)
      return { host: hostname, port: Number(to || 80) }
    },
    async closeTunnels() {
      for (const socket of sockets) socket.end()
      while (sockets.size > 0) await setTimeout(5)
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return self
}
