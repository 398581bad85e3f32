// WWW-Authenticate of a 401 that a sign-in would resolve (RFC 9110 11.6.1), for which there is no registered scheme.

import { isUnescapedWord } from '../../http/field-syntax.ts'

/**
 * Field for a reply. Not `Bearer`: clients such as those of registries would ask for a token, and none is accepted. `signIn`:
 * absolute URL of the sign-in page.
 */
export function signInChallenge(signIn: string | undefined): readonly [string, string] {
  const stated = signIn !== undefined && isUnescapedWord(signIn)
  return ['WWW-Authenticate', stated ? `Einlass sign_in="${signIn}"` : 'Einlass']
}
