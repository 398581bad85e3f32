// Vouching for e-mail addresses: which provider's statement of an address counts, by the `domains` of the providers.

import type { Subject } from './subject.ts'

/** Name of the provider that alone vouches for the addresses of a domain, by domain in lower case. */
export type Vouchers = ReadonlyMap<string, string>

export function vouchersOf(
  providers: Iterable<{ readonly name: string; readonly domains?: readonly string[] }>,
): Vouchers {
  return new Map(
    [...providers].flatMap(({ name, domains }) => (domains ?? []).map((domain) => [domain.toLowerCase(), name])),
  )
}

/**
 * The address of a subject; undefined when it has none, or when another provider vouches for its domain: any provider can
 * state any address. Without `vouchers`, every statement counts.
 */
export function vouchedEmail(
  { provider, email }: Pick<Subject, 'provider' | 'email'>,
  vouchers: Vouchers | undefined,
): string | undefined {
  if (email === undefined || vouchers === undefined || vouchers.size === 0) return email
  const voucher = voucherOf(email, vouchers)
  return voucher === undefined || voucher === provider ? email : undefined
}

/** Undefined when no provider claims the domain. */
export function voucherOf(address: string, vouchers: Vouchers): string | undefined {
  return vouchers.get(address.slice(address.lastIndexOf('@') + 1).toLowerCase())
}
