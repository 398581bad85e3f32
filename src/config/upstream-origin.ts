// Origin of an upstream as `to` states it: http, https, h2c with host and port, or a unix socket; and where it leads to.

import { parseOrigin } from './address.ts'

export type UpstreamOrigin =
  { readonly ok: true; readonly origin: string } | { readonly ok: false; readonly message: string }

/** Where connections to an upstream go. */
export interface UpstreamEndpoint {
  /** Name or address without brackets; '' for a unix socket. */
  readonly hostname: string
  readonly port: number
  readonly secure: boolean
  /** Path of the unix socket. */
  readonly socketPath: string | undefined
  /** `always`: without negotiation (RFC 9113 3.3). `negotiated`: by ALPN, where a request needs it. */
  readonly http2: 'never' | 'negotiated' | 'always'
}

/** Bytes of a socket path, of which the kernel takes 107. */
const maxSocketPath = 107

/** Messages never quote the text: it may contain credentials. */
export function parseUpstreamOrigin(text: string): UpstreamOrigin {
  if (/^unix:/i.test(text)) return parseSocket(text)
  const cleartextHttp2 = /^h2c:\/\//i.test(text)
  const parsed = parseOrigin(cleartextHttp2 ? `http${text.slice(3)}` : text, 'anywhere')
  if (!parsed.ok) {
    const message = parsed.message === 'expected https: or http:' ? 'expected https:, http:, h2c: or unix:' : undefined
    return { ok: false, message: message ?? parsed.message }
  }
  if (!cleartextHttp2) return { ok: true, origin: parsed.origin }
  return { ok: true, origin: `h2c${parsed.origin.slice(4)}` }
}

/** `origin`: a result of `parseUpstreamOrigin`. */
export function upstreamEndpoint(origin: string): UpstreamEndpoint {
  if (origin.startsWith('unix:')) {
    return { hostname: '', port: 0, secure: false, socketPath: decodeURIComponent(origin.slice(5)), http2: 'never' }
  }
  const always = origin.startsWith('h2c:')
  const { hostname, port, protocol } = new URL(always ? `http${origin.slice(3)}` : origin)
  const secure = protocol === 'https:'
  return {
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (secure ? 443 : 80),
    secure,
    socketPath: undefined,
    http2: always ? 'always' : secure ? 'negotiated' : 'never',
  }
}

/** The origin as the application would write it in a Location; undefined: it cannot write one. */
export function locationOrigin(origin: string): string | undefined {
  if (origin.startsWith('unix:')) return undefined
  return origin.startsWith('h2c:') ? `http${origin.slice(3)}` : origin
}

/** `unix:/run/app.sock` or `unix:///run/app.sock`; percent-encoding as in any URL. */
function parseSocket(text: string): UpstreamOrigin {
  const written = text.slice(5).replace(/^\/\/(?=\/)/, '')
  const path = decoded(written)
  if (path === undefined || path[0] !== '/' || path.startsWith('//')) {
    return { ok: false, message: 'expected an absolute path such as unix:/run/app.sock' }
  }
  if (/[\0-\x1f\x7f]/.test(path)) return { ok: false, message: 'the path of the socket contains a control character' }
  if (path.endsWith('/') || /(?:^|\/)\.{1,2}(?:\/|$)/.test(path)) {
    return { ok: false, message: 'the path of the socket must be that of a file, without . and ..' }
  }
  if (Buffer.byteLength(path) > maxSocketPath) {
    return { ok: false, message: `the path of the socket is longer than ${maxSocketPath} bytes` }
  }
  return { ok: true, origin: `unix:${encodeURI(path).replace(/[?#]/g, encodeURIComponent)}` }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
