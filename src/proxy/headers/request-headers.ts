// The header list an upstream gets: what the client sent, without what is ours to say, and with what we say.

import { isToken } from '../../http/field-syntax.ts'
import { isEndToEnd, hopByHop, reservedNames, reservedPrefixes, normalizeName } from './reserved-names.ts'
import { serialize, headerLine, type SerializedHeaders, type RequestHeaders } from './serialized-headers.ts'
import { createTraceContext } from './trace-context.ts'
import { never } from '../../policy/never.ts'

/** What we say to the upstream about a request. */
export interface ForwardingFields {
  /** Host as the app's public side is named, with its port when that is not the scheme's default. */
  readonly host: string
  readonly scheme: 'http' | 'https'
  /** The client's address. */
  readonly address: string
  readonly requestId: string
  /** From `assertion.ts`; says nothing for a public path. */
  readonly identity: SerializedHeaders
}

export interface HeaderRules {
  /** `received`: name, value, ... in order and as sent. One Host comes first, Content-Length never. */
  request(received: readonly string[], forwarding: ForwardingFields): RequestHeaders
  /** True when no client's field of this name reaches an upstream as it was sent. */
  isManaged(name: string): boolean
}

/** What becomes of a field; of one that is kept, how its line begins. */
interface FieldHandling {
  readonly what: 'keep' | 'drop' | 'connection' | 'te' | 'cookie' | 'traceparent' | 'tracestate'
  readonly begins: string
}

/** Names remembered with their verdict; clients choose names, so the memory is bounded. */
const maxCacheEntries = 512

/**
 * `managed`: further names to remove (posture sources), in any spelling; a trailing `*` makes it a prefix.
 * `withoutOurCookies` takes a Cookie value and gives it back without ours, '' when nothing is left.
 */
export function createHeaderRules(
  managed: readonly string[],
  withoutOurCookies: (cookie: string) => string,
): HeaderRules {
  const names = new Set([
    ...reservedNames,
    ...hopByHop,
    ...managed.filter((name) => !name.endsWith('*')).map(normalizeName),
  ])
  const prefixes = [
    ...reservedPrefixes,
    ...managed.filter((name) => name.endsWith('*')).map((name) => normalizeName(name.slice(0, -1))),
  ]
  const verdicts = new Map<string, FieldHandling>()
  const trace = createTraceContext()
  // As many as there are apps: the names are those of the configuration.
  const hosts = { http: new Map<string, SerializedHeaders>(), https: new Map<string, SerializedHeaders>() }

  const perHostHeaders = ({ host, scheme }: ForwardingFields): SerializedHeaders => {
    const known = hosts[scheme].get(host)
    if (known !== undefined) return known
    const place = serialize([
      'X-Forwarded-Host',
      host,
      'X-Forwarded-Proto',
      scheme,
      'X-Forwarded-Port',
      portOf(host, scheme),
    ])
    hosts[scheme].set(host, place)
    return place
  }

  const classify = (name: string): FieldHandling => {
    const known = verdicts.get(name)
    if (known !== undefined) return known
    const verdict = { what: classifyField(name, names, prefixes), begins: `${name}: ` }
    if (verdicts.size >= maxCacheEntries) verdicts.clear()
    verdicts.set(name, verdict)
    return verdict
  }

  /** `named`: what the client's Connection names is for this hop. What we add comes afterwards and cannot be named away. */
  const cookieField = (
    received: readonly string[],
    forwarding: ForwardingFields,
    named: ReadonlySet<string> | undefined,
  ): RequestHeaders => {
    let lines = headerLine('Host: ', forwarding.host)
    let connection: string[] | undefined
    let cookies: string | undefined
    let traceparents = 0
    let parent: string | undefined
    let state: string[] | undefined
    for (let i = 0; i < received.length; i += 2) {
      const name = received[i]!
      const value = received[i + 1]!
      const { what, begins } = classify(name)
      switch (what) {
        case 'keep':
          if (named === undefined || !named.has(normalizeName(name))) lines += headerLine(begins, value)
          break
        case 'drop':
          break
        case 'connection':
          ;(connection ??= []).push(value)
          break
        case 'te':
          // RFC 9110 10.1.4: transfer codings are between neighbours; `trailers` says the client understands them.
          if (/(^|[,\s])trailers\s*(,|$)/i.test(value)) lines += 'TE: trailers\r\n'
          break
        case 'cookie':
          // HTTP/2 may split Cookie; put together again as RFC 9113 8.2.3 has it.
          cookies = cookies === undefined ? value : `${cookies}; ${value}`
          break
        case 'traceparent':
          traceparents++
          parent = value
          break
        case 'tracestate':
          ;(state ??= []).push(value)
          break
        default:
          return never(what)
      }
    }
    if (named === undefined && connection !== undefined) {
      const mentioned = connectionOptions(connection)
      if (mentioned !== undefined) return cookieField(received, forwarding, mentioned)
    }
    const own = cookies === undefined ? '' : withoutOurCookies(cookies)
    if (own !== '') lines += headerLine('Cookie: ', own)
    const { traceparent, continued } = trace.propagate(traceparents === 1 ? parent : undefined)
    if (continued && state !== undefined) lines += headerLine('tracestate: ', state.join(','))
    lines += `X-Request-Id: ${forwarding.requestId}\r\ntraceparent: ${traceparent}\r\n`
    lines += headerLine('X-Forwarded-For: ', forwarding.address)
    return { perRequest: lines, perHost: perHostHeaders(forwarding), perUser: forwarding.identity }
  }

  return {
    request: (received, forwarding) => cookieField(received, forwarding, undefined),
    isManaged: (name) => classify(name).what === 'drop',
  }
}

