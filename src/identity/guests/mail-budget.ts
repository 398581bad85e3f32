// Bounds of the mails with codes: per address, so that no stranger floods a mailbox, and per network block.

import { createHash } from 'node:crypto'
import { addressBlock } from '../../config/address-block.ts'
import type { Store } from '../../store/store.ts'

/** Milliseconds, and codes per address within them: for strangers together, and as many for browsers the guest has used before. */
export const addressPeriod = 15 * 60_000
export const maxCodes = 3
/** Milliseconds, and attempts of one address block within them, for whatever addresses: a small office behind one address. */
export const blockPeriod = 60 * 60_000
export const maxOfBlock = 30

/** Rejects with `StoreUnreachable`. */
export interface MailBudget {
  /** Counts one attempt of a client. False: too many of its address block, which the client may know: it says nothing of any guest. */
  acquireBlock(client: string): Promise<boolean>
  /**
   * Counts one code for a mail address, whether or not anybody has it. False: no further mail, of which the client must not learn.
   * `known`: this browser has signed in with it before, so that strangers cannot lock a guest out by asking again and again.
   */
  acquireAddress(email: string, known: boolean): Promise<boolean>
}

export function createMailBudget(store: Pick<Store, 'increment'>): MailBudget {
  return {
    async acquireBlock(client) {
      return (await store.increment(`guest-block:${digest(addressBlock(client))}`, blockPeriod)) <= maxOfBlock
    },
    async acquireAddress(email, known) {
      const key = `guest-mails:${known ? 'known' : 'any'}:${digest(email)}`
      return (await store.increment(key, addressPeriod)) <= maxCodes
    },
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
