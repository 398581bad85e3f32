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
  | { readonly state: 'refused' }

export interface HandoffTickets {
  /** Returns the absolute URL on the app host that redeems the ticket. Rejects with `StoreUnreachable`. */
  issue(session: Session, returnContext: ReturnContext): Promise<string>
  /** `cookies`: Cookie field of the request on the app host. Rejects with `StoreUnreachable`. */
  redeem(arrival: { ticket: string; host: string; cookies: string | undefined }): Promise<HandoffResult>
}

export interface HandoffTicketsOptions extends Pick<OneTimeRecordsOptions, 'store' | 'seal'> {
  readonly sessions: Pick<Sessions, 'read' | 'issueCookie'>
  readonly returnContexts: Pick<ReturnContexts, 'takePage'>
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
      return `${origin}/.einlass/arrive?ticket=${secret}`
    },
    async redeem({ ticket: secret, host, cookies }) {
      // Taken before it is checked: a ticket presented at the wrong host is used up.
      const ticket = await tickets.take(secret)
      if (!ticket || ticket.host !== host) return { state: 'refused' }
      const page = returnContexts.takePage(host, cookies, ticket.page)
      if (page === undefined) return { state: 'refused' }
      const found = await sessions.read(ticket.session)
      // Of the sign-in that issued the ticket: another tab may have signed in since.
      const session = found.state === 'live' ? asOf(found.session, ticket.generation) : undefined
      if (session === undefined) return { state: 'refused' }
      const cookie = await sessions.issueCookie(session, host)
      return { state: 'arrived', cookie, target: safeTarget(page.target), spent: page.cookie }
    },
  }
}

// `//name/path` is a valid target on the app host, but in a Location it would be an open redirect (RFC 3986 4.2).
function safeTarget(target: string): string {
  return target.startsWith('//') ? `/.${target}` : target
}
