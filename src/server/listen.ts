// Opens the ports of a configuration: whatever comes in there takes the path.

import type { Configuration } from '../config/configuration.ts'
import { createListener, type Listener, type ListeningSocket } from '../http/server/listener.ts'
import { listenError } from './listen-error.ts'
import { handleRequest } from '../gateway/handle-request.ts'
import type { Dependencies } from '../gateway/dependencies.ts'

/** Ports that other processes listen on as well. `sockets`: what one of them gave away, by `addressOf`. */
export interface SharedPorts {
  readonly sockets: ReadonlyMap<string, ListeningSocket>
}

/** In the order of `gateway.listen`; `address` as in `sockets`. Those that listen are in `started`, also when this rejects for a later one. */
export async function openListeners(
  deps: Dependencies,
  { gateway, limits }: Configuration,
  started: (() => unknown)[],
  shared?: SharedPorts,
): Promise<(Listener & { readonly address: string })[]> {
  const listeners: (Listener & { readonly address: string })[] = []
  for (const one of gateway.listen) {
    const listener = await createListener(one, {
      limits,
      now: deps.now,
      log: deps.log,
      proxies: (address) => deps.activeConfig().rules.proxies(address),
      throttled: () => deps.metrics.throttled('connection'),
      http1: gateway.http1,
      handle: (exchange) => handleRequest(deps, exchange),
      shared: shared && { socket: shared.sockets.get(listenAddress(one)) },
    }).catch((cause: unknown) => {
      throw listenError('gateway.listen', one, cause)
    })
    listeners.push({ ...listener, address: listenAddress(one) })
    started.push(() => listener.close(1_000))
  }
  return listeners
}

/** What a listening socket is known by from one process to another. */
export function listenAddress({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host} ${port}`
}
