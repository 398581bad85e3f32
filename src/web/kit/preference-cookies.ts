// What a person prefers in this browser, in cookies of each host: language, and whether waiting pages load themselves again.

import { cookieValue, writeCookie } from '../../identity/session/cookies.ts'
import { languages, type Language } from '../../policy/messages/locale.ts'

const languageName = '__Host-einlass-language'
const refreshName = '__Host-einlass-refresh'
/** Seconds. */
const year = 365 * 24 * 60 * 60
const refreshCookieAge = 60

/** Undefined where none was chosen. `header`: the Cookie field. */
export function chosenLanguage(header: string | undefined): Language | undefined {
  const value = cookieValue(header, languageName, /^[a-z]{2}$/)
  return languages.find((known) => known === value)
}

/** A `Set-Cookie` value. */
export function rememberLanguage(language: Language): string {
  return writeCookie(languageName, language, year)
}

/** How often this browser has loaded waiting pages again by itself, one after the other; `off`: it shall not. */
export function refreshState(header: string | undefined): 'off' | number {
  const value = cookieValue(header, refreshName, /^(?:off|\d{1,3})$/)
  return value === 'off' ? value : Number(value ?? 0)
}

/** `Set-Cookie` values. The count is forgotten a minute after the last page. */
export function countRefresh(count: number): string {
  return writeCookie(refreshName, String(count), refreshCookieAge)
}

export function refuseRefresh(): string {
  return writeCookie(refreshName, 'off')
}

export function allowRefresh(): string {
  return writeCookie(refreshName, '', 0)
}
