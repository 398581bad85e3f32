// Header fields of a request, checked in one pass and looked up by lower-case name afterwards.

export interface HeaderIndex {
  /**
   * Undefined when absent. A single-valued field that came twice was already refused; others are joined, Cookie by
   * `; ` (RFC 9113 8.2.3) and lists by `, ` (RFC 9110 5.3).
   */
  readonly get: (name: string) => string | undefined
  readonly has: (name: string) => boolean
}

// Two of these would let two readers see two requests.
const single = new Set(
  `host content-length content-type transfer-encoding authorization proxy-authorization expect upgrade origin referer
   user-agent range content-range if-modified-since if-unmodified-since if-range max-forwards from date
   sec-websocket-key sec-websocket-version sec-fetch-dest sec-fetch-mode sec-fetch-site x-requested-with
   device-posture x-device-signature`.split(/\s+/),
)

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const value = /^[\t\x20-\x7e\x80-\xff]*$/

/** The index, or what is wrong. Bounded work: count and bytes are checked first. */
export function checkHeaders(
  flat: readonly string[],
  limits: { readonly headerCount: number; readonly headerBytes: number },
): HeaderIndex | string {
  const count = flat.length / 2
  if (count > limits.headerCount) return 'header_size'
  let bytes = 0
  const names: string[] = Array.from({ length: count })
  for (let i = 0; i < count; i++) {
    const name = flat[2 * i]!
    const text = flat[2 * i + 1]!
    bytes += name.length + text.length
    if (bytes > limits.headerBytes) return 'header_size'
    if (!token.test(name)) return 'header_name'
    if (!value.test(text)) return 'header_value'
    const lower = name.toLowerCase()
    if (single.has(lower) && names.includes(lower)) return 'header_twice'
    names[i] = lower
  }
  return {
    has: (name) => names.includes(name),
    get(name) {
      const first = names.indexOf(name)
      if (first < 0) return undefined
      if (names.indexOf(name, first + 1) < 0) return flat[2 * first + 1]
      const all = flat.filter((_, i) => i % 2 === 1 && names[(i - 1) / 2] === name)
      return all.join(name === 'cookie' ? '; ' : ', ')
    },
  }
}
