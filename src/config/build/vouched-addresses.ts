// Warns about e-mail addresses in rules that several providers can state, or that no sign-in can ever have.

import { voucherOf, type Vouchers } from '../../policy/vouching.ts'
import { childPlace, type Diagnostics, type Place } from './diagnostics.ts'

/** What `check` knows of the providers. */
export interface AddressRules {
  readonly vouchers: Vouchers
  /** Names of the providers that are not external: a bare address means a user of one of these. */
  readonly internal: readonly string[]
}

/** `place`: of the list. Entries are in normal form. `rules` undefined: the providers have problems of their own. */
export function warnAboutAddresses(
  check: Diagnostics,
  place: Place,
  entries: readonly string[],
  rules: AddressRules | undefined,
): void {
  if (rules === undefined) return
  const listed = Array.isArray(place.file.tree.at(place.path))
  for (const [index, entry] of entries.entries()) {
    const problem = addressProblem(entry, rules)
    if (problem !== undefined) check.warn(listed ? childPlace(place, index) : place, problem)
  }
}

/** `entry`: an address, `provider|mailto:address` or `provider|sub`, which has no problem. */
export function addressProblem(entry: string, { vouchers, internal }: AddressRules): string | undefined {
  const mailed = entry.indexOf('|mailto:')
  const address = mailed < 0 ? entry : entry.slice(mailed + '|mailto:'.length)
  if (!address.includes('@') || (mailed < 0 && entry.includes('|'))) return undefined
  const domain = address.slice(address.lastIndexOf('@') + 1)
  const voucher = voucherOf(address, vouchers)
  if (mailed >= 0) {
    if (voucher === undefined || voucher === entry.slice(0, mailed)) return undefined
    return `matches no user: addresses of ${domain} count only from the provider "${voucher}"`
  }
  if (voucher !== undefined) {
    if (internal.includes(voucher)) return undefined
    return `matches no user: users of the external provider "${voucher}" are listed as ${voucher}|mailto:${address}`
  }
  if (internal.length < 2) return undefined
  return `each of ${internal.join(', ')} can state this address: list ${domain} under \`domains\` of one provider, or write ${internal[0]}|mailto:${address}`
}
