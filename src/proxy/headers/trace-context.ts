// W3C Trace Context: the `traceparent` sent upstream continues an incoming trace with a new span, or starts a trace.

import { randomFillSync } from 'node:crypto'

/** Version 00; a later version may have more fields, which are ignored (section 3.2.4). */
const pattern = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?$/

export interface TraceContext {
  /** `incoming`: the client's field; undefined when absent or duplicated. */
  propagate(incoming: string | undefined): { readonly traceparent: string; readonly continued: boolean }
}

export function createTraceContext(): TraceContext {
  // Random bytes are generated in blocks: one call of the generator per request would be too slow.
  const page = Buffer.alloc(8192)
  let used = page.length
  const hex = (bytes: number): string => {
    if (used + bytes > page.length) {
      randomFillSync(page)
      used = 0
    }
    const text = page.toString('hex', used, used + bytes)
    used += bytes
    return text
  }
  /** Trace id, hyphen, span id; all zeroes is invalid (sections 3.2.2.3 and 3.2.2.4). */
  const begin = (): string => {
    const text = hex(24)
    const ids = `${text.slice(0, 32)}-${text.slice(32)}`
    return text.startsWith('00000000') || text.endsWith('00000000') ? begin() : ids
  }
  const span = (): string => {
    const text = hex(8)
    return text.startsWith('00000000') ? span() : text
  }
  return {
    propagate(incoming) {
      const match = incoming === undefined ? null : pattern.exec(incoming)
      if (match !== null && !(match[1] === '00' && match[4] !== undefined)) {
        // Only the sampled and random flags are defined (Level 2, section 3.2.2.5).
        const flags = (Number.parseInt(match[3]!, 16) & 3).toString(16).padStart(2, '0')
        return { traceparent: `00-${match[2]}-${span()}-${flags}`, continued: true }
      }
      // Sampled: an application with parent-based sampling would otherwise never record a trace.
      return { traceparent: `00-${begin()}-01`, continued: false }
    },
  }
}
