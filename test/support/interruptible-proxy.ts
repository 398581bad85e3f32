// TCP proxy between two endpoints that a test can disconnect, stall and reconnect (fault injection).

import net from 'node:net'

export interface InterruptibleProxy {
  readonly port: number
  /** Breaks every connection and refuses new ones. */
  cut(): Promise<void>
  /** Keeps connections open and accepts new ones, but transfers nothing. */
  hold(): void
  /** Ends `cut` or `hold`. */
  mend(): Promise<void>
  stop(): Promise<void>
}

/** Listens on a free loopback port and connects to the port `target()`. No back-pressure: not for bulk transfers. */
export async function startInterruptibleProxy(target: () => number): Promise<InterruptibleProxy> {
  const sockets = new Set<net.Socket>()
  let held = false
  const server = net.createServer((near) => {
    const far = net.connect(target(), '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
      one.on('data', (chunk) => other.write(chunk))
      if (held) one.pause()
    }
  })
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
  const cut = async (): Promise<void> => {
    if (!server.listening) return
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  await listen(0)
  const { port } = server.address() as net.AddressInfo
  return {
    port,
    cut,
    hold() {
      held = true
      for (const socket of sockets) socket.pause()
    },
    async mend() {
      held = false
      for (const socket of sockets) socket.resume()
      if (!server.listening) await listen(port)
    },
    stop: cut,
  }
}
