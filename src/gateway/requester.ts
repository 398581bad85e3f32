// Requester of a malformed request: the few header fields needed to render an error page in the user's language.

import type { Face } from '../web/kit/face.ts'
import type { Requester } from '../web/kit/reply.ts'
import type { CanonicalRules } from './canonical/canonical-request.ts'
import { schemeOf } from './canonical/client-address.ts'
import { navigationOf } from '../http/navigation.ts'
import type { Received } from '../http/exchange.ts'

/** Never throws, for any input. A duplicate field counts as absent. */
export function requesterOf(
  received: Received,
  id: string,
  rules: Pick<CanonicalRules, 'proxies' | 'hsts'>,
  face?: Face,
): Requester {
  const header = (name: string): string | undefined => {
    let found: string | undefined
    for (let i = 0; i < received.headers.length; i += 2) {
      if (received.headers[i]!.toLowerCase() !== name) continue
      if (found !== undefined) return undefined
      found = received.headers[i + 1]
    }
    return found
  }
  const has = (name: string): boolean =>
    received.headers.some((field, at) => at % 2 === 0 && field.toLowerCase() === name)
  return {
    id,
    scheme: isSecure(received, header('x-forwarded-proto'), rules) ? 'https' : 'http',
    hsts: rules.hsts,
    face,
    navigation: navigationOf({ get: header, has }) !== 'none',
    header,
  }
}

/** As for a request that is well-formed: a trusted proxy states the scheme of its client. */
function isSecure(received: Received, forwarded: string | undefined, rules: Pick<CanonicalRules, 'proxies'>): boolean {
  const stated = rules.proxies(received.address) ? schemeOf(forwarded) : undefined
  return stated === undefined ? received.secure : stated === 'https'
}
