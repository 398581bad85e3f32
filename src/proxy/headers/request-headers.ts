// Builds upstream request headers: removes hop-by-hop and reserved fields, adds forwarding, trace and identity fields.

import type { App } from '../../config/configuration.ts'
import { isFieldValue, isToken } from '../../http/field-syntax.ts'
import { identityNames } from '../../config/header-names/identity-names.ts'
import {
  isEndToEnd,
  hopByHop,
  reservedNames,
  reservedPrefixes,
  normalizeName,
} from '../../config/header-names/reserved-names.ts'
import { serialize, headerLine, type SerializedHeaders, type RequestHeaders } from './serialized-headers.ts'
import type { AppHeaderSettings } from './app-header-settings.ts'
import { notInTrailers } from './response-headers.ts'
import { createTraceContext } from './trace-context.ts'
import { connectionCredentials, type ConnectionCredentials } from './connection-auth.ts'
import { never } from '../../policy/never.ts'

/** Values of the forwarding and identity fields of a request. */
export interface ForwardingFields {
  /** Public host of the app, with port unless it is the scheme's default. */
  readonly host: string
  readonly scheme: 'http' | 'https'
  /** The client's address; undefined: unknown, which the application is told (RFC 7239 6.2), or it would take ours. */
  readonly address: string | undefined
  readonly requestId: string
  /** The path that was removed from the target: the application finds its public address with it. Default: none. */
  readonly prefix?: string | undefined
  /** Identity headers (`assertion.ts`); empty for a public path. */
  readonly identity: SerializedHeaders
  /** `strip` removes credentials of connection-bound schemes. Default: `pinned`. */
  readonly connectionAuth?: App['connectionAuth']
  /** Values of WebDAV fields in place of the client's, by name in lower case. Absent: as received. */
  readonly replaced?: { readonly destination?: string; readonly if?: string } | undefined
}

export interface HeaderRules {
  /**
   * `received`: name, value, ... in order and as received. The result starts with Host, unless that is the upstream's own
   * (`withHostLine`), and has no Content-Length.
   */
  request(received: readonly string[], forwarding: ForwardingFields): RequestHeaders
  /** Trailers of a request, as received: none that could be taken for a field of the head (RFC 9110 6.5.1). */
  trailers(received: readonly string[]): string[]
  /** True when a client's field of this name is never forwarded. */
  isManaged(name: string): boolean
}

/** How a field is handled; `begins` is the start of its line when it is kept. */
interface FieldHandling {
  readonly what:
    'keep' | 'drop' | 'replaceable' | 'connection' | 'te' | 'authorization' | 'cookie' | 'traceparent' | 'tracestate'
  readonly begins: string
}

const nothingOwn: AppHeaderSettings = { remove: [], keep: [] }

/** Cached field names; bounded because clients choose them. */
const maxCacheEntries = 512

/**
 * `managed`: further names to remove (posture sources), in any spelling; a trailing `*` makes it a prefix.
 * `withoutOurCookies` returns a Cookie value without the gateway's cookies, '' when nothing is left. `app`: what
 * one app has of its own. Computed once at reload.
 */
