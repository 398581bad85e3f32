// WWW-Authenticate of our 401 responses: a scheme of its own, because a request is signed in by a cookie and by no known scheme.

import { isUnescapedWord } from '../../http/field-syntax.ts'

/**
 * RFC 9110 15.5.2: a 401 has at least one challenge. `Bearer` or `Basic` would have clients send what is never read, or ask the
 * user for a password; browsers and programs pass over a scheme that they do not know.
 */
export const sessionScheme = 'Einlass-Session'

/**
 * A stronger sign-in, in the parameters of RFC 9470 section 3. `maxAge`: milliseconds. Values that would need escaping are left
 * out (quoted-string, RFC 9110 section 5.6.4).
 */
export function stepUpChallenge(acrValues: readonly string[], maxAge: number | undefined): string {
  const parameters = ['error="insufficient_user_authentication"', 'error_description="A stronger sign-in is required"']
  const values = acrValues.filter(isUnescapedWord)
  if (values.length > 0) parameters.push(`acr_values="${values.join(' ')}"`)
  if (maxAge !== undefined) parameters.push(`max_age=${Math.floor(maxAge / 1000)}`)
  return `${sessionScheme} ${parameters.join(', ')}`
}
