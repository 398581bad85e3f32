// Settings of `gateway.acme`, and what is known about public certificate authorities.

import { isIP } from 'node:net'
import { isOwnNetwork } from '../net/own-network.ts'

/** RFC 8555 8.3, RFC 8737. */
export type ChallengeType = 'tls-alpn-01' | 'http-01'

export interface AcmeSettings {
  readonly email: string | undefined
  /** URL of the directory. */
  readonly directory: string
  /** `hmac`: base64url, a secret. */
  readonly eab: { readonly kid: string; readonly hmac: string } | undefined
  /** PEM, besides the system's authorities. */
  readonly ca: string | undefined
  /** By preference; never empty. */
  readonly challenges: readonly ChallengeType[]
  /** Host names to order for, in lower case and ASCII: those a listener has no file for. */
  readonly names: readonly string[]
}

export const defaultDirectory = 'https://acme-v02.api.letsencrypt.org/directory'

/** Hosts of directories whose certificates browsers accept; `eab`: it asks for an external account binding. */
const publicAuthorities: ReadonlyMap<string, { readonly eab: boolean }> = new Map([
  ['acme-v02.api.letsencrypt.org', { eab: false }],
  ['acme-staging-v02.api.letsencrypt.org', { eab: false }],
  ['acme.zerossl.com', { eab: true }],
  ['dv.acme-v02.api.pki.goog', { eab: true }],
  ['dv.acme-v02.test-api.pki.goog', { eab: true }],
  ['acme.ssl.com', { eab: true }],
  ['acme.sectigo.com', { eab: true }],
  ['acme.digicert.com', { eab: true }],
  ['api.buypass.com', { eab: false }],
  ['acme.actalis.com', { eab: true }],
])

/** Undefined: not known to be public, such as one of an own network. */
export function publicAuthority(directory: string): { readonly eab: boolean } | undefined {
  return publicAuthorities.get(URL.parse(directory)?.hostname ?? '')
}

/** Top-level names that no public authority issues for: RFC 6761, 6762, 7686, 8375, 9476, and the names of private networks. */
const privateSuffixes = [
  'localhost',
  'local',
  'internal',
  'test',
  'example',
  'invalid',
  'onion',
  'alt',
  'arpa',
  'lan',
  'home',
  'corp',
]

/**
 * Why no certificate can be ordered for a host; undefined: one can. `open`: by a public authority. An address is refused
 * for all: SNI has none (RFC 6066 3), so that the certificate could not be found (RFC 8738 needs another challenge).
 */
export function orderObstacle(hostname: string, open: boolean): string | undefined {
  const host = hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0) {
    return isOwnNetwork(host) ? 'it is a private address, not a name' : 'it is an address, not a name'
  }
  if (!/^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.?)+$/.test(host)) return 'it is no host name of DNS'
  if (!open) return undefined
  const labels = host.split('.')
  if (labels.length === 1) return 'it is a single label, known in your network only'
  const last = labels.at(-1)!
  return privateSuffixes.includes(last) ? `names below .${last} belong to nobody in public DNS` : undefined
}
