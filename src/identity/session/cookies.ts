// Our cookies: read strictly, set with the strongest attributes, and kept from upstreams in both directions.

import { isToken } from './opaque-token.ts'

const sessionName = '__Host-einlass'
const nonceName = '__Host-einlass-nonce'
const bindingName = '__Host-einlass-signin'
/** As long as a journey lasts. Seconds. */
const signInCookieAge = 15 * 60

/**
 * The session cookie's value out of a Cookie field, or undefined. `__Host-` cookies cannot be set by another host
 * (RFC 6265bis, section 4.1.3.2), so two different values mean that something is wrong: neither is believed.
 */
export function sessionCookie(header: string | undefined): string | undefined {
  return header === undefined ? undefined : read(header, sessionName)
}

/** The nonce set on an app host before leaving for sign-in. */
export function nonceCookie(header: string | undefined): string | undefined {
  return header === undefined ? undefined : read(header, nonceName)
}

/** Binds a sign-in at the provider to this browser, on the gateway host. */
export function bindingCookie(header: string | undefined): string | undefined {
  return header === undefined ? undefined : read(header, bindingName)
}

/** Values for `Set-Cookie`. No Max-Age: the session's own limits are kept in the store, the browser forgets on closing. */
export function setSessionCookie(value: string): string {
  return write(sessionName, value)
}

export function clearSessionCookie(): string {
  return write(sessionName, '', 0)
}

export function setNonceCookie(value: string): string {
  return write(nonceName, value, signInCookieAge)
}

export function clearNonceCookie(): string {
  return write(nonceName, '', 0)
}

export function setBindingCookie(value: string): string {
  return write(bindingName, value, signInCookieAge)
}

export function clearBindingCookie(): string {
  return write(bindingName, '', 0)
}

/**
 * A Cookie field for an upstream, without any cookie of ours; '' when nothing is left. Names are taken apart as the most
 * lenient reader would: any case, any blank or control character around them.
 */
export function withoutOwnCookies(header: string): string {
  let kept = ''
  let some = false
  let all = true
  for (let from = 0; from <= header.length;) {
    const semicolon = header.indexOf(';', from)
    const end = semicolon === -1 ? header.length : semicolon
    if (isOwnCookie(header, from)) all = false
    else {
      kept += some ? `;${header.slice(from, end)}` : header.slice(from, end)
      some = true
    }
    from = end + 1
  }
  return all ? header : kept.trim()
}

/**
 * True when a `Set-Cookie` value of an upstream names a cookie of ours. A nameless one counts too: browsers have sent
 * `=__Host-x=y` back as `__Host-x=y` (RFC 6265bis, section 5.7, step 22 is the mend).
 */
export function setsOwnCookie(setCookie: string): boolean {
  return isOwnCookie(setCookie)
}

/** Does what begins at `from` begin with a name of ours? */
function isOwnCookie(pairs: string, from = 0): boolean {
  let start = from
  while (start < pairs.length && skipped(pairs, start)) start += 1
  if (pairs.charCodeAt(start) !== 0x5f) return false
  return pairs.slice(start, start + sessionName.length).toLowerCase() === '__host-einlass'
}

/** Blanks, controls, `=` and `"`: what some reader might not count as part of the name. Never a semicolon. */
function skipped(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  if (code < 0x7f) return code <= 0x20 || code === 0x3d || code === 0x22
  return /[\s\u007f-\u009f]/.test(text.charAt(at))
}

/** Linear: every character is looked at a fixed number of times, whatever the field holds. */
function read(header: string, name: string): string | undefined {
  let value: string | undefined
  for (let at = header.indexOf(name); at !== -1; at = header.indexOf(name, at + name.length)) {
    const equals = at + name.length
    if (header.charAt(equals) !== '=' || !beginsPair(header, at)) continue
    const end = header.indexOf(';', equals)
    const found = trimEnd(header.slice(equals + 1, end === -1 ? header.length : end))
    if (!isToken(found) || (value !== undefined && value !== found)) return undefined
    value = found
  }
  return value
}

/** Only space and tab may stand between `;` and a name (RFC 6265, section 5.4). */
function beginsPair(header: string, at: number): boolean {
  let before = at - 1
  while (before >= 0 && isBlank(header, before)) before -= 1
  return before < 0 || header.charAt(before) === ';'
}

function trimEnd(text: string): string {
  let end = text.length
  while (end > 0 && isBlank(text, end - 1)) end -= 1
  return text.slice(0, end)
}

function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code === 0x20 || code === 0x09
}

function write(name: string, value: string, maxAge?: number): string {
  const age = maxAge === undefined ? '' : `; Max-Age=${maxAge}`
  return `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax${age}`
}
