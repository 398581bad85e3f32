// Outbound HTTP proxy: from the configuration or the environment (`HTTPS_PROXY`, `NO_PROXY`), as a dispatcher that tunnels TLS (CONNECT).

import type { LookupFunction } from 'node:net'
import type { SecureContext } from 'node:tls'
import { EnvHttpProxyAgent, Pool, type Agent, type Dispatcher } from 'undici'

export interface OutboundProxy {
  /** `http:` or `https:`; may contain a user name and a password. Never log it. */
  readonly url: string
  /** Hosts reached without it, as `NO_PROXY`: names, `.suffixes`, `host:port`, `*`; separated by commas. */
  readonly except: string
}

/** What a process is told by its environment; undefined: no proxy, or one that cannot be used. Lower case counts first, as in curl. */
export function proxyFromEnvironment(env: Readonly<Record<string, string | undefined>>): OutboundProxy | undefined {
  const read = (name: string): string | undefined => env[name.toLowerCase()] ?? env[name]
  const url = [read('HTTPS_PROXY'), read('HTTP_PROXY')].find((value) => value !== undefined && value !== '')
  return url === undefined || !isProxyUrl(url) ? undefined : { url, except: read('NO_PROXY') ?? '' }
}

/** True for `http://host:3128`: a scheme, a host, perhaps a port and credentials, nothing else. */
export function isProxyUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return false
  return url.hostname !== '' && url.pathname === '/' && url.search === '' && url.hash === ''
}

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
