// Builds client response headers: removes hop-by-hop fields, confines cookies to the app, maps references to it.

import { isAsciiFieldValue, isFieldValue, isToken } from '../../http/field-syntax.ts'
import { hopByHop, normalizeName } from '../../config/header-names/reserved-names.ts'
import type { App } from '../../config/configuration.ts'
import { withoutLeftOut, type ResponseFields } from './response-fields.ts'
import type { MapReference } from './public-references.ts'
import { mapLink, mapRefresh, mapWorkerScope } from './reference-fields.ts'
import { sanitizeSetCookie, withoutCookieDirectives, type CookieRules } from './response-cookies.ts'
import { offersConnectionAuth, withoutConnectionAuth } from './connection-auth.ts'
import { onceBit, withoutRepeats } from './repeated-fields.ts'
import { never } from '../../policy/never.ts'

export interface ResponseHeaderRulesOptions extends CookieRules {
  /** From the upstream's addresses to the public one. */
  readonly mapReference?: MapReference
  /**
   * Value of Strict-Transport-Security, added to every response; '' none; undefined: the app's passes. The gateway's wins
   * over the app's: the host, its cookies and those of its subdomains are the gateway's to protect, and `max-age=0` of
   * one application would undo it.
   */
  readonly hsts?: string | undefined
  /** `strip` removes challenges of connection-bound schemes. Default: `pinned`. */
  readonly connectionAuth?: App['connectionAuth']
  /** Fields set and removed for this app. */
  readonly fields?: ResponseFields | undefined
  /** No challenge passes: what a person would answer is removed from requests (`headers.authorization`). */
  readonly answersChallenges?: boolean
}

/** Told when a response offers a connection-bound scheme to the client (NTLM, Negotiate). */
export interface ChallengeListener {
  connectionAuthOffered(): void
  /** The request target as the upstream got it. */
  readonly target?: string
}

/** Name, value, ... as read from the connection. */
export type RawHeaders = readonly (Buffer | string)[]

/**
 * `signedIn`: the response is for an authenticated user, so shared caches must not store it. Undefined: the upstream
 * sent an invalid field, and the caller responds with 502.
 */
export type ResponseHeaderRules = (
  received: RawHeaders,
  status: number,
  signedIn: boolean,
  listener?: ChallengeListener,
) => string[] | undefined

type FieldHandling = 'keep' | 'drop' | 'invalid' | 'connection' | 'content-length' | 'cache-control' | Rewritten
type Rewritten =
  | 'set-cookie'
  | 'clear-site-data'
  | 'location'
  | 'content-location'
  | 'link'
  | 'refresh'
  | 'service-worker-allowed'
  | 'www-authenticate'
  | 'proxy-authenticate'

interface Classified {
  readonly what: FieldHandling
  /** `onceBit` of a field that is kept. */
  readonly once: number
}

/** Cached field names, as in `request-headers.ts`. */
const maxCacheEntries = 512

export function createResponseHeaderRules(options: ResponseHeaderRulesOptions): ResponseHeaderRules {
  const handlings = new Map<string, Classified>()
  const { hsts, fields, mapReference = unchanged, answersChallenges = false } = options
  const unchallenged = answersChallenges || fields?.leavesOut('www-authenticate') === true
  const classify = (name: string): Classified => {
    const known = handlings.get(name)
    if (known !== undefined) return known
    const managed = hsts !== undefined && normalizeName(name) === 'strict-transport-security'
    const field = classifyField(name)
    const leftOut = managed || (field !== 'invalid' && field !== 'www-authenticate' && fields?.leavesOut(name))
    const what = leftOut === true ? 'drop' : field
    const handling = { what, once: what === 'drop' ? 0 : onceBit(name) }
    if (handlings.size >= maxCacheEntries) handlings.clear()
    handlings.set(name, handling)
    return handling
  }

  return (received, status, signedIn, listener) => {
    const list: string[] = []
    let connection: string | undefined
    let cacheControl = false
    let seen = 0
    let repeated = false
    for (let i = 0; i < received.length; i += 2) {
      const name = text(received[i]!)
      const value = text(received[i + 1]!)
      const { what: handling, once } = classify(name)
      repeated ||= (seen & once) !== 0
      seen |= once
      if (handling === 'invalid' || !isFieldValue(value)) return undefined
      switch (handling) {
        case 'drop':
          break
        case 'connection':
          connection = connection === undefined ? value : `${connection},${value}`
          break
        case 'content-length':
          // RFC 9110 8.6: not in a response without content.
          if (status !== 204) list.push(name, value)
          break
        case 'set-cookie':
        case 'clear-site-data': {
          const allowed =
            handling === 'set-cookie'
              ? sanitizeSetCookie(value, options, listener?.target)
              : withoutCookieDirectives(value)
          if (allowed !== undefined) list.push(name, allowed)
          break
        }
        case 'location':
        case 'content-location':
          list.push(name, mapReference(value))
          break
        case 'link':
          list.push(name, options.paths === undefined && !value.includes('//') ? value : mapLink(value, mapReference))
          break
        case 'refresh':
          list.push(name, mapRefresh(value, mapReference))
          break
        case 'www-authenticate':
        case 'proxy-authenticate': {
          const offered = offersConnectionAuth(value)
          if (offered && options.connectionAuth !== 'strip') listener?.connectionAuthOffered()
          // RFC 9110 11.7.1: between the upstream and the gateway only.
          if (handling === 'proxy-authenticate' || unchallenged) break
          const kept = offered && options.connectionAuth === 'strip' ? withoutConnectionAuth(value) : value
          if (kept !== undefined) list.push(name, kept)
          break
        }
        case 'service-worker-allowed': {
          const scope = options.paths === undefined ? value : mapWorkerScope(value, options.paths)
          if (scope !== undefined && !namesOwnPaths(scope)) list.push(name, scope)
          break
        }
        case 'cache-control':
          cacheControl = true
          list.push(name, value)
          break
        case 'keep':
          list.push(name, value)
          break
        default:
          return never(handling)
      }
    }
    if (connection !== undefined) removeNamed(list, connection)
    // Without Cache-Control, RFC 9111 3 would let shared caches store the response of an app behind a login.
    if (signedIn && !cacheControl && fields?.setsCaching !== true) list.push('Cache-Control', 'private')
    if (fields !== undefined && status !== 101) list.push(...fields.added)
    // Not on a 101, which no browser reads it from.
    if (hsts !== undefined && hsts !== '' && status !== 101) list.push('Strict-Transport-Security', hsts)
    return repeated ? withoutRepeats(list) : list
  }
}

