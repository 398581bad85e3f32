// Opens the listeners of a configuration and hands each request to `handleRequest`.

import type { Configuration, LimitSettings } from '../config/configuration.ts'
import { createListener, type Listener, type ListenerOptions, type ListeningSocket } from '../http/server/listener.ts'
import { listenError } from './listen-error.ts'
import { handleRequest } from '../gateway/handle-request.ts'
import type { Dependencies } from '../gateway/dependencies.ts'

/** Ports shared with other processes (SO_REUSEPORT). `sockets`: listening sockets received from another worker, by `listenAddress`. */
export interface SharedPorts {
  readonly sockets: ReadonlyMap<string, ListeningSocket>
}

/** In the order of `gateway.listen`; `address` as in `sockets`. Listeners already open are in `started`, also when this rejects for a later one. */
export async function openListeners(
  deps: Dependencies,
  { gateway, limits }: Configuration,
  started: (() => unknown)[],
  shared?: SharedPorts,
): Promise<(Listener & { readonly address: string })[]> {
  const listeners: (Listener & { readonly address: string })[] = []
  for (const settings of gateway.listen) {
    const socket = shared?.sockets.get(listenAddress(settings))
    const listener = await createListener(settings, {
      ...listenerOptions(deps, { gateway, limits }, socket, shared !== undefined),
      handle: (exchange) => handleRequest(deps, exchange),
    }).catch((cause: unknown) => {
      throw listenError('gateway.listen', settings, cause)
    })
    listeners.push({ ...listener, address: listenAddress(settings) })
    started.push(() => listener.close(1_000))
  }
  return listeners
}

/** `shared`: other processes share the port; `socket`: received from one of them. */
export function listenerOptions(
  deps: Dependencies,
  { gateway, limits }: Pick<Configuration, 'gateway' | 'limits'>,
  socket: ListeningSocket | undefined,
  shared: boolean,
): Omit<ListenerOptions, 'handle'> {
  // An app may accept larger heads than others, and a reload may add one.
  const heads: LimitSettings = {
    ...limits,
    get headerBytes() {
      return deps.activeConfig().rules.headerBytes
    },
  }
  return {
    limits: heads,
    now: deps.now,
    log: deps.log,
    proxies: (address) => deps.activeConfig().rules.proxies(address),
    throttled: () => deps.metrics.throttled('connection'),
    http1: gateway.http1,
    shared: shared ? { socket } : undefined,
    issued: deps.acme?.issued,
  }
}

/** Key by which processes name a listening socket when they pass it on. */
export function listenAddress({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host} ${port}`
}
