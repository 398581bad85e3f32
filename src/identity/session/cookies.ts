// Session cookie (`__Host-einlass`): strict parsing, strictest attributes; own cookies are removed from upstream requests and responses.

import { isToken } from './opaque-token.ts'

const sessionName = '__Host-einlass'
const leftName = '__Host-einlass-left'
const providerName = '__Host-einlass-provider'
const backName = '__Host-einlass-back'
/** Seconds from sign-out to the page after it. */
const leftCookieAge = 15 * 60
/** Seconds. */
const providerCookieAge = 180 * 24 * 60 * 60

/**
 * Value of the session cookie in a Cookie field, or undefined. Other hosts cannot set `__Host-` cookies
 * (RFC 6265bis, section 4.1.3.2), so two different values indicate an attack or a fault: both are rejected.
 */
export function sessionCookie(header: string | undefined): string | undefined {
  return header === undefined ? undefined : read(header, sessionName, isToken)
}

/**
 * Values for `Set-Cookie`. No Max-Age: the limits of the session are in the store, the browser deletes the cookie on
 * closing.
 */
export function setSessionCookie(value: string): string {
  return writeCookie(sessionName, value)
}

export function clearSessionCookie(): string {
  return writeCookie(sessionName, '', 0)
}

/** Value of another cookie of the gateway, read as strictly as that of the session; undefined where it does not match `form`. */
export function cookieValue(header: string | undefined, name: string, form: RegExp): string | undefined {
  return header === undefined ? undefined : read(header, name, (value) => form.test(value))
}

/** A `Set-Cookie` value. `maxAge`: seconds. */
export function writeCookie(name: string, value: string, maxAge?: number): string {
  const age = maxAge === undefined ? '' : `; Max-Age=${maxAge}`
  return `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax${age}`
}

/** Names of the apps a user signed out of, on the gateway host until the page after sign-out. */
export function leftAppsCookie(header: string | undefined): readonly string[] {
  return cookieValue(header, leftName, /^[\w.-]{1,3000}$/)?.split('.') ?? []
}

/** `apps`: names as in the configuration, without dots. Bounded: what does not fit is left out. */
export function setLeftAppsCookie(apps: readonly string[]): string {
  let value = apps[0] ?? ''
  for (const name of apps.slice(1)) if (value.length + name.length < 3000) value += `.${name}`
  return writeCookie(leftName, value, leftCookieAge)
}

export function clearLeftAppsCookie(): string {
  return writeCookie(leftName, '', 0)
}

/** Sealed return context of the page where a sign-out began, on the gateway host until the page after sign-out. */
export function backCookie(header: string | undefined): string | undefined {
  return cookieValue(header, backName, /^[\w.-]{1,3900}$/)
}

export function setBackCookie(journey: string): string {
  return writeCookie(backName, journey, leftCookieAge)
}

export function clearBackCookie(): string {
  return writeCookie(backName, '', 0)
}

/** Name of the provider of the last sign-in in this browser, as the browser states it: not a name of the configuration until compared. */
export function providerCookie(header: string | undefined): string | undefined {
  return cookieValue(header, providerName, /^[\w.-]{1,100}$/)
}

export function setProviderCookie(provider: string): string {
  return writeCookie(providerName, provider, providerCookieAge)
}

/**
 * A Cookie field for an upstream without the gateway's own cookies; '' when nothing remains. Names are compared as the most
 * permissive parser would: any case, any blank or control character around them.
 */
export function withoutOwnCookies(header: string): string {
  let kept = ''
  let hasKept = false
  let unchanged = true
  for (let from = 0; from <= header.length;) {
    const semicolon = header.indexOf(';', from)
    const end = semicolon === -1 ? header.length : semicolon
    if (isOwnCookie(header, from)) unchanged = false
    else {
      kept += hasKept ? `;${header.slice(from, end)}` : header.slice(from, end)
      hasKept = true
    }
    from = end + 1
  }
  return unchanged ? header : kept.trim()
}

/**
 * True when a `Set-Cookie` value of an upstream names one of the gateway's cookies. Nameless ones count too: browsers sent
 * `=__Host-x=y` back as `__Host-x=y` (fixed by RFC 6265bis, section 5.7, step 22).
 */
export function setsOwnCookie(setCookie: string): boolean {
  return isOwnCookie(setCookie)
}

/** True when the pair at `from` starts with the name of a gateway cookie. */
function isOwnCookie(pairs: string, from = 0): boolean {
  let start = from
  while (start < pairs.length && skipped(pairs, start)) start += 1
  if (pairs.charCodeAt(start) !== 0x5f) return false
  return pairs.slice(start, start + sessionName.length).toLowerCase() === '__host-einlass'
}

/** Blanks, controls, `=` and `"`, which a permissive parser might not count as part of the name. Never a semicolon. */
function skipped(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  if (code < 0x7f) return code <= 0x20 || code === 0x3d || code === 0x22
  return /[\s\u007f-\u009f]/.test(text.charAt(at))
}

/** Linear time: every character is read a fixed number of times, whatever the field contains. */
function read(header: string, name: string, isValid: (value: string) => boolean): string | undefined {
  let value: string | undefined
  for (let at = header.indexOf(name); at !== -1; at = header.indexOf(name, at + name.length)) {
    const equals = at + name.length
    if (header.charAt(equals) !== '=' || !beginsPair(header, at)) continue
    const end = header.indexOf(';', equals)
    const found = trimEnd(header.slice(equals + 1, end === -1 ? header.length : end))
    if (!isValid(found) || (value !== undefined && value !== found)) return undefined
    value = found
  }
  return value
}

/** Only space and tab may precede a name after `;` (RFC 6265, section 5.4). */
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
