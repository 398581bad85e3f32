// Canonical form of a request target: normalises percent-encoding, detects path traversal and ambiguous paths. Pure.

/**
 * `encoded` and `segments` mark spellings that some servers interpret as another path; harmless to an app without path
 * rules. `encoded`: an encoded `/ ; ? #`. `segments`: an empty segment, a `;`, a segment ending in a dot or a space, a
 * double escape, or a full-width dot, slash or backslash, which some systems convert to the ASCII one.
 */
export interface CanonicalTarget {
  /** Forwarded: percent-encoding normalised (RFC 3986 6.2.2), unreserved characters decoded, hex in upper case. */
  readonly wire: string
  /** Evaluated by policy: `wire` with every printable ASCII character but `/ ; ? # %` decoded, as upstreams do. */
  readonly path: string
  /** '' or '?...', as received. */
  readonly query: string
  readonly encoded: boolean
  readonly segments: boolean
}

const simplePath = /^\/[A-Za-z0-9\-_~!$&'()*+,=:@/.]*$/
const simpleQuery = /^(?:\?[A-Za-z0-9\-._~!$&'()*+,;=:@/?%[\]{}|^`]*)?$/

/** Accepts the origin-form only (RFC 9112 3.2.1). Undefined: no canonical form; respond with 400. */
export function canonicalTarget(target: string): CanonicalTarget | undefined {
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  const query = mark < 0 ? '' : target.slice(mark)
  if (!simpleQuery.test(query) || brokenEscape.test(query)) return undefined
  if (
    simplePath.test(path) &&
    !path.includes('/.') &&
    !path.includes('./') &&
    !path.includes('//') &&
    !path.endsWith('.')
  ) {
    return { wire: path, path, query, encoded: false, segments: false }
  }
  const normal = normalise(path)
  if (normal === undefined || dotSegment.test(normal.path)) return undefined
  return { ...normal, query, segments: ambiguousSegment.test(normal.path) }
}

/** A dot segment, also between encoded slashes: path traversal in an app that decodes those. */
const dotSegment = /(?:\/|%2F)\.{1,2}(?=\/|%2F|$)/
const ambiguousSegment = /\/\/|;|(?:\.|%20)(?:\/|$)|%25(?:25)*[0-9A-Fa-f]{2}|%EF%BC%(?:8E|8F|BC)/
const brokenEscape = /%(?![0-9A-Fa-f]{2})/
const unreservedBytes = /[A-Za-z0-9\-_~!$&'()*+,=:@/.;[\]|^]/

function normalise(path: string): { wire: string; path: string; encoded: boolean } | undefined {
  if (path[0] !== '/') return undefined
  let wire = ''
  let out = ''
  let encoded = false
  for (let i = 0; i < path.length; i++) {
    const character = path[i]!
    if (character !== '%') {
      if (!unreservedBytes.test(character)) return undefined
      wire += character
      out += character
      continue
    }
    const hex = path.slice(i + 1, i + 3)
    if (!/^[0-9A-Fa-f]{2}$/.test(hex)) return undefined
    const byte = Number.parseInt(hex, 16)
    const decoded = String.fromCharCode(byte)
    if (rejectedByte(byte, path, i)) return undefined
    const kept = `%${hex.toUpperCase()}`
    wire += /[A-Za-z0-9\-_~]/.test(decoded) ? decoded : kept
    out += byte > 0x20 && byte < 0x7f && !'/;?#%'.includes(decoded) ? decoded : kept
    encoded ||= '/;?#'.includes(decoded)
    i += 2
  }
  return { wire, path: out, encoded }
}

/**
 * Control bytes, an encoded backslash or dot, bytes found only in overlong UTF-8 (RFC 3629 section 10), and double
 * encoding of a slash, backslash, dot or NUL.
 */
function rejectedByte(byte: number, path: string, at: number): boolean {
  if (byte < 0x20 || byte === 0x7f || byte === 0x5c || byte === 0x2e || byte === 0xc0 || byte === 0xc1) return true
  if (/^%[89]/.test(path.slice(at + 3, at + 5)) && (byte === 0xe0 || (byte === 0xf0 && path[at + 4] === '8')))
    return true
  return byte === 0x25 && /^(?:2[EF]|5C|00)/i.test(path.slice(at + 3, at + 5))
}
