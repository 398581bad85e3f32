// Compares the public addresses of an app in two configurations.

import type { App, PublicAddress } from '../configuration.ts'

/** Lines without the name of the app. Pages of each host may act at all others, which is told as for `trusted_origins`. */
export function compareAddresses(was: Pick<App, 'addresses'>, is: Pick<App, 'addresses'>): readonly string[] {
  const [before, after] = [was.addresses.map(printAddress), is.addresses.map(printAddress)]
  const [gone, added] = [only(before, after), only(after, before)]
  if (before.length === 1 && after.length === 1) return gone.map((one) => `moves from ${one} to ${after[0]}`)
  return [
    ...added.map((one) => `is reached at ${one}, too`),
    ...gone.map((one) => `is no longer reached at ${one}`),
    ...(before[0] === after[0] ? [] : [`the first address is ${after[0]}: shown to users, and aud of assertions`]),
    ...only(pagesOf(is), pagesOf(was)).map((one) => `${one} gains requests in the name of users (from)`),
    ...only(pagesOf(was), pagesOf(is)).map((one) => `${one} loses requests in the name of users (from)`),
  ]
}

/** Origins whose pages act at another host of the app. */
function pagesOf({ addresses }: Pick<App, 'addresses'>): readonly string[] {
  const origins = [...new Set(addresses.map(({ origin }) => origin))]
  return origins.length === 1 ? [] : origins
}

function printAddress({ host, path }: PublicAddress): string {
  return host + path
}

function only(some: readonly string[], others: readonly string[]): readonly string[] {
  return some.filter((one) => !others.includes(one))
}