function classifyField(name: string): FieldHandling {
  if (!isToken(name)) return 'invalid'
  const lower = name.toLowerCase()
  if (lower === 'www-authenticate' || lower === 'proxy-authenticate') return lower
  if (neverForwarded.has(lower) || lower.startsWith('proxy-') || normalizeName(lower).startsWith('x-einlass-'))
    return 'drop'
  switch (lower) {
    case 'connection':
    case 'content-length':
    case 'cache-control':
    case 'set-cookie':
    case 'clear-site-data':
    case 'location':
    case 'content-location':
    case 'link':
    case 'refresh':
    case 'service-worker-allowed':
      return lower
    // open: any other field
    default:
      return 'keep'
  }
}

/** RFC 9110 6.5.1: no framing, routing, authentication or caching in trailers. */
export function responseTrailers(received: RawHeaders, fields?: ResponseFields): string[] {
  const list: string[] = []
  for (let i = 0; i + 1 < received.length; i += 2) {
    const name = text(received[i]!)
    const value = text(received[i + 1]!)
    const lower = normalizeName(name)
    if (!isToken(name) || !isFieldValue(value) || notInTrailers.test(lower)) continue
    list.push(name, value)
  }
  // None of those left is in doubt when its values differ.
  return withoutRepeats(withoutLeftOut(list, fields)) ?? []
}

/** Early hints: only fields a browser may act on before the final response. */
export function earlyHintHeaders(
  received: RawHeaders,
  mapReference: MapReference = unchanged,
  fields?: ResponseFields,
): string[] {
  const list: string[] = []
  for (let i = 0; i + 1 < received.length; i += 2) {
    const name = text(received[i]!)
    const value = text(received[i + 1]!)
    if (/^(link|content-security-policy|referrer-policy)$/i.test(name) && isAsciiFieldValue(value)) {
      list.push(name, name.toLowerCase() === 'link' ? mapLink(value, mapReference) : value)
    }
  }
  return withoutLeftOut(list, fields)
}

const unchanged: MapReference = (reference) => reference

/** `Trailer` is kept, unlike in requests: trailers do reach the client. Alt-Svc would bypass the gateway. */
export const neverForwarded: ReadonlySet<string> = new Set([
  ...hopByHop.filter((name) => name !== 'trailer'),
  'te',
  'alt-svc',
])
/** RFC 9110 6.5.1, of normalized names. */
export const notInTrailers =
  /^(connection|keep-alive|te|trailer|transfer-encoding|upgrade|host|set-cookie2?|cookie|authorization|www-authenticate|cache-control|expires|age|date|location|vary|warning|alt-svc|clear-site-data|content-(?!digest$|md5$).*|proxy-.*|x-einlass-.*)$/

/**
 * A scope below `/.einlass/` would serve nothing but to control our paths on this host. Wider scopes, `/` included, are
 * common among applications and stay: decision 20 says what is done instead.
 */
function namesOwnPaths(scope: string): boolean {
  try {
    return decodeURIComponent(scope).toLowerCase().includes('.einlass')
  } catch {
    return true
  }
}

const notRemovable = new Set(['content-length', 'content-type', 'content-encoding', 'set-cookie', 'cache-control'])

function removeNamed(list: string[], connection: string): void {
  // The usual values, which name no field.
  if (/^(close|keep-alive)$/i.test(connection)) return
  const named = new Set(connection.split(',').map((option) => normalizeName(option.trim())))
  for (let i = list.length - 2; i >= 0; i -= 2) {
    const name = normalizeName(list[i]!)
    if (named.has(name) && !notRemovable.has(name)) list.splice(i, 2)
  }
}

function text(raw: Buffer | string): string {
  return typeof raw === 'string' ? raw : raw.toString('latin1')
}
