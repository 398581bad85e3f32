// Builds `gateway.http`: the plain listeners that redirect to https.

import { parseListen } from '../address.ts'
import type { GatewaySettings, HttpRedirectSettings, ListenerSettings } from '../configuration.ts'
import { childPlace, type Diagnostics, type Place } from './diagnostics.ts'

type Address = Pick<ListenerSettings, 'host' | 'port'>

const none: HttpRedirectSettings = { listen: [], required: false }

/** `place`: that of `gateway.http`. `secure`: `gateway.url` is https. */
export function buildHttpRedirect(
  check: Diagnostics,
  place: Place,
  input: readonly string[] | undefined,
  { secure, listen, operations }: Pick<GatewaySettings, 'secure' | 'listen' | 'operations'>,
): HttpRedirectSettings {
  const taken = [...listen, ...(operations === undefined ? [] : [operations])]
  const isTaken = (address: Address): boolean => taken.some((one) => overlaps(one, address))
  const ours = listen.filter(({ tls }) => tls !== undefined)
  if (input === undefined) {
    const standard = secure ? ours.filter(({ port }) => port === 443) : []
    return { listen: port80(standard).filter((one) => !isTaken(one)), required: false }
  }
  const words = input.filter((text) => text === 'redirect' || text === 'off')
  if (words.length > 0 && input.length > 1) {
    check.problem(place, `expected ${words[0]!} alone, or addresses`)
    return none
  }
  if (words[0] === 'off') return none
  if (ours.length === 0) {
    check.problem(place, 'there is no listener with TLS to redirect to', 'key')
    return none
  }
  if (words[0] === 'redirect') {
    const wanted = port80(ours)
    if (wanted.some(isTaken)) check.problem(place, 'port 80 is already in `listen` or `operations`')
    return { listen: wanted, required: true }
  }
  return { listen: addresses(check, place, input, isTaken), required: true }
}

function addresses(
  check: Diagnostics,
  place: Place,
  input: readonly string[],
  isTaken: (address: Address) => boolean,
): Address[] {
  const listed = Array.isArray(place.file.tree.at(place.path))
  const found: Address[] = []
  for (const [index, text] of input.entries()) {
    const at = listed ? childPlace(place, index) : place
    const address = parseListen(text)
    if (address === undefined) check.problem(at, 'expected redirect, off, or host:port such as 0.0.0.0:8080')
    else if (isTaken(address)) check.problem(at, 'this address is already in `listen` or `operations`')
    else if (found.some((one) => overlaps(one, address))) check.problem(at, 'duplicate entry')
    else found.push(address)
  }
  return found
}

/** One for each address, without those that another one covers. */
function port80(listeners: readonly Address[]): Address[] {
  const all = [...new Set(listeners.map(({ host }) => host))].map((host) => ({ host, port: 80 }))
  return all.filter((address) => !all.some((other) => other !== address && overlaps(other, address)))
}

/** Port 0 is another one each time. */
function overlaps(a: Address, b: Address): boolean {
  if (a.port !== b.port || a.port === 0) return false
  return a.host === b.host || a.host === '::' || (a.host === '0.0.0.0' && !b.host.includes(':'))
}
