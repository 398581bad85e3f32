// Parses a Redis URL: single host, Sentinel or Cluster; `URL` cannot parse several hosts.

export interface RedisAddress {
  readonly mode: 'single' | 'sentinel' | 'cluster'
  readonly tls: boolean
  readonly hosts: readonly { readonly host: string; readonly port: number }[]
  readonly username: string | undefined
  readonly password: string | undefined
  readonly database: number
  /** Name of the master group, Sentinel only. */
  readonly master: string | undefined
  /** `?sentinel_password=`; user and password of the URL are those of the data nodes. */
  readonly sentinelPassword: string | undefined
}

const pattern =
  /^redis(?<tls>s?)(?:\+(?<mode>sentinel|cluster))?:\/\/(?:(?<user>[^@]*)@)?(?<hosts>[^/?#]+)(?:\/(?<path>[^?#]*))?(?:\?(?<query>[^#]*))?$/

/**
 * `redis[s]://[user:password@]host[:port][/database]`, `redis[s]+cluster://h1,h2`,
 * `redis[s]+sentinel://h1,h2/master[/database][?sentinel_password=...]`.
 * Throws with code `bad_store_url`; the message never contains the URL, which may contain the password.
 */
export function parseRedisUrl(url: string): RedisAddress {
  const parts = pattern.exec(url)?.groups
  if (parts === undefined) throw invalidUrl('not a Redis URL')
  const mode = (parts.mode ?? 'single') as RedisAddress['mode']
  const hosts = (parts.hosts ?? '').split(',').map((each) => parseHost(each.trim(), mode === 'sentinel' ? 26379 : 6379))
  const path = (parts.path ?? '').split('/').filter((each) => each !== '')
  const master = mode === 'sentinel' ? path.shift() : undefined
  if (mode === 'sentinel' && master === undefined)
    throw invalidUrl('Sentinel needs the name of the master after the hosts')
  if (mode === 'single' && hosts.length > 1)
    throw invalidUrl('several hosts need redis+sentinel:// or redis+cluster://')
  const database = path[0] === undefined ? 0 : Number(path[0])
  if (path.length > 1 || !Number.isInteger(database) || database < 0) throw invalidUrl('the database is not a number')
  if (mode === 'cluster' && database !== 0) throw invalidUrl('a Redis Cluster has no databases')
  const colon = parts.user?.indexOf(':') ?? -1
  const username = colon < 0 ? parts.user : parts.user?.slice(0, colon)
  const password = colon < 0 ? undefined : parts.user?.slice(colon + 1)
  return {
    mode,
    tls: parts.tls === 's',
    hosts,
    username: decode(username),
    password: decode(password),
    database,
    master: decode(master),
    sentinelPassword: new URLSearchParams(parts.query ?? '').get('sentinel_password') ?? undefined,
  }
}

function parseHost(text: string, defaultPort: number): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = match?.[3] === undefined ? defaultPort : Number(match[3])
  if (host === undefined || port < 1 || port > 65535) throw invalidUrl('a host is malformed')
  return { host, port }
}

function decode(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalidUrl('a percent-encoding is malformed')
  }
}

function invalidUrl(why: string): Error {
  return Object.assign(new Error(`invalid store URL: ${why}`), { code: 'bad_store_url' })
}
