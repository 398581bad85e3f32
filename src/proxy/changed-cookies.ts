// Cookies of one app that were changed or dropped: told once each in the log, and kept for `einlass status`.

import type { Logger } from '../telemetry/logger.ts'
import type { CookieChange } from './headers/response-cookies.ts'

export interface ChangedCookie {
  readonly name: string
  readonly change: CookieChange
  /** Value of the attribute that caused it. */
  readonly detail: string
}

export interface ChangedCookies {
  readonly note: (change: CookieChange, name: string, detail: string) => void
  readonly all: () => readonly ChangedCookie[]
}

/** Names are the application's: bounded in number and length. */
const maxCookies = 20
const maxLength = 100

const messages: Readonly<Record<CookieChange, string>> = {
  domain_removed: 'a cookie of an app was set for another domain: it is now one of the app’s host alone',
  path_refused: 'a cookie of an app was dropped: its Path is outside the app’s path (cookie_path)',
  host_prefix_refused: 'a cookie of an app was dropped: __Host- needs Path=/, which needs cookie_path: host',
}

export function createChangedCookies(app: string, log: Pick<Logger, 'warn'>): ChangedCookies {
  const found = new Map<string, ChangedCookie>()
  return {
    note(change, name, detail) {
      if (found.size >= maxCookies) return
      const one = { name: name.slice(0, maxLength), change, detail: detail.slice(0, maxLength) }
      const key = `${change} ${one.name}`
      if (found.has(key)) return
      found.set(key, one)
      log.warn({ app, cookie: one.name, attribute: one.detail }, messages[change])
    },
    all: () => [...found.values()],
  }
}