function classifyField(name: string, names: ReadonlySet<string>, prefixes: readonly string[]): FieldHandling['what'] {
  if (!isToken(name)) return 'drop'
  const plain = normalizeName(name)
  switch (plain) {
    case 'connection':
    case 'te':
    case 'cookie':
    case 'traceparent':
    case 'tracestate':
      // Spelled oddly (`c.o.o.k.i.e` is none, `te_` is none): only the real field is read, a lookalike goes.
      return name.toLowerCase() === plain ? plain : 'drop'
    // Ours to state (`Host`, first in the list), the forwarder's (`Content-Length`), the front's (`Expect`).
    case 'host':
    case 'content-length':
    case 'expect':
      return 'drop'
    // open: any other field
    default:
      break
  }
  // `Content_Length` and the like: for some applications the same as the real one.
  if (plain !== name.toLowerCase() && isEndToEnd(plain)) return 'drop'
  if (names.has(plain) || prefixes.some((prefix) => plain.startsWith(prefix))) return 'drop'
  return 'keep'
}

/** Names of fields for this hop alone, besides those that always are (RFC 9110 7.6.1); undefined: none. */
function connectionOptions(connection: readonly string[]): ReadonlySet<string> | undefined {
  // What nearly every browser says, and what names no field.
  if (connection.length === 1 && /^(?:keep-alive|close)$/i.test(connection[0]!)) return undefined
  const named = new Set<string>()
  for (const option of connection.join(',').split(',')) {
    const name = normalizeName(option.trim())
    // `TE: trailers` comes with `Connection: TE` from everybody who follows RFC 9110 10.1.4.
    const known = name === '' || name === 'close' || name === 'keep-alive' || name === 'upgrade' || name === 'te'
    if (!known && !isEndToEnd(name)) named.add(name)
  }
  return named.size === 0 ? undefined : named
}

function portOf(host: string, scheme: ForwardingFields['scheme']): string {
  const given = /:(\d+)$/.exec(host)
  if (given !== null) return given[1]!
  return scheme === 'https' ? '443' : '80'
}
