// Checks an app of several hosts: how many they are, and that one sign-in can reach all of them.

import type { PublicAddress } from '../configuration.ts'
import type { Diagnostics, Place } from './diagnostics.ts'

/** Each costs two redirects of the first visit; browsers follow about 20 in a row. */
const maxHosts = 8

/** `addresses`: without those that have a problem of their own. */
export function checkSeveralHosts(check: Diagnostics, from: Place, addresses: readonly PublicAddress[]): void {
  const hosts = new Set(addresses.map(({ host }) => host))
  if (hosts.size > maxHosts) check.problem(from, `an app has at most ${maxHosts} hosts, this one has ${hosts.size}`)
  const plain = addresses.find(({ secure }) => !secure)
  // A page over https may not request http at all, and one over http could be altered and then act for the user.
  if (plain !== undefined && addresses.some(({ secure }) => secure)) {
    check.problem(from, `${plain.origin} is without TLS, others are not: all hosts of an app have one scheme`)
  }
}
