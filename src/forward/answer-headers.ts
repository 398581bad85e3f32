// The header list a client gets: the upstream's answer without what belongs to one hop or is not the upstream's to say.

import { hopByHop, normalized } from './managed-names.ts'

export interface AnswerFacts {
  readonly status: number
  /** Name of the app's host, lower-cased, without port. */
  readonly hostname: string
  /** The answer was made for a person: no shared cache may keep it. */
  readonly signedIn: boolean
  /** Told the whole value of a Set-Cookie field: does it name a cookie of ours, for any reader? */
  readonly setsOurCookie: (setCookie: string) => boolean
}

/** As undici hands them over. */
export type RawHeaders = readonly (Buffer | string)[]

/** Undefined: the upstream sent a field that is none; the caller answers 502. */
export function answerHeaders(received: RawHeaders, facts: AnswerFacts): string[] | undefined {
  const list: string[] = []
  let connection: string | undefined
  let cacheControl = false
  for (let i = 0; i < received.length; i += 2) {
    const name = text(received[i]!)
    let value = text(received[i + 1]!)
    if (!token.test(name) || invalidValue.test(value)) return undefined
    const lower = name.toLowerCase()
    if (neverForwarded.has(lower) || lower.startsWith('proxy-') || normalized(lower).startsWith('x-einlass-')) continue
    switch (lower) {
      case 'connection':
        connection = connection === undefined ? value : `${connection},${value}`
        continue
      case 'content-length':
        // RFC 9110 8.6: not in an answer that cannot have content.
        if (facts.status === 204) continue
        break
      case 'cache-control':
        cacheControl = true
        break
      case 'set-cookie': {
        const cookie = allowedCookie(value, facts)
        if (cookie === undefined) continue
        value = cookie
        break
      }
      case 'clear-site-data':
        value = withoutCookies(value)
        if (value === '') continue
        break
    }
    list.push(name, value)
  }
  if (connection !== undefined) removeNamed(list, connection)
  // An application behind a login rarely thinks of shared caches; RFC 9111 3 would let them keep its answer.
  if (facts.signedIn && !cacheControl) list.push('Cache-Control', 'private')
  return list
}

/** RFC 9110 6.5.1: no framing, routing, authentication or caching in trailers. */
export function answerTrailers(received: RawHeaders): string[] {
  const list: string[] = []
  for (let i = 0; i + 1 < received.length; i += 2) {
    const name = text(received[i]!)
    const value = text(received[i + 1]!)
    const lower = normalized(name)
    if (!token.test(name) || invalidValue.test(value) || notInTrailers.test(lower)) continue
    list.push(name, value)
  }
  return list
}

/** Early hints: only what a browser may act on before it knows the answer. */
export function hintHeaders(received: RawHeaders): string[] {
  const list: string[] = []
  for (let i = 0; i + 1 < received.length; i += 2) {
    const name = text(received[i]!)
    const value = text(received[i + 1]!)
    if (/^(link|content-security-policy|referrer-policy)$/i.test(name) && !/[^\t\x20-\x7e]/.test(value)) {
      list.push(name, value)
    }
  }
  return list
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** RFC 9110 5.5. */
const invalidValue = /[^\t\x20-\x7e\x80-\xff]/
/** `Trailer` may stay, unlike in a request: trailers do reach the client. Alt-Svc would lead past this gateway. */
const neverForwarded = new Set([...hopByHop.filter((name) => name !== 'trailer'), 'te', 'alt-svc'])
const notInTrailers =
  /^(connection|keep-alive|te|trailer|transfer-encoding|upgrade|host|set-cookie2?|cookie|authorization|www-authenticate|cache-control|expires|age|date|location|vary|warning|alt-svc|clear-site-data|content-(?!digest$|md5$).*|proxy-.*|x-einlass-.*)$/

/**
 * Ours are not the upstream's to set; others stay on the app's own host. A cookie for a parent domain would reach
 * every other application and this gateway, so it loses its Domain and becomes the app's alone (RFC 6265bis 5.6.3).
 */
function allowedCookie(value: string, facts: AnswerFacts): string | undefined {
  if (facts.setsOurCookie(value)) return undefined
  const parts = value.split(';')
  let wide = false
  for (let i = 1; i < parts.length; i++) {
    const match = /^\s*domain\s*(?:=(.*))?$/is.exec(parts[i]!)
    if (match === null) continue
    const domain = (match[1] ?? '').trim().replace(/^\./, '').toLowerCase()
    if (domain === facts.hostname || domain === '') continue
    if (!facts.hostname.endsWith(`.${domain}`)) return undefined
    wide = true
  }
  if (!wide) return value
  return parts.filter((part, i) => i === 0 || !/^\s*domain\s*(=|$)/i.test(part)).join(';')
}

/**
 * "cookies" empties the whole registrable domain (Clear Site Data 4.2.4): our session on every host with it. The
 * rest of what an application's sign-out wants to clear is its own.
 */
function withoutCookies(value: string): string {
  const directives = value.split(',').map((directive) => directive.trim())
  const kept = directives.flatMap((directive) => {
    if (directive === '"*"') return ['"cache"', '"storage"', '"executionContexts"']
    return directive.toLowerCase() === '"cookies"' ? [] : [directive]
  })
  return [...new Set(kept)].filter((directive) => directive !== '').join(', ')
}

function removeNamed(list: string[], connection: string): void {
  const named = new Set(connection.split(',').map((option) => normalized(option.trim())))
  for (const essential of [
    'content-length',
    'content-type',
    'content-encoding',
    'set-cookie',
    'cache-control',
    'close',
    '',
  ]) {
    named.delete(essential)
  }
  if (named.size === 0) return
  for (let i = list.length - 2; i >= 0; i -= 2) if (named.has(normalized(list[i]!))) list.splice(i, 2)
}

function text(raw: Buffer | string): string {
  return typeof raw === 'string' ? raw : raw.toString('latin1')
}
