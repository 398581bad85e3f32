// One-time ticket that hands a session from the gateway host over to an app host: 30 seconds, bound to host and browser.

import type { ReturnContext } from './return-context.ts'
import type { ReturnContexts } from './return-contexts.ts'
import { createOneTimeRecords, type OneTimeRecordsOptions } from './one-time-records.ts'
import { clearSignInCookie } from '../session/sign-in-cookies.ts'
import { newToken } from '../session/opaque-token.ts'
import { asOf } from '../session/earlier-sign-ins.ts'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../session/sessions.ts'

export type HandoffResult =
  /**
   * `cookie`: value of the session cookie; `page`: id of the cookie with the page, and `spent`: value for `Set-Cookie` that removes
   * it; `app`: where the sign-in began.
   */
  | {
      readonly state: 'arrived'
      readonly session: Session
      readonly cookie: string
      readonly target: string
      readonly page: string
      readonly spent: string
      readonly app: string | undefined
    }
  /** `target`: the page that this browser wanted, as far as its own cookie says. */
  | { readonly state: 'refused'; readonly target?: string }

export interface HandoffArrival {
  readonly ticket: string
  readonly host: string
  /** Cookie field of the request on the app host. */
  readonly cookies: string | undefined
  /** Id of the cookie with the page, from the URL: only what this browser has under that id is looked at. */
  readonly page?: string | undefined
}

export interface HandoffTickets {
  /** Returns the absolute URL on the app host that redeems the ticket. Rejects with `StoreUnreachable`. */
  issue(session: Session, returnContext: ReturnContext): Promise<string>
  /** Rejects with `StoreUnreachable`. */
  redeem(arrival: HandoffArrival): Promise<HandoffResult>
  /** Back from the other hosts of the app: the page of this browser, and a value for `Set-Cookie` that removes its cookie. */
  returned(arrival: Omit<HandoffArrival, 'ticket'>): { readonly target: string; readonly spent: string } | undefined
}

export interface HandoffTicketsOptions extends Pick<OneTimeRecordsOptions, 'store' | 'seal'> {
  readonly sessions: Pick<Sessions, 'read' | 'issueCookie'>
  readonly returnContexts: Pick<ReturnContexts, 'takePage' | 'pageIn'>
}

interface HandoffTicket {
  readonly session: string
  readonly generation: number
  readonly host: string
  /** Name of the app; several may share a host. Absent: not of an app, or issued by an earlier version. */
  readonly app?: string
  /** Cookie of the app host that contains the target. */
  readonly page: NonNullable<ReturnContext['page']>
}

export function createHandoffTickets({ store, seal, sessions, returnContexts }: HandoffTicketsOptions): HandoffTickets {
  const tickets = createOneTimeRecords<HandoffTicket>({ store, seal, purpose: 'ticket', ttl: 30_000 })
  return {
    async issue({ id, generation }, { host, origin, page, app }) {
      if (page === undefined) throw new TypeError('a ticket needs an app host: the return context has no page')
      const secret = newToken()
      await tickets.put(secret, { session: id, generation, host, page, ...(app !== undefined && { app }) })
      return `${origin}/.einlass/arrive?ticket=${secret}&page=${page.id}`
    },
    returned({ host, cookies, page }) {
      const target = returnContexts.pageIn(host, cookies, page)
      return target === undefined ? undefined : { target: safeTarget(target), spent: clearSignInCookie('page', page!) }
    },
    async redeem({ ticket: secret, host, cookies, page: id }) {
      const wanted = returnContexts.pageIn(host, cookies, id)
      const refused: HandoffResult = { state: 'refused', ...(wanted !== undefined && { target: safeTarget(wanted) }) }
      // Taken before it is checked: a ticket presented at the wrong host is used up.
      const ticket = await tickets.take(secret)
      if (!ticket || ticket.host !== host) return refused
      const page = returnContexts.takePage(host, cookies, ticket.page)
      if (page === undefined) return refused
      const found = await sessions.read(ticket.session)
      // Of the sign-in that issued the ticket: another tab may have signed in since.
      const session = found.state === 'live' ? asOf(found.session, ticket.generation) : undefined
      if (session === undefined) return refused
      const cookie = await sessions.issueCookie(session, host)
      const { app } = ticket
      const target = safeTarget(page.target)
      return { state: 'arrived', session, cookie, target, page: ticket.page.id, spent: page.cookie, app }
    },
  }
}

// `//name/path` is a valid target on the app host, but in a Location it would be an open redirect (RFC 3986 4.2).
function safeTarget(target: string): string {
  return target.startsWith('//') ? `/.${target}` : target
}
