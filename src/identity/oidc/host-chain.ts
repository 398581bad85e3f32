// Chain of redirects that hands a session to the other hosts of an application, after it arrived at the host that was wanted.

import { randomBytes } from 'node:crypto'
import type { Seal } from '../../store/seal.ts'
import { setSessionCookie } from '../session/cookies.ts'
import type { Session } from '../session/session.ts'
import { StoreUnreachable } from '../../store/store.ts'
import type { HostProof, HostTickets } from './host-tickets.ts'

/**
 * First every other host, each of which sets a cookie that proves the browser; then the gateway's host, which issues a ticket for
 * each; then the same hosts again, which redeem them; at the end the page. What is known on the way travels sealed in the URL.
 * Nothing that fails on the way stops it: the session of the host that was wanted is there already.
 */
export interface HostChains {
  /** `hosts`: the app's other hosts, at least one, in the order of the visits. */
  begin(session: Session, start: ChainStart): ChainStep
  /** On one of the other hosts. Returns values for `Set-Cookie` as well. Undefined: forged. */
  visit(
    chain: string | undefined,
    at: HostVisit,
  ): Promise<(ChainStep & { readonly cookies: readonly string[] }) | undefined>
  /** On the gateway's host; `session`: that of this browser there. Undefined: forged. */
  issue(chain: string | undefined, session: Session | undefined): Promise<ChainStep | undefined>
}

export interface ChainStart {
  readonly app: string
  readonly hosts: readonly string[]
  readonly end: ChainEnd
}

/** The host that was wanted, and the id of its cookie that contains the page. */
export interface ChainEnd {
  readonly host: string
  readonly page: string
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
  | { readonly to: 'end'; readonly app: string; readonly end: ChainEnd }

export interface HostChainsOptions {
  readonly seal: Pick<Seal, 'seal' | 'open'>
  readonly tickets: HostTickets
  /** Epoch milliseconds. */
  readonly now: () => number
}

interface Chain extends Pick<ChainStart, 'app' | 'end'> {
  /** Epoch milliseconds at which it began. */
  readonly at: number
  readonly session: string
  readonly generation: number
  /** Hosts that have yet to prove the browser. */
  readonly left: readonly string[]
  /** Of hosts that need a cookie; in the second round, with the ticket. */
  readonly proofs: readonly (HostProof & { readonly ticket?: string })[]
}

/** Milliseconds: nobody has anything to do on the way. */
const lifetime = 2 * 60_000
const maxLength = 8192

export function createHostChains({ seal, tickets, now }: HostChainsOptions): HostChains {
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
  const isOver = ({ at }: Chain): boolean => now() - at >= lifetime
  const endOf = ({ app, end }: Chain): ChainStep => ({ to: 'end', app, end })
  const step = (chain: Chain): ChainStep => {
    const [proof] = chain.proofs
    const host = chain.left[0] ?? (proof?.ticket === undefined ? undefined : proof.host)
    if (host !== undefined) return { to: 'host', app: chain.app, host, chain: sealed(chain) }
    return proof === undefined ? endOf(chain) : { to: 'gateway', chain: sealed(chain) }
  }
  return {
    begin: ({ id, generation }, { app, hosts, end }) =>
      step({ at: now(), app, session: id, generation, end, left: hosts, proofs: [] }),
    async visit(text, { host, cookies, session }) {
      const chain = open(text)
      if (chain === undefined) return undefined
      const [next, ...left] = chain.left
      if (!isOver(chain) && next === host) {
        // Also a newer one: another tab was faster.
        const has = session?.id === chain.session && session.generation >= chain.generation
        if (has) return { ...step({ ...chain, left }), cookies: [] }
        const proven = tickets.prove(host, cookies)
        return { ...step({ ...chain, left, proofs: [...chain.proofs, proven.proof] }), cookies: proven.cookies }
      }
      const [proof, ...proofs] = chain.proofs
      if (isOver(chain) || next !== undefined || proof?.ticket === undefined || proof.host !== host)
        return { ...endOf(chain), cookies: [] }
      const cookie = await tolerant(tickets.redeem(proof.ticket, { host, cookies }))
      return { ...step({ ...chain, proofs }), cookies: cookie === undefined ? [] : [setSessionCookie(cookie)] }
    },
    async issue(text, session) {
      const chain = open(text)
      if (chain === undefined) return undefined
      // Of this browser: otherwise one user's session would reach the browser of another (login CSRF), or the other way round.
      const own = session?.id === chain.session && !isOver(chain) && chain.left.length === 0
      const issued = own
        ? await tolerant(
            Promise.all(chain.proofs.map(async (proof) => ({ ...proof, ticket: await tickets.issue(session, proof) }))),
          )
        : undefined
      return issued === undefined ? endOf(chain) : step({ ...chain, proofs: issued })
    },
  }
}

/** Without the store no host gets a session; the page at the end says so. */
async function tolerant<T>(result: Promise<T>): Promise<T | undefined> {
  return result.catch((error: unknown) => {
    if (error instanceof StoreUnreachable) return undefined
    throw error
  })
}
