// Raw TCP client: sends exactly the given bytes and keeps what it receives.

import net from 'node:net'

export interface RawClient {
  readonly socket: net.Socket
  /** Everything received, one character a byte. */
  text(): string
  until(pattern: RegExp): Promise<string>
  /** How the connection ended: with FIN, or with an error or reset. */
  readonly over: Promise<'end' | 'reset'>
}

export function startRawClient(port: number, request: string): RawClient {
  const socket = net.connect(port, '127.0.0.1')
  let text = ''
  const waiting: (() => void)[] = []
  const wake = (): void => {
    for (const one of waiting.splice(0)) one()
  }
  let closed = false
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    wake()
  })
  socket.on('close', () => {
    closed = true
    wake()
  })
  const over = new Promise<'end' | 'reset'>((resolve) => {
    socket.on('error', () => resolve('reset'))
    socket.on('end', () => resolve('end'))
    socket.on('close', () => resolve('reset'))
  })
  socket.write(request, 'latin1')
  return {
    socket,
    text: () => text,
    over,
    async until(pattern) {
      while (!pattern.test(text)) {
        if (closed) throw new Error(`closed before ${pattern}: ${JSON.stringify(text)}`)
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
      return text
    },
  }
}
