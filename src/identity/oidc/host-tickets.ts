// One-time tickets for the other hosts of an application: 30 seconds, bound to host and browser as those of the first host.

import { setSignInCookie, signInCookies } from '../session/sign-in-cookies.ts'
import { hashToken, isToken, newToken } from '../session/opaque-token.ts'
import { asOf } from '../session/earlier-sign-ins.ts'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../session/sessions.ts'
import { createOneTimeRecords, type OneTimeRecordsOptions } from './one-time-records.ts'

/** Cookie of a host, by its id and the SHA-256 of its value: only the browser that has it can redeem a ticket. */
export interface HostProof {
  readonly host: string
  readonly id: string
  readonly hash: string
}

export interface HostTickets {
  /** For this browser on this host: the proof, and values for `Set-Cookie`. `cookies`: the Cookie field of the request. */
  prove(host: string, cookies: string | undefined): { readonly proof: HostProof; readonly cookies: readonly string[] }
  /** Returns the secret. Rejects with `StoreUnreachable`. */
  issue(session: Session, proof: HostProof): Promise<string>
  /** Value of a session cookie for this host; undefined: not valid here. Rejects with `StoreUnreachable`. */
  redeem(
    secret: string,
    at: { readonly host: string; readonly cookies: string | undefined },
  ): Promise<string | undefined>
}

export interface HostTicketsOptions extends Pick<OneTimeRecordsOptions, 'store' | 'seal'> {
  readonly sessions: Pick<Sessions, 'read' | 'issueCookie'>
}

interface HostTicket {
  readonly session: string
  readonly generation: number
  readonly proof: HostProof
}

export function createHostTickets({ store, seal, sessions }: HostTicketsOptions): HostTickets {
  const tickets = createOneTimeRecords<HostTicket>({ store, seal, purpose: 'host_ticket', ttl: 30_000 })
  return {
    prove(host, cookies) {
      // Used again, and its age begins anew: tabs that sign in side by side would otherwise each need one of their own.
      const known = signInCookies(cookies, 'host').findLast(({ value }) => isToken(value))
      const cookie = known ?? { id: newToken().slice(0, 16), value: newToken() }
      return { proof: proofOf(host, cookie), cookies: setSignInCookie('host', cookie, cookies) }
    },
    async issue({ id, generation }, proof) {
      const secret = newToken()
      await tickets.put(secret, { session: id, generation, proof })
      return secret
    },
    async redeem(secret, { host, cookies }) {
      // Taken before it is checked: a ticket presented at the wrong host is used up.
      const ticket = await tickets.take(secret)
      if (ticket?.proof.host !== host || !isProven(ticket.proof, cookies)) return undefined
      const found = await sessions.read(ticket.session)
      const session = found.state === 'live' ? asOf(found.session, ticket.generation) : undefined
      return session && sessions.issueCookie(session, host)
    },
  }
}

function proofOf(host: string, { id, value }: { readonly id: string; readonly value: string }): HostProof {
  return { host, id, hash: hashToken(value) }
}

function isProven({ id, hash }: HostProof, cookies: string | undefined): boolean {
  return signInCookies(cookies, 'host').some((cookie) => cookie.id === id && hashToken(cookie.value) === hash)
}
