// Text as the value of a header field: beyond ASCII as bytes of UTF-8, nothing that a field cannot represent.

/**
 * UTF-8 bytes as a binary string, one character per byte (opaque data in RFC 9110 5.5). Undefined for control characters,
 * white space at the ends and the empty text, which a field cannot represent.
 */
export function fieldText(value: string): string | undefined {
  if (value === '' || value.trim() !== value || !value.isWellFormed() || /\p{Cc}/u.test(value)) return undefined
  return /[^\x20-\x7e]/.test(value) ? Buffer.from(value, 'utf8').toString('latin1') : value
}
