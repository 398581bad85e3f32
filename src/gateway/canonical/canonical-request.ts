// Canonical request: one strict interpretation of the message, against request smuggling; all later code uses only it.

import { isIPv6 } from 'node:net'
import { httpMethods, isForbiddenMethod, maxMethodLength } from '../../config/methods.ts'
import { isToken, parseContentLength } from '../../http/field-syntax.ts'
import { navigationOf } from '../../http/navigation.ts'
import { createIds, type Ids } from '../../telemetry/ids.ts'
import type { Face } from '../../web/kit/face.ts'
import type { PageRequest } from '../../web/kit/reply.ts'
import type { Exchange, Received } from '../../http/exchange.ts'
import type { ProxyTrust } from '../../http/peer-address.ts'
import { clientOf, type AddressGap } from './client-address.ts'
import { checkHeaders, createHeaderNames, type HeaderIndex, type HeaderNames } from './header-fields.ts'
import { readText } from './read-body.ts'
import { canonicalTarget, type CanonicalTarget } from './request-target.ts'
import { upgradeOf } from './upgrade.ts'

export interface CanonicalRequest extends PageRequest {
  /** As received, and so forwarded to apps without path rules. `path` is its decoded form, which policy evaluates. */
  readonly target: string
  /** `target` with the path's percent-encoding normalised, forwarded to apps with path rules. */
  readonly normalTarget: string
  readonly version: '1.0' | '1.1' | '2'
  /** As received, in order, without pseudo-headers. */
  readonly headers: readonly string[]
  /** Host was written with a dot at its end, so that browsers keep cookies for it apart. */
  readonly fullyQualified: boolean
  /** TCP peer's address. `address` differs only behind a trusted proxy. */
  readonly peer: string
  /** Why `address` is undefined. */
  readonly addressGap: AddressGap | undefined
  /** Server name of the TLS handshake (SNI). */
  readonly serverName: string | undefined
  /** `websocket` or undefined: offers of other protocols are ignored. */
  readonly upgrade: 'websocket' | undefined
  /** Bytes of the body; undefined when chunked (or HTTP/2 without Content-Length); 0 when there is no body. */
  readonly contentLength: number | undefined
  /** Size of target and header fields without cookies, and of cookies by themselves; an app may accept less than others. */
  readonly headerBytes: number
  readonly cookieBytes: number
  /** Spelling that servers read differently: `route` rejects it where it might lead into or out of a rule's paths. */
  readonly ambiguity: CanonicalTarget['ambiguity']
}

export type CanonicalResult =
  | { readonly kind: 'request'; readonly request: CanonicalRequest }
  /** `detail` is for the log: the failed check, never the received value. `octet`: which one of the target, by name. */
  | {
      readonly kind: 'rejected'
      readonly id: string
      readonly status: 400 | 417 | 426 | 431 | 501
      readonly detail: string
      readonly octet?: string
    }

export interface CanonicalRules extends CanonicalLimits {
  readonly ids: Pick<Ids, 'random'>
  readonly names: HeaderNames
  /** `canonicalHost`, cached. */
  readonly hostOf: (value: string, scheme: string) => string | undefined
}

export interface CanonicalLimits {
  readonly headerCount: number
  /** The largest that any app accepts. */
  readonly headerBytes: number
  readonly proxies: ProxyTrust
  /** Value of Strict-Transport-Security over https; '' none; absent: the default. */
  readonly hsts?: string
  /** What pages look like. */
  readonly face?: Face
}

/** The limits with a request id generator and caches of header names and hosts. */
export function canonicalRules(limits: CanonicalLimits): CanonicalRules {
  return { ...limits, ids: createIds(), names: createHeaderNames(), hostOf: createHostCache() }
}

/** Which methods an app accepts is checked once it is known (`route.ts`). */
function isAnyMethod(method: string): boolean {
  return httpMethods.has(method) || (method.length <= maxMethodLength && isToken(method) && !isForbiddenMethod(method))
}

