// Cookie `__Host-einlass-chain` of the gateway's host: a chain of redirects over the hosts of an app began and has not come back.

import { cookieValue, writeCookie } from './cookies.ts'

const name = '__Host-einlass-chain'
/** Seconds for which a chain that stopped half-way is not begun again in this browser: a host of it may be out of reach. */
const age = 60 * 60
/** Milliseconds after which a chain that has not come back has stopped; until then it may be that of another tab. */
const patience = 10_000

export interface BegunChain {
  readonly app: string
  /** Epoch milliseconds. */
  readonly at: number
}

/** A `Set-Cookie` value. */
export function setChainCookie({ app, at }: BegunChain): string {
  return writeCookie(name, `${at}.${app}`, age)
}

export function clearChainCookie(): string {
  return writeCookie(name, '', 0)
}

/** `header`: the Cookie field. `app`: its name, without dots. Undefined: none of this app. */
export function chainCookie(header: string | undefined, app: string): BegunChain | undefined {
  const [at, of] = cookieValue(header, name, /^\d{1,15}\.[\w-]{1,100}$/)?.split('.') ?? []
  return of === app ? { app, at: Number(at) } : undefined
}

/** Whether it stopped half-way; after an hour the browser has forgotten it. `now`: epoch milliseconds. */
export function hasStopped({ at }: BegunChain, now: number): boolean {
  return now - at >= patience
}
