// Parses origins, hosts, listener addresses and CIDR networks of the configuration.

import { isIP, isIPv4 } from 'node:net'
import { isLoopback } from '../net/loopback.ts'

export type Origin =
  | {
      readonly ok: true
      readonly origin: string
      readonly host: string
      readonly hostname: string
      readonly secure: boolean
    }
  | { readonly ok: false; readonly message: string }

/**
 * `http(s)://host[:port]` and nothing more. `plain: 'loopback'` accepts `http:` for loopback hosts only.
 * Messages never quote the text: it may contain credentials.
 */
export function parseOrigin(text: string, plain: 'loopback' | 'anywhere'): Origin {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return { ok: false, message: 'expected an address such as https://wiki.example.com' }
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { ok: false, message: 'expected https: or http:' }
  if (url.username !== '' || url.password !== '')
    return { ok: false, message: 'must not contain a user name or password' }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '' || /[?#]$/.test(text)) {
    return { ok: false, message: 'must be an origin only: without path, query and #' }
  }
  const hostname = url.hostname
  if (hostname.endsWith('.') || hostname === '' || /[*_%]/.test(hostname)) {
    return { ok: false, message: 'the host name is not valid' }
  }
  if (url.protocol === 'http:' && plain === 'loopback' && !isLoopback(hostname)) {
    return { ok: false, message: 'http: is only for localhost, *.localhost and loopback addresses; use https:' }
  }
  return { ok: true, origin: url.origin, host: url.host, hostname, secure: url.protocol === 'https:' }
}

export type ParsedAddress =
  (Extract<Origin, { ok: true }> & { readonly path: string }) | { readonly ok: false; readonly message: string }

/** Segments without characters that a request could spell in another way. */
const pathMessage = 'a path has letters, digits and - . _ ~ between its slashes, such as /wiki'
const withPath = /^(https?:\/\/[^/?#\\]*)(\/[^?#]*)?$/i
const pathPrefix = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9\-._~]{1,255}){0,16}\/?$/

/** `http(s)://host[:port][/path]`; `path` is '' or without a slash at its end. Messages never quote the text. */
export function parsePublicAddress(text: string): ParsedAddress {
  const parts = withPath.exec(text)
  const origin = parseOrigin(parts?.[1] ?? text, 'loopback')
  if (!origin.ok) return origin
  const path = (parts?.[2] ?? '').replace(/\/$/, '')
  if (!pathPrefix.test(path) || path.endsWith('.')) {
    return { ok: false, message: pathMessage }
  }
  if (/^\/\.einlass(?:\/|$)/i.test(path)) return { ok: false, message: 'paths below /.einlass are those of Einlass' }
  return { ...origin, path }
}

export type UpstreamPath =
  | { readonly ok: true; readonly origin: string; readonly path: string | undefined }
  | { readonly ok: false; readonly message: string }

/**
 * Takes the path off an upstream `SCHEME://host[:port][/path]`; the rest is not checked. `path`: '' or without a slash at
 * its end; undefined: none was written, not even `/`. Messages never quote the text.
 */
export function splitUpstreamPath(text: string): UpstreamPath {
  const parts = /^([a-z0-9]+:\/\/[^/?#\\]+)(\/[^?#]*)$/i.exec(text)
  if (parts === null) return { ok: true, origin: text, path: undefined }
  const path = parts[2]!.replace(/\/$/, '')
  if (!pathPrefix.test(path) || path.endsWith('.')) return { ok: false, message: pathMessage }
  return { ok: true, origin: parts[1]!, path }
}

/** `host:port` or `[v6]:port`; port 0 lets the system choose. */
export function parseListen(text: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text)
  if (match === null) return undefined
  const host = match[1] ?? match[2]!
  const port = Number(match[3])
  if (port > 65_535 || (match[1] !== undefined && isIP(host) !== 6)) return undefined
  // Only digits and dots: must be a valid IPv4 address.
  if (/^[\d.]+$/.test(host) && !isIPv4(host)) return undefined
  return { host, port }
}

/** Canonical CIDR, or undefined. A single address is a network of one. */
export function parseCidr(text: string): { cidr: string; prefix: number; family: 4 | 6 } | undefined {
  const match = /^([0-9a-fA-F:.]+)(?:\/(\d{1,3}))?$/.exec(text)
  if (match === null) return undefined
  const family = isIP(match[1]!)
  if (family === 0) return undefined
  const bits = family === 4 ? 32 : 128
  const prefix = match[2] === undefined ? bits : Number(match[2])
  if (prefix > bits || (match[2] !== undefined && match[2] !== String(prefix))) return undefined
  return { cidr: `${match[1]!.toLowerCase()}/${prefix}`, prefix, family: family === 4 ? 4 : 6 }
}
