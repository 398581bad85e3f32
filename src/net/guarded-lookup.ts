// DNS lookup that passes over addresses which must not be connected to, whatever a name resolves to.

import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'

/** Why an address is refused (`a link-local address`); undefined: it is not. */
export type AddressRefusal = (address: string) => string | undefined

/**
 * For `net.connect` and undici, around `lookup`. Refused addresses are left out; when none is left, the connection fails
 * with the code `ADDRESS_REFUSED`. A name is checked at each connect, because its owner can change it at any time.
 */
export function guardedLookup(lookup: LookupFunction, refusal: AddressRefusal): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, [], 0)
      const all = typeof found === 'string' ? [{ address: found, family: 4 }] : (found as readonly LookupAddress[])
      const allowed = all.filter(({ address }) => refusal(address) === undefined)
      const [first] = allowed
      if (first === undefined) return callback(addressRefused(hostname, all, refusal), [], 0)
      if (options.all === true) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }
}

function addressRefused(hostname: string, all: readonly LookupAddress[], refusal: AddressRefusal): Error {
  const reasons = all.map(({ address }) => `${address}, ${refusal(address)}`).join('; ')
  return Object.assign(new Error(`${hostname} resolves to ${reasons}`), { code: 'ADDRESS_REFUSED' })
}
