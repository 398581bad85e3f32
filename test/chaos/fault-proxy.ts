// TCP proxy for fault injection: delays, breaks, stalls or corrupts the connections to a server.

import { randomBytes } from 'node:crypto'
import net from 'node:net'

export type Mode =
  | { readonly kind: 'pass' }
  /** Milliseconds in each direction. */
  | { readonly kind: 'delay'; readonly by: number }
  /** Resets every connection, also new ones. */
  | { readonly kind: 'cut' }
  /** Accepts and keeps connections but transfers nothing, as if the peer were lost. */
  | { readonly kind: 'half_open' }
  /** Forwards requests, but no responses. */
  | { readonly kind: 'no_answers' }
  /** Replaces responses by random bytes. */
  | { readonly kind: 'garbage' }
  /** Forwards half of each response, then ends the connection. */
  | { readonly kind: 'torn' }

export interface FaultProxy {
  readonly port: number
  set(mode: Mode): void
  stop(): Promise<void>
}

/** Listens on a free loopback port and connects to the port `target()`. */
export async function startFaultProxy(target: () => number): Promise<FaultProxy> {
  let mode: Mode = { kind: 'pass' }
  const pairs = new Set<readonly [net.Socket, net.Socket]>()
  const server = net.createServer((near) => {
    near.on('error', () => {})
    if (mode.kind === 'cut') return void near.resetAndDestroy()
    const far = net.connect(target(), '127.0.0.1')
    const pair = [near, far] as const
    pairs.add(pair)
    far.on('error', () => near.destroy())
    for (const [one, other] of [pair, [far, near] as const]) {
      one.on('close', () => {
        pairs.delete(pair)
        other.destroy()
      })
    }
    near.on('data', (chunk: Buffer) => towards(far, chunk))
    far.on('data', (chunk: Buffer) => back(near, chunk))
  })

  function towards(far: net.Socket, chunk: Buffer): void {
    if (mode.kind === 'half_open') return
    if (mode.kind === 'delay') setTimeout(() => far.write(chunk), mode.by)
    else far.write(chunk)
  }

  function back(near: net.Socket, chunk: Buffer): void {
    switch (mode.kind) {
      case 'half_open':
      case 'no_answers':
        return
      case 'delay':
        return void setTimeout(() => near.write(chunk), mode.by)
      case 'garbage':
        return void near.write(randomBytes(Math.min(chunk.length, 512)))
      case 'torn':
        return void near.end(chunk.subarray(0, chunk.length >> 1))
      default:
        near.write(chunk)
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as net.AddressInfo).port,
    set(next) {
      const lost = mode.kind === 'half_open' || mode.kind === 'no_answers'
      mode = next
      // Bytes were dropped in the middle of these connections, so they cannot continue.
      if (next.kind === 'cut' || lost) for (const [near] of pairs) near.resetAndDestroy()
    },
    async stop() {
      for (const [near] of pairs) near.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