export function createHeaderRules(
  managed: readonly string[],
  withoutOurCookies: (cookie: string) => string,
  app: AppHeaderSettings = nothingOwn,
): HeaderRules {
  const reserved = nameSet([
    ...reservedNames,
    ...hopByHop,
    ...reservedPrefixes.map((prefix) => `${prefix}*`),
    ...managed,
    ...(app.own ?? []),
  ])
  const removed = nameSet([...identityNames.flatMap(({ names }) => names), ...app.remove])
  const kept = new Set(app.keep.map(normalizeName))
  const isDropped = (plain: string): boolean => reserved(plain) || (removed(plain) && !kept.has(plain))
  const handlings = new Map<string, FieldHandling>()
  const hostLine = fixedHostLine(app.host)
  const trace = createTraceContext()
  // Bounded by the number of apps: hosts come from the configuration.
  const hosts = { http: new Map<string, SerializedHeaders>(), https: new Map<string, SerializedHeaders>() }

  const perHostHeaders = ({ host, scheme, prefix }: ForwardingFields): SerializedHeaders => {
    const key = prefix === undefined ? host : host + prefix
    const known = hosts[scheme].get(key)
    if (known !== undefined) return known
    const headers = serialize([
      'X-Forwarded-Host',
      host,
      'X-Forwarded-Proto',
      scheme,
      'X-Forwarded-Port',
      portOf(host, scheme),
      ...(prefix === undefined ? [] : ['X-Forwarded-Prefix', prefix]),
      ...(app.constants ?? []),
    ])
    hosts[scheme].set(key, headers)
    return headers
  }

  const classify = (name: string): FieldHandling => {
    const known = handlings.get(name)
    if (known !== undefined) return known
    const handling = { what: classifyField(name, isDropped), begins: `${name}: ` }
    if (handlings.size >= maxCacheEntries) handlings.clear()
    handlings.set(name, handling)
    return handling
  }

  /** `named`: hop-by-hop fields listed in the client's Connection. Fields added here cannot be removed that way. */
  const buildHeaders = (
    received: readonly string[],
    forwarding: ForwardingFields,
    named: ReadonlySet<string> | undefined,
  ): RequestHeaders => {
    let lines = hostLine ?? headerLine('Host: ', forwarding.host)
    let connection: string[] | undefined
    let cookies: string | undefined
    let traceparents = 0
    let parent: string | undefined
    let state: string[] | undefined
    let credentials: ConnectionCredentials | undefined
    for (let i = 0; i < received.length; i += 2) {
      const name = received[i]!
      const value = received[i + 1]!
      const { what, begins } = classify(name)
      switch (what) {
        case 'keep':
          if (named === undefined || !named.has(normalizeName(name))) lines += headerLine(begins, value)
          break
        case 'replaceable': {
          // Also when Connection names it: without it the request would have another meaning.
          const own = forwarding.replaced?.[name.toLowerCase() as 'destination' | 'if']
          if (own !== undefined) lines += headerLine(begins, own)
          else if (named === undefined || !named.has(normalizeName(name))) lines += headerLine(begins, value)
          break
        }
        case 'drop':
          break
        case 'connection':
          ;(connection ??= []).push(value)
          break
        case 'te':
          // RFC 9110 10.1.4: transfer codings are hop-by-hop; `trailers` states that the client accepts trailers.
          if (/(^|[,\s])trailers\s*(,|$)/i.test(value)) lines += 'TE: trailers\r\n'
          break
        case 'authorization':
          credentials = connectionCredentials(value)
          if (credentials !== undefined && forwarding.connectionAuth === 'strip') credentials = undefined
          else lines += headerLine(begins, value)
          break
        case 'cookie':
          // HTTP/2 may split Cookie; joined as required by RFC 9113 8.2.3.
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
      const options = connectionOptions(connection)
      if (options !== undefined) return buildHeaders(received, forwarding, options)
    }
    const cookie = cookies === undefined ? '' : withoutOurCookies(cookies)
    if (cookie !== '') lines += headerLine('Cookie: ', cookie)
    const { traceparent, continued } = trace.propagate(traceparents === 1 ? parent : undefined)
    if (continued && state !== undefined) lines += headerLine('tracestate: ', state.join(','))
    lines += `X-Request-Id: ${forwarding.requestId}\r\ntraceparent: ${traceparent}\r\n`
    lines += headerLine('X-Forwarded-For: ', forwarding.address ?? 'unknown')
    return { perRequest: lines, perHost: perHostHeaders(forwarding), perUser: forwarding.identity, credentials }
  }

  return {
    request: (received, forwarding) => buildHeaders(received, forwarding, undefined),
    trailers(received) {
      const list: string[] = []
      for (let i = 0; i + 1 < received.length; i += 2) {
        const [name, value] = [received[i]!, received[i + 1]!]
        if (classify(name).what !== 'keep' || isOfHead(name) || !isFieldValue(value)) continue
        list.push(name, value)
      }
      return list
    },
    isManaged: (name) => classify(name).what === 'drop',
  }
}

/** Undefined: the one of the request. '': that of the server chosen, which is added later. */
function fixedHostLine(host: AppHeaderSettings['host'] = 'public'): string | undefined {
  if (host === 'public') return undefined
  return host === 'upstream' ? '' : headerLine('Host: ', host.name)
}

/** See `ForwardingFields.replaced`. */
const replaceable: ReadonlySet<string> = new Set(['destination', 'if'])

function classifyField(name: string, isDropped: (plain: string) => boolean): FieldHandling['what'] {
  if (!isToken(name)) return 'drop'
  const plain = normalizeName(name)
  // `headers.remove` may name it; for the others below it means nothing, as they are written anew.
  if (plain === 'cookie' && isDropped(plain)) return 'drop'
  switch (plain) {
    case 'connection':
    case 'te':
    case 'cookie':
    case 'traceparent':
    case 'tracestate':
      // Only the exact field name is interpreted; one that merely normalizes to it (`t_e`) is dropped.
      return name.toLowerCase() === plain ? plain : 'drop'
    case 'authorization':
      return name.toLowerCase() === plain && !isDropped(plain) ? plain : 'drop'
    // Generated: `Host` here, `Content-Length` by the client connection; `Expect` is handled by the server.
    case 'host':
    case 'content-length':
    case 'expect':
      return 'drop'
    // open: any other field
    default:
      break
  }
  if (replaceable.has(name.toLowerCase())) return isDropped(plain) ? 'drop' : 'replaceable'
  // `Content_Length` and the like: some applications treat it as the real field (request smuggling).
  if (plain !== name.toLowerCase() && isEndToEnd(plain)) return 'drop'
  return isDropped(plain) ? 'drop' : 'keep'
}

/** Fields that say who sends a request, what it is or where it goes; an application may merge trailers into the head. */
function isOfHead(name: string): boolean {
  const plain = normalizeName(name)
  return (
    notInTrailers.test(plain) || /^(?:origin|referer|range|if-.*|max-forwards|sec-.*|x-csrf-.*|x-xsrf-.*)$/.test(plain)
  )
}

/** Whether a normalized name is one of `list`, or begins with one that ends in `*`. */
function nameSet(list: readonly string[]): (plain: string) => boolean {
  const names = new Set(list.filter((name) => !name.endsWith('*')).map(normalizeName))
  const prefixes = list.filter((name) => name.endsWith('*')).map((name) => normalizeName(name.slice(0, -1)))
  return (plain) => names.has(plain) || prefixes.some((prefix) => plain.startsWith(prefix))
}

/** Further hop-by-hop fields listed in Connection (RFC 9110 7.6.1); undefined: none. */
function connectionOptions(connection: readonly string[]): ReadonlySet<string> | undefined {
  // The usual values, which name no field.
  if (connection.length === 1 && /^(?:keep-alive|close)$/i.test(connection[0]!)) return undefined
  const named = new Set<string>()
  for (const option of connection.join(',').split(',')) {
    const name = normalizeName(option.trim())
    // RFC 9110 10.1.4: `TE: trailers` is sent with `Connection: TE`.
    const known = name === '' || name === 'close' || name === 'keep-alive' || name === 'upgrade' || name === 'te'
    if (!known && !isEndToEnd(name)) named.add(name)
  }
  return named.size === 0 ? undefined : named
}

function portOf(host: string, scheme: ForwardingFields['scheme']): string {
  const port = /:(\d+)$/.exec(host)
  if (port !== null) return port[1]!
  return scheme === 'https' ? '443' : '80'
}
