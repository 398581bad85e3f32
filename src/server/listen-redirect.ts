// Opens the plain listeners of `gateway.http`, which redirect to https.

import type { Configuration } from '../config/configuration.ts'
import { createListener, type Listener } from '../http/server/listener.ts'
import type { Dependencies } from '../gateway/dependencies.ts'
import { redirectToHttps } from '../gateway/redirect-to-https.ts'
import { listenAddress, listenerOptions, type SharedPorts } from './listen.ts'
import { isListenError, listenError } from './listen-error.ts'

/** For `status`. `detail`: why it is not open; undefined: it is. */
export interface RedirectListenerState {
  readonly host: string
  readonly port: number
  readonly detail: string | undefined
}

export interface RedirectListeners {
  readonly open: readonly (Listener & { readonly address: string })[]
  readonly states: readonly RedirectListenerState[]
}

/**
 * Rejects when one that the file asks for cannot be opened; those of the default are left out then. Open ones are in
 * `started`, also when this rejects for a later one.
 */
export async function openRedirectListeners(
  deps: Dependencies,
  { gateway, limits }: Configuration,
  started: (() => unknown)[],
  shared?: SharedPorts,
): Promise<RedirectListeners> {
  const { listen, required } = gateway.httpRedirect
  const open: (Listener & { readonly address: string })[] = []
  const states: RedirectListenerState[] = []
  for (const address of listen) {
    const { host } = address
    const name = listenAddress(address)
    const options = listenerOptions(deps, { gateway, limits }, shared?.sockets.get(name), shared !== undefined)
    try {
      const plain = { ...address, tls: undefined }
      const listener = await createListener(plain, {
        ...options,
        handle: (exchange) => redirectToHttps(deps, exchange),
      })
      started.push(() => listener.close(1_000))
      open.push({ ...listener, address: name })
      states.push({ host, port: listener.port, detail: undefined })
    } catch (cause) {
      const error = listenError('gateway.http', address, cause)
      if (required || !isListenError(cause)) throw error
      const detail = (error as Error).message
      deps.log.info({ detail }, 'no redirect from http to https')
      states.push({ ...address, detail })
    }
  }
  return { open, states }
}
