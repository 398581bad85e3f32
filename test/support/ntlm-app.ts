// Application that signs people in by NTLM (express-ntlm): it accepts any password and remembers the person of a connection.

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
// @ts-expect-error it has no types
import expressNtlm from 'express-ntlm'

/** Every request that arrived, in order. */
export interface NtlmRequest {
  readonly path: string
  /** Number of its connection, from 1. */
  readonly connection: number
  readonly authorization: string | undefined
  readonly body: string
}

export interface NtlmApp {
  readonly origin: string
  readonly requests: readonly NtlmRequest[]
  /** Connections that are open now, by number. */
  open(): number[]
  /** Closes a connection, as an idle timeout does. */
  close(connection: number): void
  stop(): Promise<void>
}

type Middleware = (request: object, response: object, next: () => void) => void

/**
 * Answers with the name of the connection's person: `/slow?ms=N` after a pause, `/free` without a sign-in, `/hold` never.
 * WebSocket handshakes are accepted on signed-in connections, and their first message is the person's name.
 */
export async function startNtlmApp(): Promise<NtlmApp> {
  const ntlm = (expressNtlm as (options: object) => Middleware)({})
  const requests: NtlmRequest[] = []
  const numbers = new Map<Socket, number>()
  let count = 0
  const note = (request: IncomingMessage, body: string): void => {
    const { authorization } = request.headers
    requests.push({ path: request.url!, connection: numbers.get(request.socket)!, authorization, body })
  }
  const respond = (request: IncomingMessage, response: ServerResponse): void => {
    const { pathname, searchParams } = new URL(request.url!, 'http://app')
    if (pathname === '/free') return void response.end('free')
    // What the middleware expects of Express.
    Object.assign(response, { locals: {}, sendStatus: (status: number) => response.writeHead(status).end() })
    ntlm(Object.assign(request, { protocol: 'http', originalUrl: request.url, get: () => '' }), response, () => {
      const name = personOf(request.socket) ?? 'nobody'
      if (pathname === '/hold') return
      // Node's client closes a connection after HEAD without it.
      response.setHeader('content-length', name.length)
      setTimeout(() => response.end(name), Number(searchParams.get('ms') ?? 0))
    })
  }
  const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      note(request, body)
      respond(request, response)
    })
  })
  server.on('connection', (socket: Socket) => {
    numbers.set(socket, ++count)
    socket.on('error', () => {})
    socket.once('close', () => numbers.delete(socket))
  })
  server.on('upgrade', (request, socket) => {
    note(request, '')
    const name = personOf(request.socket)
    if (name === undefined) {
      return void socket.end(
        'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
      )
    }
    const key = `${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash('sha1').update(key).digest('base64')
    const head = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
    socket.write(`${head}Sec-WebSocket-Accept: ${accept}\r\n\r\n`)
    socket.write(Buffer.concat([Buffer.from([0x81, name.length]), Buffer.from(name)]))
    socket.on('end', () => socket.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    open: () => [...numbers.values()],
    close: (connection) => [...numbers].find(([, number]) => number === connection)?.[0].destroy(),
    async stop() {
      server.closeAllConnections()
      for (const socket of numbers.keys()) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function personOf(socket: Socket): string | undefined {
  const { ntlm } = socket as Socket & { ntlm?: { UserName: string; Authenticated: boolean } }
  return ntlm?.Authenticated === true ? ntlm.UserName : undefined
}

/** Values of Authorization ([MS-NLMP] 2.2.1): the first message of a handshake, and the last one, of this person. */
export const ntlmNegotiate = `NTLM ${message(1, Buffer.alloc(24)).toString('base64')}`

export function ntlmAuthenticate(name: string): string {
  const fixed = Buffer.alloc(52)
  const text = Buffer.from(name, 'utf16le')
  // UserName: length, capacity, offset; then the flag for UTF-16.
  fixed.writeUInt16LE(text.length, 0x24 - 12)
  fixed.writeUInt16LE(text.length, 0x26 - 12)
  fixed.writeUInt32LE(64, 0x28 - 12)
  fixed.writeUInt8(1, 0x3c - 12)
  return `NTLM ${message(3, Buffer.concat([fixed, text])).toString('base64')}`
}

function message(type: number, rest: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`NTLMSSP\0${String.fromCharCode(type)}\0\0\0`, 'latin1'), rest])
}
