// Cookie `__Host-einlass-choose`, on the gateway's host from a sign-out to the next sign-in: the account is to be chosen again.

import { cookieValue, writeCookie } from './cookies.ts'

const name = '__Host-einlass-choose'
/** Seconds: on a shared computer the next person may come after a weekend. */
const age = 30 * 24 * 3600

export function hasChooseAccountCookie(header: string | undefined): boolean {
  return cookieValue(header, name, /^1$/) !== undefined
}

/** Values for `Set-Cookie`. Any page can bring a browser to where it is set; it only makes the provider ask once. */
export function setChooseAccountCookie(): string {
  return writeCookie(name, '1', age)
}

export function clearChooseAccountCookie(): string {
  return writeCookie(name, '', 0)
}
