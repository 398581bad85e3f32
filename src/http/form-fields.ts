// Form fields: splits an `application/x-www-form-urlencoded` body into names and values, byte by byte, in whatever charset.

/** Each character stands for one byte (U+0000 to U+00FF): the charset of a form is not stated, and need not be known. */
export interface FormField {
  readonly name: string
  readonly value: string
}

/**
 * In order, repeated names and empty values included (WHATWG URL 5.1, without its last step, the decoding). Undefined when there
 * are more than `max`.
 */
export function formFields(body: Buffer, max: number): readonly FormField[] | undefined {
  const text = body.toString('latin1')
  const fields: FormField[] = []
  for (let from = 0; from < text.length;) {
    const ampersand = text.indexOf('&', from)
    const end = ampersand === -1 ? text.length : ampersand
    if (end > from) {
      if (fields.length === max) return undefined
      const pair = text.slice(from, end)
      const equals = pair.indexOf('=')
      const [name, value] = equals === -1 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
      fields.push({ name: bytesOf(name), value: bytesOf(value) })
    }
    from = end + 1
  }
  return fields
}

/** `%` without two hexadecimal digits stands for itself. */
function bytesOf(encoded: string): string {
  return encoded
    .replaceAll('+', ' ')
    .replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
}
