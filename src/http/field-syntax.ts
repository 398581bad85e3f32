// Syntax of HTTP header fields, request targets and framing (RFC 9110 5, RFC 9112), defined once for every parser.

const tchar = "!#$%&'*+\\-.^_`|~0-9A-Za-z"
/** VCHAR, SP, HTAB and obs-text: no CR or LF, so no header injection. */
const text = '\\t\\x20-\\x7e\\x80-\\xff'

const token = new RegExp(`^[${tchar}]+$`)
const notInValue = new RegExp(`[^${text}]`)
const quotedString = `"(?:[\\t\\x20!\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[${text}])*"`
const chunkExtensions = new RegExp(`^(?:;[${tchar}]+(?:=(?:[${tchar}]+|${quotedString}))?)*$`)

/** RFC 9110 5.6.2: the syntax of a field name (5.1) and a method (9.1). */
export function isToken(name: string): boolean {
  return token.test(name)
}

/** RFC 9110 5.5, as latin1, with or without the surrounding white space RFC 9112 5.1 allows. */
export function isFieldValue(value: string): boolean {
  return !notInValue.test(value)
}

/** The same without obs-text, which RFC 9110 5.5 allows for legacy fields only. */
export function isAsciiFieldValue(value: string): boolean {
  return !/[^\t\x20-\x7e]/.test(value)
}

/** Parses a field line without its line end (RFC 9112 5) into name and value. Undefined when malformed. */
export function parseFieldLine(line: string): readonly [name: string, value: string] | undefined {
  const colon = line.indexOf(':')
  const name = line.slice(0, Math.max(0, colon))
  let start = colon + 1
  let end = line.length
  while (start < end && isBlank(line.charCodeAt(start))) start++
  while (end > start && isBlank(line.charCodeAt(end - 1))) end--
  const value = line.slice(start, end)
  return isToken(name) && isFieldValue(value) ? [name, value] : undefined
}

/** SP or HTAB, the white space of a message (RFC 9110 5.6.3). */
export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

/** RFC 9110 8.6, in bytes; at most 15 digits, which a number represents exactly. Undefined: not a single number. */
export function parseContentLength(value: string): number | undefined {
  return /^\d{1,15}$/.test(value) ? Number(value) : undefined
}

/**
 * RFC 9112 3.2: no white space, control or line end, which would split the request line. Bytes above ASCII as latin1: no URI
 * (RFC 3986) has them, but clients do send them in queries.
 */
export function isRequestTarget(target: string): boolean {
  return /^[\x21-\x7e\x80-\xff]+$/.test(target)
}

/** True when a response head begins with a status line of HTTP/1.x (RFC 9112 4). */
export function startsWithStatusLine(head: string): boolean {
  return /^HTTP\/1\.[01] \d{3}[ \r]/.test(head)
}

/** RFC 9112 7.1.1, from the first `;`. Without BWS, which a sender must not generate. */
export function isChunkExtensions(extensions: string): boolean {
  return chunkExtensions.test(extensions)
}

/** NQCHAR of RFC 6749 appendix A: needs no escaping in a quoted-string (RFC 9110 5.6.4) and contains no space. */
export function isUnescapedWord(word: string): boolean {
  return /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(word)
}
