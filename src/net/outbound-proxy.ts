// Outbound HTTP proxy, as configured or as the environment names it (`HTTPS_PROXY`, `NO_PROXY`).

export interface OutboundProxy {
  /** `http:` or `https:`; may contain a user name and a password. Never log it. */
  readonly url: string
  /** Hosts reached without it, as `NO_PROXY`: names, `.suffixes`, `host:port`, `*`; separated by commas. */
  readonly except: string
}

/** What a process is told by its environment; undefined: no proxy, or one that cannot be used. Lower case counts first, as in curl. */
export function proxyFromEnvironment(env: Readonly<Record<string, string | undefined>>): OutboundProxy | undefined {
  const named = namedIn(env)
  return named === undefined || !isProxyUrl(named.url)
    ? undefined
    : { url: named.url, except: readIn(env, 'NO_PROXY') ?? '' }
}

/** Name of the variable whose value is no usable proxy, so that connections are direct: `HTTPS_PROXY`. Its value may be secret. */
export function unusableProxyVariable(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const named = namedIn(env)
  return named === undefined || isProxyUrl(named.url) ? undefined : named.variable
}

function namedIn(env: Readonly<Record<string, string | undefined>>): { variable: string; url: string } | undefined {
  for (const variable of ['HTTPS_PROXY', 'HTTP_PROXY']) {
    const url = readIn(env, variable)
    if (url !== undefined && url !== '') return { variable, url }
  }
  return undefined
}

function readIn(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  return env[name.toLowerCase()] ?? env[name]
}

/** True for `http://host:3128`: a scheme, a host, perhaps a port and credentials, nothing else. */
export function isProxyUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return false
  return url.hostname !== '' && url.pathname === '/' && url.search === '' && url.hash === ''
}
