// One-time ticket that hands a session from the gateway host over to an app host: 30 seconds, bound to host and browser.

import type { ReturnContext } from './return-context.ts'
import type { ReturnContexts } from './return-contexts.ts'
import { createOneTimeRecords, type OneTimeRecordsOptions } from './one-time-records.ts'
import { newToken } from '../session/opaque-token.ts'
import { asOf } from '../session/earlier-sign-ins.ts'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../session/sessions.ts'

export type HandoffResult =
  /** `cookie`: value of the session cookie; `spent`: value for `Set-Cookie` that removes the cookie of the return context. */
  | { readonly state: 'arrived'; readonly cookie: string; readonly target: string; readonly spent: string }
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
}

export interface HandoffTicketsOptions extends Pick<OneTimeRecordsOptions, 'store' | 'seal'> {
  readonly sessions: Pick<Sessions, 'read' | 'issueCookie'>
  readonly returnContexts: Pick<ReturnContexts, 'takePage' | 'pageIn'>
}

interface HandoffTicket {
  readonly session: string
  readonly generation: number
  readonly host: string
  /** Cookie of the app host that contains the target. */
  readonly page: NonNullable<ReturnContext['page']>
}

export function createHandoffTickets({ store, seal, sessions, returnContexts }: HandoffTicketsOptions): HandoffTickets {
  const tickets = createOneTimeRecords<HandoffTicket>({ store, seal, purpose: 'ticket', ttl: 30_000 })
  return {
    async issue(session, { host, origin, page }) {
      if (page === undefined) throw new TypeError('a ticket needs an app host: the return context has no page')
      const secret = newToken()
      await tickets.put(secret, { session: session.id, generation: session.generation, host, page })
      return `${origin}/.einlass/arrive?ticket=${secret}&page=${page.id}`
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
      return { state: 'arrived', cookie, target: safeTarget(page.target), spent: page.cookie }
    },
  }
}

// `//name/path` is a valid target on the app host, but in a Location it would be an open redirect (RFC 3986 4.2).
function safeTarget(target: string): string {
  return target.startsWith('//') ? `/.${target}` : target
}
