// Says which field of a response is invalid: for the log, once the header rules have rejected the response.

import { isFieldValue, isToken } from '../../http/field-syntax.ts'
import { inDoubt } from './repeated-fields.ts'
import type { RawHeaders } from './response-headers.ts'

/** `received`: rejected by `ResponseHeaderRules`. Never quotes a value: it may be a secret of a user. */
export function invalidField(received: RawHeaders): string {
  const values = new Map<string, string>()
  for (let i = 0; i < received.length; i += 2) {
    const name = received[i]!.toString('latin1')
    const value = (received[i + 1] ?? '').toString('latin1')
    if (!isToken(name)) return 'a field whose name is no token'
    if (!isFieldValue(value)) return `an invalid value: ${name.slice(0, 64)}`
    const lower = name.toLowerCase()
    if (!inDoubt.has(lower)) continue
    if ((values.get(lower) ?? value) !== value) return `two different values: ${name}`
    values.set(lower, value)
  }
  return 'an invalid field'
}
