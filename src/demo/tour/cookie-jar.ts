// Cookie jar of the tour client: the subset of RFC 6265 the demo needs, and the `__Host-` prefix of RFC 6265bis.

interface Cookie {
  readonly name: string
  readonly value: string
  readonly host: string
  readonly path: string
}

export interface CookieJar {
  /**
   * Stores the `Set-Cookie` lines of a response from `url`. Ignores cookies with a Domain, which the demo does not use.
   */
  store(url: URL, lines: readonly string[]): void
  /** `Cookie` field for a request to `url`; undefined if there is no cookie. */
  header(url: URL): string | undefined
  /** Names of the cookies of a host. */
  names(host: string): string[]
  value(host: string, name: string): string | undefined
  clear(): void
}

/** As in browsers, cookies ignore the port, and `Secure` cookies are allowed over http on loopback. */
export function createCookieJar(): CookieJar {
  let cookies: Cookie[] = []

  function store(url: URL, lines: readonly string[]): void {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
      const at = pair.indexOf('=')
      if (at < 1) continue
      const attribute = (name: string) => {
        const found = attributes.find((entry) => entry.split('=')[0]!.toLowerCase() === name)
        return found === undefined ? undefined : found.slice(name.length + 1)
      }
      const path = attribute('path') ?? '/'
      const cookie = { name: pair.slice(0, at), value: pair.slice(at + 1), host: url.hostname, path }
      const domain = attribute('domain')
      if (domain !== undefined) continue
      // RFC 6265bis section 4.1.3.2: requires Secure, Path=/ and no Domain, else the browser rejects it.
      if (cookie.name.startsWith('__Host-') && (attribute('secure') === undefined || path !== '/')) continue
      cookies = cookies.filter(
        (kept) => kept.name !== cookie.name || kept.host !== cookie.host || kept.path !== cookie.path,
      )
      const age = attribute('max-age')
      const expires = attribute('expires')
      const gone = age !== undefined ? Number(age) <= 0 : expires !== undefined && Date.parse(expires) <= Date.now()
      if (!gone) cookies.push(cookie)
    }
  }

  function sent(url: URL): Cookie[] {
    const under = (path: string) => url.pathname === path || url.pathname.startsWith(path.replace(/\/?$/, '/'))
    return cookies.filter((cookie) => cookie.host === url.hostname && under(cookie.path))
  }

  return {
    store,
    header: (url) =>
      sent(url)
        .map((cookie) => `${cookie.name}=${cookie.value}`)
        .join('; ') || undefined,
    names: (host) => cookies.filter((cookie) => cookie.host === host).map((cookie) => cookie.name),
    value: (host, name) => cookies.find((cookie) => cookie.host === host && cookie.name === name)?.value,
    clear: () => void (cookies = []),
  }
}