/** Never throws. Ambiguous messages have no canonical form and are rejected. */
export function canonicalize(exchange: Exchange, rules: CanonicalRules): CanonicalResult {
  const received = exchange.received
  const id = rules.ids.random()
  const reject = (detail: string, status: 400 | 417 | 426 | 431 | 501 = 400): CanonicalResult => ({
    kind: 'rejected',
    id,
    status,
    detail,
  })

  // RFC 9112 2.3: the version determines how the rest is parsed.
  const { version } = received
  if (version === 'unknown') return reject('version')
  if (!isAnyMethod(received.method)) return reject('method', 501)
  const fields = checkHeaders(received.headers, rules, received.target, received.omittedCookies)
  if (typeof fields === 'string') return reject(fields, isTooLarge(fields) ? 431 : 400)
  const framing = framingOf(received, fields)
  if (typeof framing === 'string') return reject(framing, framing === 'expect' ? 417 : 400)
  const upgrade = upgradeOf(exchange, fields, framing.contentLength)
  if (upgrade === 'upgrade' || upgrade === 'websocket_version') {
    return reject(upgrade, upgrade === 'upgrade' ? 400 : 426)
  }

  const client = clientOf(received, fields, rules.proxies)
  if (client === undefined) return reject('x_forwarded_proto')
  const scheme = client.secure ? 'https' : 'http'
  const authority = authorityOf(received, fields, scheme, rules.hostOf)
  if (authority === undefined) return reject('host')
  const target = canonicalTarget(authority.target)
  if ('refused' in target) return { kind: 'rejected', id, status: 400, detail: target.refused, octet: target.octet }

  const navigation = navigationOf(fields)
  const request: CanonicalRequest = {
    id,
    method: received.method,
    scheme,
    hsts: rules.hsts,
    face: rules.face,
    host: authority.host,
    fullyQualified: isFullyQualified(authority.named, authority.host),
    path: target.path,
    query: target.query,
    target: target.sent + target.query,
    normalTarget: target.wire + target.query,
    version,
    headers: received.headers,
    header: fields.get,
    address: client.address,
    client: client.address ?? `unknown via ${received.address}`,
    peer: received.address,
    addressGap: client.gap,
    port: received.port,
    serverName: received.serverName,
    navigation: navigation !== 'none',
    framed: navigation === 'frame',
    upgrade,
    contentLength: framing.contentLength,
    headerBytes: fields.bytes,
    cookieBytes: fields.cookieBytes,
    ambiguity: target.ambiguity,
    text: () => readText(exchange),
  }
  return { kind: 'request', request }
}

function isTooLarge(detail: string): boolean {
  return detail === 'header_size' || detail === 'cookie_size'
}

/** Message framing (RFC 9112 6.1, 6.3): Content-Length or chunked transfer coding, never both (request smuggling). */
function framingOf(received: Received, fields: HeaderIndex): { contentLength: number | undefined } | string {
  const lengthField = fields.get('content-length')
  const coding = fields.get('transfer-encoding')
  const expect = fields.get('expect')
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') return 'expect'
  const length = lengthField === undefined ? undefined : parseContentLength(lengthField)
  if (lengthField !== undefined && length === undefined) return 'content_length'
  if (coding === undefined) {
    const none = received.version === '2' && !received.bodyEnded ? undefined : 0
    return { contentLength: length ?? none }
  }
  if (received.version !== '1.1') return 'transfer_encoding'
  if (length !== undefined) return 'content_length_and_transfer_encoding'
  return coding.toLowerCase() === 'chunked' ? { contentLength: undefined } : 'transfer_encoding'
}

/**
 * RFC 9112 3.2: exactly one valid Host; an absolute-form target must have the same authority. RFC 9113 8.3.1:
 * `:authority`, with which a Host field must agree.
 */
function authorityOf(
  received: Received,
  fields: HeaderIndex,
  scheme: string,
  hostOf: CanonicalRules['hostOf'],
): { host: string; named: string; target: string } | undefined {
  const named = fields.get('host')
  if (received.version === '2') {
    const authority = received.authority ?? named ?? ''
    const host = hostOf(authority, scheme)
    if (host === undefined || (named !== undefined && hostOf(named, scheme) !== host)) return undefined
    return { host, named: authority, target: received.target }
  }
  if (named === undefined) return undefined
  const host = hostOf(named, scheme)
  if (host === undefined) return undefined
  if (received.target[0] === '/') return { host, named, target: received.target }
  const absolute = /^(https?):\/\/([^/?#\\@]+)(\/[^]*)?$/i.exec(received.target)
  if (absolute === null || absolute[1]!.toLowerCase() !== scheme) return undefined
  return hostOf(absolute[2]!, scheme) === host ? { host, named, target: absolute[3] ?? '/' } : undefined
}

function isFullyQualified(named: string, host: string): boolean {
  return named.length !== host.length && /\.(?::\d+)?$/.test(named)
}

const hostName = /^(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*$/

/** Lower-case, without the scheme's default port and a dot at the end of the name. Undefined when the host name, address or port is invalid. */
export function canonicalHost(value: string, scheme: string): string | undefined {
  const parts = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(value)
  if (parts === null || value.length > 260) return undefined
  // RFC 3986 3.2.2: the dot at the end of a fully qualified name does not make it another one.
  const name = parts[1]!.toLowerCase().replace(/\.$/, '')
  const valid = name[0] === '[' ? isIPv6(name.slice(1, -1)) : name.length <= 253 && hostName.test(name)
  const port = parts[2] === undefined ? undefined : Number(parts[2])
  if (!valid || port === 0 || (port ?? 0) > 65535) return undefined
  return port === undefined || port === (scheme === 'https' ? 443 : 80) ? name : `${name}:${port}`
}

/** Cached hosts, well above any number of apps; bounded because clients choose the value. */
const maxCacheEntries = 4_096

function createHostCache(): CanonicalRules['hostOf'] {
  const known = { http: new Map<string, string>(), https: new Map<string, string>() }
  return (value, scheme) => {
    const hosts = scheme === 'https' ? known.https : known.http
    const found = hosts.get(value)
    if (found !== undefined) return found
    const host = canonicalHost(value, scheme)
    if (host === undefined) return undefined
    if (hosts.size >= maxCacheEntries) hosts.clear()
    hosts.set(value, host)
    return host
  }
}
