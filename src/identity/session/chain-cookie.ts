// Cookie `__Host-einlass-chain`: a chain of redirects over the hosts of an application began at this host and has not ended.

import { cookieValue, writeCookie } from './cookies.ts'

const name = '__Host-einlass-chain'
/** Seconds for which a chain that stopped half-way is not begun again in this browser: a host of it may be out of reach. */
const age = 60 * 60
/** Milliseconds after which a chain that has not ended has stopped; until then it may be that of another tab. */
const patience = 30_000

/** A `Set-Cookie` value. `at`: epoch milliseconds. */
export function setChainCookie(at: number): string {
  return writeCookie(name, String(at), age)
}

export function clearChainCookie(): string {
  return writeCookie(name, '', 0)
}

/** Whether the last chain from this host stopped half-way. `header`: the Cookie field; `now`: epoch milliseconds. */
export function chainStopped(header: string | undefined, now: number): boolean {
  const begun = Number(cookieValue(header, name, /^\d{1,15}$/))
  return now - begun > patience && now - begun < age * 1000
}

/** Whether there is one to clear. */
export function hasChainCookie(header: string | undefined): boolean {
  return cookieValue(header, name, /^\d{1,15}$/) !== undefined
}
