// Raw TCP upstream: records every byte it receives, and responds exactly as a test specifies.

import net from 'node:net'

export interface Recorded {
  /** The request line, and the header lines as received. */
  readonly line: string
  readonly fields: readonly string[]
  /** Content without chunk framing; grows while it arrives. */
  body: string
  complete: boolean
  /** Number of its connection, from 1. */
  readonly connection: number
  readonly socket: net.Socket
  /** Values of a field, case-insensitive. */
  values(name: string): string[]
}

export interface RawUpstream {
  readonly port: number
  readonly origin: string
  readonly requests: readonly Recorded[]
  /** Everything received, by connection. */
  readonly connections: readonly string[]
  /** Connections that are open now. */
  open(): number
  /** Resolves when that many request heads have been read. */
  received(count: number): Promise<Recorded>
  close(): Promise<void>
}

/** Called when a request head has been read; `complete` is false while content follows, and `whole` resolves after it. */
export type Behaviour = (request: Recorded, whole: Promise<void>) => void

export async function startRawUpstream(behave: Behaviour, port = 0): Promise<RawUpstream> {
  const requests: Recorded[] = []
  const connections: string[] = []
  const sockets = new Set<net.Socket>()
  const waiting: { count: number; resolve: (request: Recorded) => void }[] = []

  const server = net.createServer({ allowHalfOpen: false }, (socket) => {
    sockets.add(socket)
    const connection = connections.push('')
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    const read = createReader((line, fields) => {
      const request: Recorded = {
        line,
        fields,
        body: '',
        complete: false,
        connection,
        socket,
        values: (name) =>
          fields
            .filter((field) => field.toLowerCase().startsWith(`${name.toLowerCase()}:`))
            .map((field) => field.slice(name.length + 1).trim()),
      }
      requests.push(request)
      let whole: () => void = () => {}
      const completed = new Promise<void>((resolve) => (whole = resolve))
      queueMicrotask(() => {
        behave(request, completed)
        for (const one of waiting.filter(({ count }) => count <= requests.length)) one.resolve(requests[one.count - 1]!)
      })
      return {
        data: (text) => (request.body += text),
        end() {
          request.complete = true
          whole()
        },
      }
    })
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1')
      connections[connection - 1] += text
      read(text)
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address() as net.AddressInfo
  return {
    port: address.port,
    origin: `http://127.0.0.1:${address.port}`,
    requests,
    connections,
    open: () => sockets.size,
    received: (count) =>
      new Promise((resolve) => {
        if (requests.length >= count) resolve(requests[count - 1]!)
        else waiting.push({ count, resolve })
      }),
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** Responds when the whole request has been read. */
export function answering(text: string): Behaviour {
  return (request, whole) => void whole.then(() => request.socket.write(text, 'latin1'))
}

interface Content {
  data(text: string): void
  end(): void
}

/** Strict parser for a stream of requests (RFC 9112); bytes after an upgrade are opaque. */
function createReader(head: (line: string, fields: string[]) => Content): (text: string) => void {
  let pending = ''
  let content: Content | undefined
  let left: number | 'chunk-size' | 'chunk-end' | 'trailer' | 'opaque' = 0
  let chunk = 0
  return (text) => {
    pending += text
    for (;;) {
      if (content === undefined) {
        const end = pending.indexOf('\r\n\r\n')
        if (end < 0) return
        const [line, ...fields] = pending.slice(0, end).split('\r\n')
        pending = pending.slice(end + 4)
        content = head(line!, fields)
        const value = (name: string): string | undefined =>
          fields
            .find((field) => field.toLowerCase().startsWith(`${name}:`))
            ?.slice(name.length + 1)
            .trim()
        if (value('upgrade') !== undefined) left = 'opaque'
        else if (value('transfer-encoding') === 'chunked') left = 'chunk-size'
        else left = Number(value('content-length') ?? 0)
      }
      if (left === 'opaque') {
        content.data(pending)
        pending = ''
        return
      }
      if (typeof left === 'number') {
        const part = pending.slice(0, left)
        if (part !== '') content.data(part)
        pending = pending.slice(part.length)
        left -= part.length
        if (left > 0) return
        if (chunk > 0) {
          chunk = 0
          left = 'chunk-end'
        } else {
          content.end()
          content = undefined
          left = 0
          if (pending === '') return
        }
        continue
      }
      const line = pending.indexOf('\r\n')
      if (line < 0) return
      const before = pending.slice(0, line)
      pending = pending.slice(line + 2)
      if (left === 'chunk-size') {
        chunk = Number.parseInt(before, 16)
        left = chunk === 0 ? 'trailer' : chunk
      } else if (left === 'chunk-end') left = 'chunk-size'
      else if (before === '') left = 0
    }
  }
}
