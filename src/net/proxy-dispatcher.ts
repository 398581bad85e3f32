// Connections through an outbound HTTP proxy: TLS is tunnelled by CONNECT, with the time limits of any other connection.

import type { LookupFunction } from 'node:net'
import type { SecureContext } from 'node:tls'
import { EnvHttpProxyAgent, Pool, type Agent, type Dispatcher } from 'undici'
import type { OutboundProxy } from './outbound-proxy.ts'

export interface ProxyDispatcherOptions {
  readonly proxy: OutboundProxy
  /** Of the pools behind the proxy; `connect` is for hosts that are reached without it. */
  readonly agent: Agent.Options
  /** Resolves the proxy's own name. */
  readonly lookup: LookupFunction
  /** Milliseconds until the proxy is connected, and again until it has answered CONNECT. */
  readonly connectTimeout: number
  /** TLS towards the host behind the tunnel, and towards the proxy itself. */
  readonly secureContext: SecureContext | undefined
  readonly proxySecureContext: SecureContext | undefined
}

/** For `https:` only: the TLS session is with the host, so the proxy reads and changes nothing (RFC 9110 section 9.3.6). */
export function createProxyDispatcher(options: ProxyDispatcherOptions): Dispatcher {
  const { proxy, agent, connectTimeout, secureContext, proxySecureContext } = options
  return new EnvHttpProxyAgent({
    ...agent,
    httpsProxy: proxy.url,
    httpProxy: '',
    noProxy: proxy.except,
    requestTls: { timeout: connectTimeout, ...(secureContext && { secureContext }) },
    proxyTls: {
      lookup: options.lookup,
      timeout: connectTimeout,
      ...(proxySecureContext && { secureContext: proxySecureContext }),
    },
    // undici waits five minutes for the answer to CONNECT: later requests would queue behind one that hangs.
    clientFactory: (origin, more) =>
      new Pool(origin, { ...more, headersTimeout: connectTimeout, bodyTimeout: connectTimeout }),
  })
}
