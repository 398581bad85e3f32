// Opens the ports of a configuration: whatever comes in there takes the path.

import type { Configuration } from '../config/configuration.ts'
import { accept, type Listener, type ListeningSocket } from '../http/server/listener.ts'
import { cannotListen } from './listen-error.ts'
import { handleRequest } from '../gateway/handle-request.ts'
import type { Parts } from '../gateway/dependencies.ts'

/** Ports that other processes listen on as well. `sockets`: what one of them gave away, by `addressOf`. */
export interface SharedPorts {
  readonly sockets: ReadonlyMap<string, ListeningSocket>
}

/** In the order of `gateway.listen`; `address` as in `sockets`. Those that listen are in `started`, also when this rejects for a later one. */
export async function openListeners(
  parts: Parts,
  { gateway, limits }: Configuration,
  started: (() => unknown)[],
  shared?: SharedPorts,
): Promise<(Listener & { readonly address: string })[]> {
  const listeners: (Listener & { readonly address: string })[] = []
  for (const one of gateway.listen) {
    const listener = await accept(one, {
      limits,
      now: parts.now,
      log: parts.log,
      proxies: (address) => parts.applied().rules.proxies(address),
      throttled: () => parts.metrics.throttled('connection'),
      http1: gateway.http1,
      handle: (exchange) => handleRequest(parts, exchange),
      shared: shared && { socket: shared.sockets.get(addressOf(one)) },
    }).catch((cause: unknown) => {
      throw cannotListen('gateway.listen', one, cause)
    })
    listeners.push({ ...listener, address: addressOf(one) })
    started.push(() => listener.close(1_000))
  }
  return listeners
}

/** What a listening socket is known by from one process to another. */
export function addressOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host} ${port}`
}
