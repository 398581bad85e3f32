// Headers of a reply by lower-case name; a duplicate name other than `Set-Cookie` throws.

import type { Reply } from '../../src/web/kit/reply.ts'

export function headersOf(reply: Reply): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (let at = 0; at < reply.headers.length; at += 2) {
    const name = reply.headers[at]!.toLowerCase()
    if (name === 'set-cookie') continue
    if (headers.has(name)) throw new Error(`${name} twice`)
    headers.set(name, reply.headers[at + 1]!)
  }
  return headers
}

/** `Set-Cookie` values in order. */
export function cookiesOf(reply: Reply): string[] {
  return reply.headers.filter((_value, at) => at % 2 === 1 && reply.headers[at - 1]!.toLowerCase() === 'set-cookie')
}
