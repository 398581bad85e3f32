// Which header fields an admin may set on requests and responses of an app, and why not the others.

import { hopByHop, normalizeName, reservedNames, reservedPrefixes } from './reserved-names.ts'

/** Identity fields of the presets: reserved for the gateway, and the admin speaks for it. */
const identityPrefixes = [
  'remote-',
  'x-auth-request-',
  'x-pomerium-',
  'x-goog-authenticated-user-',
  'x-goog-iap-',
  'cf-access-',
]
const forwardedIdentity = new Set(['user', 'email', 'groups', 'preferred-username'].map((one) => `x-forwarded-${one}`))
/** Constants that applications ask for because they cannot tell by themselves that clients use https. */
const schemeNames = new Set(['x-scheme', 'x-url-scheme', 'front-end-https'])

const ofOneConnection = new Set([...hopByHop, 'connection', 'te'])
const oneConnection = 'it belongs to one connection, not to the message (RFC 9110 7.6.1)'
const content = 'it describes the content that is sent'
const reserved = 'Einlass sets it itself'

/**
 * Why a field of requests cannot be set, by any spelling of its name; undefined: it can. `by`: the key under `headers`
 * that names it.
 */
export function requestFieldProblem(name: string, by: 'identity' | 'set'): string | undefined {
  const plain = normalizeName(name)
  if (plain === 'host') return 'use `host` of the app'
  if (plain === 'authorization') return 'use `headers.authorization`'
  if (plain === 'cookie') return 'cookies are the client’s'
  if (ofOneConnection.has(plain) || plain.startsWith('proxy-')) return oneConnection
  if (plain.startsWith('content-') || plain === 'expect') return content
  if (plain === 'origin' || plain === 'referer' || plain.startsWith('sec-')) {
    return 'browsers state with it which page a request comes from'
  }
  if (plain === 'range' || plain.startsWith('if-')) return 'it asks for a part or a version of one response'
  if (plain === 'destination' || plain === 'if') return 'it names what one request acts on (RFC 4918 10)'
  if (isIdentityName(plain) || (by === 'set' && schemeNames.has(plain))) return undefined
  if (by === 'identity' && forwardedIdentity.has(plain)) return undefined
  const isReserved =
    plain === 'tracestate' ||
    reservedNames.includes(plain) ||
    reservedPrefixes.some((prefix) => plain.startsWith(prefix))
  return isReserved ? reserved : undefined
}

/** Fields of `plain`, a normalized name, are of one of the identity presets. */
export function isIdentityName(plain: string): boolean {
  return identityPrefixes.some((prefix) => plain.startsWith(prefix))
}

/** Neither set nor removed: framing, redirects, sessions and caches depend on what the application says. */
const ofTheApplication: Readonly<Record<string, string>> = {
  'set-cookie': 'each cookie is checked by itself',
  'set-cookie2': 'each cookie is checked by itself',
  location: 'it is the target of a redirect',
  'content-location': 'it names what was sent',
  'strict-transport-security': 'use `gateway.hsts`',
  vary: 'caches would mix up responses',
}
/** Removing them is harmless. */
const notToSet: Readonly<Record<string, string>> = {
  refresh: 'it is the target of a redirect',
  'clear-site-data': 'it would empty browsers at every response; see `session.keep_storage`',
  'www-authenticate': 'browsers would ask for a password',
  'service-worker-allowed': 'it widens what a script may control',
  'alt-svc': 'it would lead clients past the gateway',
  date: 'it is the time of one response',
  age: 'it is the time of one response',
  'cdn-cache-control': 'shared caches would store what one user sees',
  'surrogate-control': 'shared caches would store what one user sees',
}

/** Why a field of responses cannot be set or removed, by any spelling of its name; undefined: it can. */
export function responseFieldProblem(name: string, by: 'set' | 'remove'): string | undefined {
  const plain = normalizeName(name)
  if (ofOneConnection.has(plain) || plain.startsWith('proxy-')) return oneConnection
  if (/^content-(?!security-policy|disposition$|language$)/.test(plain) && ofTheApplication[plain] === undefined) {
    return content
  }
  if (plain.startsWith('sec-websocket-')) return 'it is part of the WebSocket handshake'
  if (plain.startsWith('x-einlass-')) return reserved
  return ofTheApplication[plain] ?? (by === 'set' ? notToSet[plain] : undefined)
}
