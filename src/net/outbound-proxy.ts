// Outbound HTTP proxy, as configured or as the environment names it (`HTTPS_PROXY`, `NO_PROXY`).

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
