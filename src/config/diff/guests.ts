// Compares the settings of guests: who is sent codes no longer, and who newly.

import { isDeepStrictEqual } from 'node:util'
import type { Configuration } from '../configuration.ts'

/** That guests exist, or not, is a line of their provider (`diff.ts`). */
export function compareGuests(before: Configuration, after: Configuration): string[] {
  const [was, is] = [before.guests, after.guests]
  if (was === undefined || is === undefined) return []
  const lines: string[] = []
  if ((was.mail === undefined) !== (is.mail === undefined)) {
    lines.push(
      is.mail === undefined
        ? 'guests: can no longer sign in, and their sessions end'
        : 'guests: can sign in with a code sent by mail',
    )
  }
  if (!isDeepStrictEqual(was.domains, is.domains)) {
    const domains = is.domains.length === 0 ? 'any domain that no provider lists' : is.domains.join(', ')
    lines.push(`guests: codes are sent to ${domains}`)
  }
  return lines
}
