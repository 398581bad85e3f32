// Fields that an application sends more than once and HTTP/2 takes once: the same outcome over HTTP/1.1 and HTTP/2.

/**
 * Names that Node's HTTP/2 refuses to send twice (its `kSingleValueFields`), those of responses first. A browser over
 * HTTP/1.1 would take one of the values, each its own way.
 */
const once: readonly string[] = [
  'content-length',
  'location',
  'content-range',
  'content-encoding',
  'content-language',
  'content-type',
  'content-location',
  'content-md5',
  'access-control-allow-credentials',
  'access-control-max-age',
  'age',
  'date',
  'etag',
  'expires',
  'last-modified',
  'retry-after',
  'tk',
  'x-content-type-options',
  // Of requests; without meaning in a response.
  'access-control-request-method',
  'authorization',
  'dnt',
  'from',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'max-forwards',
  'proxy-authorization',
  'range',
  'referer',
  'upgrade-insecure-requests',
  'user-agent',
]
const names: ReadonlySet<string> = new Set(once)
/** Where two values differ, the extent of the content or the target of a redirect is in doubt. */
export const inDoubt: ReadonlySet<string> = new Set(['content-length', 'location', 'content-range'])
/** Lists (RFC 9110 8.4, 8.5): values of several lines are one list (5.3), and none may be lost. */
const lists: ReadonlySet<string> = new Set(['content-encoding', 'content-language'])

/**
 * A bit for the name of a field that may be sent once, else 0. Names beyond thirty-one share one: a bit seen twice only
 * says that `withoutRepeats` must look.
 */
export function onceBit(name: string): number {
  const at = once.indexOf(name.toLowerCase())
  return at < 0 ? 0 : 1 << Math.min(at, 30)
}

/**
 * `list`: name, value, ... Of equal copies one is left, of different values the first. Undefined: Content-Length, Location or
 * Content-Range differ, and the response must not be forwarded.
 */
export function withoutRepeats(list: readonly string[]): string[] | undefined {
  const kept: string[] = []
  const seen = new Map<string, number>()
  for (let i = 0; i < list.length; i += 2) {
    const [name, value] = [list[i]!, list[i + 1]!]
    const lower = name.toLowerCase()
    const first = names.has(lower) ? seen.get(lower) : undefined
    if (first === undefined) {
      if (names.has(lower)) seen.set(lower, kept.length + 1)
      kept.push(name, value)
    } else if (kept[first] !== value) {
      if (inDoubt.has(lower)) return undefined
      if (lists.has(lower)) kept[first] = `${kept[first]}, ${value}`
    }
  }
  return kept
}
