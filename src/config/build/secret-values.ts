// Checks a secret of the configuration: redacted in messages, warned about when in clear text or short.

import { isLiteral, type Diagnostics, type Place } from './diagnostics.ts'

/** Characters; shorter ones can be guessed. */
export const shortestSecret = 16

export function checkSecretValue(check: Diagnostics, place: Place, secret: string, word: 'secret' | 'password'): void {
  check.secret(secret)
  if (isLiteral(place)) check.warn(place, `${word} in clear text; use env:NAME or file:PATH`)
  if (secret.length < shortestSecret) {
    check.warn(
      place,
      `${word} of fewer than ${shortestSecret} characters: it can be guessed; set a longer one there and here`,
    )
  }
}
