// Carries a sign-in from the gateway's host to an app's host: one use, 30 seconds, for that host and that browser.

import type { Journey } from './return-context.ts'
import { createSealedRecords, type SealedRecordsOptions } from './one-time-records.ts'
import { matches, newSecret } from '../session/opaque-token.ts'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../session/sessions.ts'

export type Arrived =
  { readonly state: 'arrived'; readonly cookie: string; readonly target: string } | { readonly state: 'refused' }

export interface Tickets {
  /** The absolute URL on the app host that redeems it. Rejects with `StoreUnreachable`. */
  issue(session: Session, journey: Journey): Promise<string>
  /** `nonce`: value of the nonce cookie on the app host. Rejects with `StoreUnreachable`. */
  redeem(arrival: { ticket: string; host: string; nonce: string | undefined }): Promise<Arrived>
}

export interface TicketsOptions extends Pick<SealedRecordsOptions, 'store' | 'seal'> {
  readonly sessions: Pick<Sessions, 'read' | 'issueCookie'>
}

interface Ticket {
  readonly session: string
  readonly generation: number
  readonly host: string
  readonly nonceHash: string
  readonly target: string
}

export function createTickets({ store, seal, sessions }: TicketsOptions): Tickets {
  const tickets = createSealedRecords<Ticket>({ store, seal, purpose: 'ticket', ttl: 30_000 })
  return {
    async issue(session, { host, origin, nonceHash, target }) {
      if (nonceHash === undefined) throw new TypeError('a ticket is for app hosts: the journey has no nonce')
      const secret = newSecret()
      await tickets.put(secret, { session: session.id, generation: session.generation, host, nonceHash, target })
      return `${origin}/.einlass/arrive?ticket=${secret}`
    },
    async redeem({ ticket: secret, host, nonce }) {
      // Taken before it is judged: a ticket shown at the wrong door is spent.
      const ticket = await tickets.take(secret)
      if (!ticket || ticket.host !== host || !matches(nonce, ticket.nonceHash)) return { state: 'refused' }
      const found = await sessions.read(ticket.session)
      if (found.state !== 'live' || found.session.generation !== ticket.generation) return { state: 'refused' }
      const cookie = await sessions.issueCookie(found.session, host)
      return { state: 'arrived', cookie, target: withinHost(ticket.target) }
    },
  }
}

// `//name/path` is a fine target on the app's host, but as a Location it would lead to another host (RFC 3986 4.2).
function withinHost(target: string): string {
  return target.startsWith('//') ? `/.${target}` : target
}
