// Opens a loopback port, and finds free ones.

import { randomInt } from 'node:crypto'
import { createServer, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'

/** `port` 0: any. Resolves with the bound port; rejects with the error of `listen` (`EADDRINUSE`). */
export function listen(server: Server, port: number, host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

/**
 * `count` consecutive free ports, for callers that must know a port before they bind it. Below the ephemeral range
 * (from 32768 on Linux), so that they are likely to stay free.
 */
export async function freePorts(count: number): Promise<number[]> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const first = randomInt(10_000, 32_000)
    const ports = Array.from({ length: count }, (_, index) => first + index)
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return ports
  }
  throw new Error('no free ports were found')
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer()
  try {
    await listen(probe, port)
  } catch {
    return false
  }
  await new Promise((resolve) => probe.close(resolve))
  return true
}
