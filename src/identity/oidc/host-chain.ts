// Chain of redirects that hands a session to the other hosts of an application on the way to the host that was wanted.

import { randomBytes } from 'node:crypto'
import type { Seal } from '../../store/seal.ts'
import { StoreUnreachable } from '../../store/store.ts'
import { setSessionCookie } from '../session/cookies.ts'
import type { Session } from '../session/session.ts'
import type { HandoffTickets } from './handoff-ticket.ts'
import type { HostProof, HostTickets } from './host-tickets.ts'
import type { ReturnContext } from './return-context.ts'
import { decodeContext, encodeContext, type EncodedContext } from './return-contexts.ts'

/**
 * First every other host, each of which sets a cookie that proves the browser; then the gateway's host, which issues a ticket for
 * each; then the same hosts again, which redeem them; at the end the host that was wanted, by a ticket of its own. It comes last, so
 * that no other tab of this browser finds a session there before the others have one. What is known on the way travels sealed in
 * the URL. Nothing that fails at one host keeps the browser from the next.
 */
export interface HostChains {
  /** On the gateway's host. `hosts`: the app's other hosts, at least one, in the order of the visits. */
  begin(session: Session, start: ChainStart): ChainStep
  /** On one of the other hosts. Returns values for `Set-Cookie` as well. Undefined: forged. */
  visit(
    chain: string | undefined,
    at: HostVisit,
  ): Promise<(ChainStep & { readonly cookies: readonly string[] }) | undefined>
  /**
   * On the gateway's host again; `session`: that of this browser there. Undefined: forged. Rejects with `StoreUnreachable` when
   * not even the host that was wanted gets a ticket.
   */
  issue(chain: string | undefined, session: Session | undefined): Promise<ChainStep | undefined>
}

export interface ChainStart {
  readonly app: string
  readonly hosts: readonly string[]
  readonly returnContext: ReturnContext
}

export interface HostVisit {
  readonly host: string
  /** Cookie field of the request. */
  readonly cookies: string | undefined
  /** Of this browser on this host. */
  readonly session: Session | undefined
}

/** Where the browser goes next. `chain`: the URL parameter. */
export type ChainStep =
  | { readonly to: 'host'; readonly app: string; readonly host: string; readonly chain: string }
  | { readonly to: 'gateway'; readonly chain: string }
  /** The session that began it is not that of this browser: the sign-in begins anew. */
  | { readonly to: 'sign_in'; readonly returnContext: ReturnContext }
  /** Absolute URL on the host that was wanted. */
  | { readonly to: 'end'; readonly url: string }

export interface HostChainsOptions {
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly tickets: HostTickets
  /** Issues the ticket of the host that was wanted. */
  readonly issue: HandoffTickets['issue']
  /** Epoch milliseconds. */
  readonly now: () => number
}

interface Chain {
  /** Epoch milliseconds at which the round began. */
  readonly at: number
  readonly app: string
  readonly session: string
  readonly generation: number
  readonly context: EncodedContext
  /** Hosts that have yet to prove the browser. */
  readonly left: readonly string[]
  /** Of hosts that need a cookie; in the second round, with the ticket. */
  readonly proofs: readonly (HostProof & { readonly ticket?: string })[]
  /** In the second round: where the ticket of the host that was wanted is redeemed. */
  readonly end?: string
}

/** Milliseconds of each round. The second is shorter than the life of the tickets, so that the last one is still good. */
const rounds = { first: 2 * 60_000, second: 20_000 }
const maxLength = 8192

export function createHostChains({ seal, tickets, issue, now }: HostChainsOptions): HostChains {
  const sealed = (chain: Chain): string => {
    // The seal derives a key from it, so that no key seals more than one value (`store/seal.ts`).
    const id = randomBytes(12).toString('base64url')
    return `${id}.${seal.seal('chain', id, JSON.stringify(chain))}`
  }
  const open = (text: string | undefined): Chain | undefined => {
    const dot = text === undefined || text.length > maxLength ? -1 : text.indexOf('.')
    const opened = dot === -1 ? undefined : seal.open('chain', text!.slice(0, dot), text!.slice(dot + 1))
    return opened === undefined ? undefined : (JSON.parse(opened) as Chain)
  }
  const isOver = ({ at, end }: Chain): boolean => now() - at >= (end === undefined ? rounds.first : rounds.second)
  const step = (chain: Chain): ChainStep => {
    const { app, end, left, proofs } = chain
    const host = isOver(chain) ? undefined : (left[0] ?? (end === undefined ? undefined : proofs[0]?.host))
    if (host !== undefined) return { to: 'host', app, host, chain: sealed(chain) }
    return end === undefined ? { to: 'gateway', chain: sealed(chain) } : { to: 'end', url: end }
  }
  return {
    begin: ({ id, generation }, { app, hosts, returnContext }) =>
      step({
        at: now(),
        app,
        session: id,
        generation,
        context: encodeContext(returnContext),
        left: hosts,
        proofs: [],
      }),
    async visit(text, { host, cookies, session }) {
      const chain = open(text)
      if (chain === undefined) return undefined
      if (chain.end === undefined) {
        const [next, ...left] = chain.left
        if (next !== host || isOver(chain)) return { ...step({ ...chain, left: [] }), cookies: [] }
        // Also a newer one: another tab was faster.
        const has = session?.id === chain.session && session.generation >= chain.generation
        if (has) return { ...step({ ...chain, left }), cookies: [] }
        const proven = tickets.prove(host, cookies)
        return { ...step({ ...chain, left, proofs: [...chain.proofs, proven.proof] }), cookies: proven.cookies }
      }
      const [proof, ...proofs] = chain.proofs
      if (proof?.ticket === undefined || proof.host !== host || isOver(chain))
        return { ...step({ ...chain, proofs: [] }), cookies: [] }
      const cookie = await tolerant(tickets.redeem(proof.ticket, { host, cookies }))
      return { ...step({ ...chain, proofs }), cookies: cookie === undefined ? [] : [setSessionCookie(cookie)] }
    },
    async issue(text, session) {
      const chain = open(text)
      if (chain === undefined) return undefined
      const returnContext = decodeContext(chain.context)
      // Of this browser: otherwise one user's session would reach the browser of another (login CSRF), or the other way round.
      if (session?.id !== chain.session) return { to: 'sign_in', returnContext }
      const isLate = isOver(chain) || chain.end !== undefined
      const proofs = isLate
        ? undefined
        : await tolerant(
            Promise.all(chain.proofs.map(async (proof) => ({ ...proof, ticket: await tickets.issue(session, proof) }))),
          )
      const end = await issue(session, returnContext)
      return step({ ...chain, at: now(), left: [], proofs: proofs ?? [], end })
    },
  }
}

/** Without the store a host gets no session; the host that was wanted says what is the matter. */
async function tolerant<T>(result: Promise<T>): Promise<T | undefined> {
  return result.catch((error: unknown) => {
    if (error instanceof StoreUnreachable) return undefined
    throw error
  })
}
