// What passes the front for each person: the page they are on, and their WebSockets, event streams and downloads.

export type ConnectionKind = 'websocket' | 'events' | 'download'

export interface Connection {
  readonly id: number
  readonly kind: ConnectionKind
  /** Path, without query. */
  readonly path: string
  /** Epoch milliseconds. */
  readonly since: number
  readonly bytes: number
  readonly ended: { readonly at: number; readonly by: 'gateway' | 'browser' } | undefined
}

export interface PersonTraffic {
  /** Address of the page as the gateway or the provider received it; undefined before the first. */
  readonly address: string | undefined
  readonly status: number | undefined
  /** The open ones, and those that ended since the last page, oldest first. */
  readonly connections: readonly Connection[]
}

export interface OpenConnection {
  received(bytes: number): void
  /** Only the first call counts: who closed first. */
  ended(by: 'gateway' | 'browser'): void
}

export interface Traffic {
  /** A page was answered, not by a redirect. */
  visited(person: string, address: string, status: number): void
  opened(person: string, kind: ConnectionKind, path: string): OpenConnection
  of(person: string): PersonTraffic
  /** Called after each change; returns the function that ends it. */
  listen(changed: (person: string) => void): () => void
}

const maxConnections = 12

export function createTraffic(now: () => number): Traffic {
  const people = new Map<string, PersonTraffic>()
  const listeners = new Set<(person: string) => void>()
  let last = 0

  const of = (person: string): PersonTraffic =>
    people.get(person) ?? { address: undefined, status: undefined, connections: [] }

  function set(person: string, change: Partial<PersonTraffic>): void {
    people.set(person, { ...of(person), ...change })
    for (const listener of listeners) listener(person)
  }

  function update(person: string, id: number, change: (one: Connection) => Connection): void {
    const connections = of(person).connections.map((one) => (one.id === id ? change(one) : one))
    set(person, { connections })
  }

  return {
    of,
    visited(person, address, status) {
      const connections = of(person).connections.filter(({ ended }) => ended === undefined)
      set(person, { address, status, connections })
    },
    opened(person, kind, path) {
      const id = ++last
      const opened: Connection = { id, kind, path, since: now(), bytes: 0, ended: undefined }
      set(person, { connections: [...of(person).connections, opened].slice(-maxConnections) })
      return {
        received: (bytes) => update(person, id, (one) => ({ ...one, bytes: one.bytes + bytes })),
        ended: (by) => update(person, id, (one) => (one.ended ? one : { ...one, ended: { at: now(), by } })),
      }
    },
    listen(changed) {
      listeners.add(changed)
      return () => void listeners.delete(changed)
    },
  }
}
