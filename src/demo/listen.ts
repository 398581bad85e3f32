// Opening a loopback port, and finding free ones.

import { createServer, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'

/** Resolves with the port bound; rejects with the error of `listen` (`EADDRINUSE`). */
export function listen(server: Server, port: number, host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

/** `count` ports nobody listens on now: for those who must write a port down before they bind it. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(servers.map((server) => listen(server, 0)))
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
