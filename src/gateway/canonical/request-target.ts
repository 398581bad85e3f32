// The canonical form of a request target, and the spellings that have none. Pure: text in, value out.

/**
 * Spellings that are harmless to an app without path rules, but that some servers read as another path than we do.
 * `encoded`: an encoded `/ ; ? #`. `segments`: an empty segment, a `;`, a segment ending in a dot or a space, an escape
 * within an escape, or a full-width dot, slash or backslash, which some systems take for the plain one.
 */
export interface CanonicalTarget {
  /** What is forwarded: percent-encoding normalised (RFC 3986 6.2.2), unreserved characters decoded, hex in capitals. */
  readonly wire: string
  /** What policy looks at: `wire` with every printable ASCII character decoded but `/ ; ? # %`, as upstreams will. */
  readonly path: string
  /** '' or '?...', as sent. */
  readonly query: string
  readonly encoded: boolean
  readonly segments: boolean
}

const simplePath = /^\/[A-Za-z0-9\-_~!$&'()*+,=:@/.]*$/
const simpleQuery = /^(?:\?[A-Za-z0-9\-._~!$&'()*+,;=:@/?%[\]{}|^`]*)?$/

/** Takes the origin-form only (RFC 9112 3.2.1). Undefined: has no canonical form; answer 400. */
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
  return { ...normal, query, segments: absoluteForm.test(normal.path) }
}

/** A dot segment, also between encoded slashes: an app that may have those would climb by it once it decodes them. */
const dotSegment = /(?:\/|%2F)\.{1,2}(?=\/|%2F|$)/
const absoluteForm = /\/\/|;|(?:\.|%20)(?:\/|$)|%25(?:25)*[0-9A-Fa-f]{2}|%EF%BC%(?:8E|8F|BC)/
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
    const meaning = String.fromCharCode(byte)
    if (rejectedByte(byte, path, i)) return undefined
    const kept = `%${hex.toUpperCase()}`
    wire += /[A-Za-z0-9\-_~]/.test(meaning) ? meaning : kept
    out += byte > 0x20 && byte < 0x7f && !'/;?#%'.includes(meaning) ? meaning : kept
    encoded ||= '/;?#'.includes(meaning)
    i += 2
  }
  return { wire, path: out, encoded }
}

/**
 * Control bytes, an encoded backslash or dot, bytes that only overlong UTF-8 has (RFC 3629 section 10), and a
 * percent sign that hides a slash, backslash, dot or NUL from the first of two decoders.
 */
function rejectedByte(byte: number, path: string, at: number): boolean {
  if (byte < 0x20 || byte === 0x7f || byte === 0x5c || byte === 0x2e || byte === 0xc0 || byte === 0xc1) return true
  if (/^%[89]/.test(path.slice(at + 3, at + 5)) && (byte === 0xe0 || (byte === 0xf0 && path[at + 4] === '8')))
    return true
  return byte === 0x25 && /^(?:2[EF]|5C|00)/i.test(path.slice(at + 3, at + 5))
}
