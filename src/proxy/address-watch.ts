// Watches the addresses of an upstream's name: those that left DNS are reported, so that connections to them are drained.

import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'

export interface AddressWatch {
  /** A connection was opened to `address`. */
  opened(address: string): void
  /** `address` left DNS. */
  hasLeft(address: string | undefined): boolean
  stop(): void
}

export interface AddressWatchOptions {
  readonly name: string
  readonly lookup: LookupFunction
  /** Milliseconds between two look-ups. */
  readonly interval: number
  /** False: there is no connection, and nothing to look up. */
  readonly inUse: () => boolean
  readonly onLeft: (address: string) => void
}

/** Answers without an address before it counts as gone: some name servers return a part of all addresses, in turns. */
const absencesUntilLeft = 2
/** Addresses remembered; names of large services change theirs all the time. */
const maxAddresses = 1_000

/**
 * Not on the path of a request. A failed look-up, or an empty answer, changes nothing: DNS that is out of order ends no
 * connection.
 */
export function watchAddresses({ name, lookup, interval, inUse, onLeft }: AddressWatchOptions): AddressWatch {
  /** Number of answers in a row without the address. */
  const absences = new Map<string, number>()
  let asking = false

  const update = (found: ReadonlySet<string>): void => {
    for (const [address, count] of absences) {
      const now = found.has(address) ? 0 : count + 1
      absences.set(address, now)
      if (now === absencesUntilLeft) onLeft(address)
    }
  }
  const ask = (): void => {
    if (asking || !inUse()) return
    asking = true
    lookup(name, { all: true }, (error, found) => {
      asking = false
      if (error !== null) return
      const all =
        typeof found === 'string' ? [found] : (found as readonly LookupAddress[]).map(({ address }) => address)
      if (all.length > 0) update(new Set(all))
    })
  }
  const timer = setInterval(ask, interval)
  timer.unref()

  return {
    opened(address) {
      // Within the last answer a connect got it: it counts as present, even if it had left before.
      if (absences.size >= maxAddresses) absences.clear()
      absences.set(address, 0)
    },
    hasLeft: (address) => address !== undefined && (absences.get(address) ?? 0) >= absencesUntilLeft,
    stop: () => clearInterval(timer),
  }
}
