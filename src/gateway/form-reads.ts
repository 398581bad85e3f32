// Limits the forms of strangers that are in memory at the same time: per client address block, and in all.

import { addressBlock } from '../config/address-block.ts'

export interface FormReads {
  /** Returns the function that gives the place back, to be called once. Undefined: no place is free. */
  acquire(client: string): (() => void) | undefined
}

/** With 256 KB each, 32 MB in all. */
const maxReads = 128
/** An office behind one address sends several at nine o'clock; each takes a moment. */
const maxReadsOfClient = 32

export function createFormReads(): FormReads {
  const byClient = new Map<string, number>()
  let all = 0
  return {
    acquire(client) {
      const block = addressBlock(client)
      const own = byClient.get(block) ?? 0
      if (all >= maxReads || own >= maxReadsOfClient) return undefined
      all += 1
      byClient.set(block, own + 1)
      return () => {
        all -= 1
        const left = byClient.get(block)! - 1
        if (left === 0) byClient.delete(block)
        else byClient.set(block, left)
      }
    },
  }
}
