// One-time ticket that hands a session from the gateway host over to an app host: 30 seconds, bound to host and browser nonce.

import type { ReturnContext } from './return-context.ts'
import { createOneTimeRecords, type OneTimeRecordsOptions } from './one-time-records.ts'
import { matchesHash, newToken } from '../session/opaque-token.ts'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../session/sessions.ts'

export type HandoffResult =
  { readonly state: 'arrived'; readonly cookie: string; readonly target: string } | { readonly state: 'refused' }

export interface HandoffTickets {
  /** Returns the absolute URL on the app host that redeems the ticket. Rejects with `StoreUnreachable`. */
  issue(session: Session, returnContext: ReturnContext): Promise<string>
  /** `nonce`: value of the nonce cookie on the app host. Rejects with `StoreUnreachable`. */
  redeem(arrival: { ticket: string; host: string; nonce: string | undefined }): Promise<HandoffResult>
}

export interface HandoffTicketsOptions extends Pick<OneTimeRecordsOptions, 'store' | 'seal'> {
  readonly sessions: Pick<Sessions, 'read' | 'issueCookie'>
}

interface HandoffTicket {
  readonly session: string
  readonly generation: number
  readonly host: string
  readonly nonceHash: string
  readonly target: string
}

export function createHandoffTickets({ store, seal, sessions }: HandoffTicketsOptions): HandoffTickets {
  const tickets = createOneTimeRecords<HandoffTicket>({ store, seal, purpose: 'ticket', ttl: 30_000 })
  return {
    async issue(session, { host, origin, nonceHash, target }) {
      if (nonceHash === undefined) throw new TypeError('a ticket needs an app host: the return context has no nonce')
      const secret = newToken()
      await tickets.put(secret, { session: session.id, generation: session.generation, host, nonceHash, target })
      return `${origin}/.einlass/arrive?ticket=${secret}`
    },
    async redeem({ ticket: secret, host, nonce }) {
      // Taken before it is checked: a ticket presented at the wrong host is used up.
      const ticket = await tickets.take(secret)
      if (!ticket || ticket.host !== host || !matchesHash(nonce, ticket.nonceHash)) return { state: 'refused' }
      const found = await sessions.read(ticket.session)
      if (found.state !== 'live' || found.session.generation !== ticket.generation) return { state: 'refused' }
      const cookie = await sessions.issueCookie(found.session, host)
      return { state: 'arrived', cookie, target: safeTarget(ticket.target) }
    },
  }
}

// `//name/path` is a valid target on the app host, but in a Location it would be an open redirect (RFC 3986 4.2).
function safeTarget(target: string): string {
  return target.startsWith('//') ? `/.${target}` : target
}
