// A wire between two parties that a test can cut and mend: what is at its ends neither restarts nor forgets.

import net from 'node:net'

export interface Wire {
  readonly port: number
  /** Every connection breaks, new ones are refused. */
  cut(): Promise<void>
  mend(): Promise<void>
  stop(): Promise<void>
}

/** From a free port of loopback to `target`, another one. */
export async function startWire(target: () => number): Promise<Wire> {
  const sockets = new Set<net.Socket>()
  const server = net.createServer((near) => {
    const far = net.connect(target(), '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => (sockets.delete(one), other.destroy()))
      one.pipe(other)
    }
  })
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => (server.off('error', reject), resolve()))
    })
  const cut = async (): Promise<void> => {
    if (!server.listening) return
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  await listen(0)
  const { port } = server.address() as net.AddressInfo
  return { port, cut, mend: () => listen(port), stop: cut }
}
