// Cookies of unfinished sign-ins (`__Host-einlass-KIND-ID`): one per attempt, bounded in number and bytes on each host.

import { writeCookie } from './cookies.ts'

/**
 * `page`: on the host of an app, the page a sign-in returns to. `signin`: on the gateway's host, an authorization request.
 * `draft`: on the gateway's host, a form a browser without a session sent. `host`: on a further host of an app, the proof that
 * this browser asked for a ticket. `guest`: on the gateway's host, the attempt that a code by mail belongs to. `passkey`: there, the
 * challenge of a passkey.
 */
export type SignInCookieKind = 'page' | 'signin' | 'draft' | 'host' | 'guest' | 'passkey'

export interface SignInCookie {
  readonly id: string
  readonly value: string
}

/**
 * Seconds: a working day and its breaks, so that a sign-in page left open since the morning still leads back to its page. How long
 * the provider's response is accepted is another matter (`pending-sign-ins.ts`).
 */
export const signInCookieAge = 16 * 60 * 60
/** Characters of one value: browsers reject a cookie whose name and value exceed 4096 (RFC 6265bis, section 5.6). */
export const maxValueLength = 3900

/**
 * Bounds of all cookies of a kind in one browser and host: enough for ten restored tabs, and together with the application's own
 * cookies below the 8 KB line that common reverse proxies accept.
 */
const bounds: Readonly<
  Record<SignInCookieKind, { readonly count: number; readonly bytes: number; readonly age?: number }>
> = {
  page: { count: 20, bytes: 6000 },
  signin: { count: 20, bytes: 6000 },
  draft: { count: 1, bytes: 4000 },
  // Used within seconds; ten tabs that arrive at once set one each.
  host: { count: 20, bytes: 2000, age: 5 * 60 },
  // The code is valid for ten minutes; afterwards the page still knows the address, and offers a new one.
  guest: { count: 5, bytes: 4000, age: 60 * 60 },
  passkey: { count: 5, bytes: 4000, age: 10 * 60 },
}

export function signInCookieName(kind: SignInCookieKind, id: string): string {
  return `__Host-einlass-${kind}-${id}`
}

/**
 * Cookies of a kind in a Cookie field, in its order: oldest first (RFC 6265, section 5.4). Other hosts cannot set `__Host-`
 * cookies, so a name that occurs twice indicates an attack or a fault: neither counts.
 */
export function signInCookies(header: string | undefined, kind: SignInCookieKind): readonly SignInCookie[] {
  if (header === undefined || !header.includes(signInCookieName(kind, ''))) return []
  const prefix = signInCookieName(kind, '')
  const found = new Map<string, SignInCookie | undefined>()
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    // As for the session cookie: blanks belong to neither name nor value only after `;` and at the end.
    const name = pair.slice(0, Math.max(0, equals)).replace(/^[ \t]+/, '')
    const [id, value] = [name.slice(prefix.length), trimEnd(pair.slice(equals + 1))]
    if (!name.startsWith(prefix) || !/^[\w-]{1,43}$/.test(id)) continue
    const usable = !found.has(id) && value.length <= maxValueLength && /^[\w.-]+$/.test(value)
    found.set(id, usable ? { id, value } : undefined)
  }
  return [...found.values()].filter((cookie) => cookie !== undefined)
}

/**
 * Values for `Set-Cookie`: the new cookie, and the removal of the oldest ones that exceed the bounds. `header`: the Cookie
 * field of the request.
 */
export function setSignInCookie(
  kind: SignInCookieKind,
  cookie: SignInCookie,
  header: string | undefined,
): readonly string[] {
  const { count, bytes, age = signInCookieAge } = bounds[kind]
  const kept = signInCookies(header, kind).filter(({ id }) => id !== cookie.id)
  let size = [...kept, cookie].reduce((sum, one) => sum + sizeOf(kind, one), 0)
  const dropped: string[] = []
  while (kept.length - dropped.length >= count || (size > bytes && dropped.length < kept.length)) {
    const oldest = kept[dropped.length]!
    size -= sizeOf(kind, oldest)
    dropped.push(clearSignInCookie(kind, oldest.id))
  }
  return [writeCookie(signInCookieName(kind, cookie.id), cookie.value, age), ...dropped]
}

export function clearSignInCookie(kind: SignInCookieKind, id: string): string {
  return writeCookie(signInCookieName(kind, id), '', 0)
}

function sizeOf(kind: SignInCookieKind, { id, value }: SignInCookie): number {
  return signInCookieName(kind, id).length + value.length + 3
}

/** Only space and tab surround a pair (RFC 6265, section 5.4). */
/** Linear time, whatever the field contains. */
function trimEnd(text: string): string {
  let end = text.length
  while (end > 0 && isBlank(text.charCodeAt(end - 1))) end -= 1
  return text.slice(0, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}
