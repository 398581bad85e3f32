// Registry of open exchanges by session, device, app and lease expiry, each with its abort function.

import type { Abort } from './upstream.ts'
import { add, remove, type Indexed } from '../http/indexed-list.ts'

/** `Context`: data of the gateway for re-authorization. */
export interface NewExchange<Context> {
  /** The request id. */
  readonly id: string
  readonly app: string
  readonly session: string | undefined
  readonly device: string | undefined
  readonly address: string
  /** `pinned`: a private upstream connection, also between two exchanges on it. */
  readonly kind: 'http' | 'websocket' | 'pinned'
  /** Epoch milliseconds, both. `validUntil` is the end of the lease. */
  readonly startedAt: number
  validUntil: number
  readonly abort: Abort
  readonly context: Context
}

export interface OpenExchange<Context> extends NewExchange<Context> {
  /** Updated by re-authorization, to earlier or later. */
  validUntil: number
}

export interface OpenConnections<Context> {
  open(exchange: NewExchange<Context>): OpenExchange<Context>
  /** Closing twice does nothing. */
  close(exchange: OpenExchange<Context>): void
  /** The lists are snapshots: opening and closing during iteration does not affect them. */
  all(): OpenExchange<Context>[]
  ofSession(session: string): OpenExchange<Context>[]
  ofDevice(device: string): OpenExchange<Context>[]
  ofApp(app: string): OpenExchange<Context>[]
  /** Exchanges whose lease has expired at `now`, in epoch milliseconds. */
  expired(now: number): OpenExchange<Context>[]
  counts(): { readonly http: number; readonly websocket: number; readonly pinned: number }
  /** For shutdown: waits until none is open, at most `timeout` milliseconds, then aborts the rest. Returns their number. */
  drain(timeout: number): Promise<number>
}

/** Linked into its session's chain; `index` is its position in the list of open exchanges. */
interface LinkedExchange<Context> extends OpenExchange<Context>, Indexed {
  readonly chain: Chain<Context> | undefined
  before: LinkedExchange<Context> | undefined
  after: LinkedExchange<Context> | undefined
}

/** Doubly linked list of one session's exchanges. */
interface Chain<Context> {
  first: LinkedExchange<Context> | undefined
}

/**
 * Every request is added and removed here, so both are O(1): a list position and a link. Sessions, which are looked up
 * often, have a chain; devices, apps and expired leases are found by a linear scan, which takes well under a
 * millisecond for fifty thousand open exchanges - cheaper than a timer or an index per request.
 *
 * A closed exchange must not stay reachable, not even from the old backing table of a Set or Map: V8 keeps such tables
 * linked, and one in the old generation retains everything it ever contained until the next full collection
 * (decision 16).
 */
export function createConnections<Context>(): OpenConnections<Context> {
  const open: LinkedExchange<Context>[] = []
  const chains = new Map<string, Chain<Context>>()
  const drained: (() => void)[] = []
  const counts = { http: 0, websocket: 0, pinned: 0 }
  const exchanges = (): number => counts.http + counts.websocket

  const where = (matches: (exchange: LinkedExchange<Context>) => boolean): OpenExchange<Context>[] => {
    const found: OpenExchange<Context>[] = []
    for (const exchange of open) if (matches(exchange)) found.push(exchange)
    return found
  }

  return {
    open(exchange) {
      const { session } = exchange
      let chain = session === undefined ? undefined : chains.get(session)
      if (session !== undefined && chain === undefined) chains.set(session, (chain = { first: undefined }))
      const after = chain?.first
      const linked: LinkedExchange<Context> = { ...exchange, index: -1, chain, before: undefined, after }
      if (after !== undefined) after.before = linked
      if (chain !== undefined) chain.first = linked
      add(open, linked)
      counts[exchange.kind]++
      return linked
    },
    close(exchange) {
      const linked = exchange as LinkedExchange<Context>
      if (!remove(open, linked)) return
      counts[linked.kind]--
      const { chain, before, after } = linked
      if (chain !== undefined) {
        linked.before = undefined
        linked.after = undefined
        if (after !== undefined) after.before = before
        if (before !== undefined) before.after = after
        else if ((chain.first = after) === undefined) chains.delete(linked.session!)
      }
      if (exchanges() === 0) for (const resolve of drained.splice(0)) resolve()
    },
    all: () => [...open],
    ofSession(session) {
      const found: OpenExchange<Context>[] = []
      for (let exchange = chains.get(session)?.first; exchange !== undefined; exchange = exchange.after)
        found.push(exchange)
      return found
    },
    ofDevice: (device) => where((exchange) => exchange.device === device),
    ofApp: (app) => where((exchange) => exchange.app === app),
    expired: (now) => where((exchange) => exchange.validUntil <= now),
    counts: () => ({ ...counts }),
    async drain(timeout) {
      let timer: NodeJS.Timeout | undefined
      if (exchanges() > 0)
        await Promise.race([
          new Promise<void>((resolve) => drained.push(resolve)),
          new Promise<void>((resolve) => (timer = setTimeout(resolve, timeout))),
        ])
      clearTimeout(timer)
      const left = [...open]
      const count = exchanges()
      for (const exchange of left) exchange.abort()
      return count
    },
  }
}
