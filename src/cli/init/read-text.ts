// Readers of plain answers: short texts without control characters, yes or no, mail addresses, time zones.

import { emailOf } from '../../identity/users/email.ts'
import { accepted, rejected, type Read, type Reading } from './answer.ts'
import type { Messages } from './messages/en.ts'

/** A text that may be written into the configuration as it is. Texts with a meaning of their own there are refused. */
export function readText(t: Messages): (text: string) => Reading<string> {
  return (text) => {
    if (text === '') return rejected(t.needed)
    if (text.length > 200) return rejected(t.tooLong)
    if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Cn}]/u.test(text)) return rejected(t.unprintable)
    // `secret-references.ts` reads the file or variable that such a value names.
    if (/^(?:env|file):/.test(text)) return rejected(t.secretReference)
    return accepted(text)
  }
}

export function readYesOrNo(t: Messages): Read<boolean> {
  return (text) => {
    const [first] = text.toLowerCase()
    if (first === t.yes || first === 'y') return accepted(true)
    return first === t.no || first === 'n' ? accepted(false) : rejected(t.yesOrNo)
  }
}

export function readTimeZone(t: Messages): Read<string> {
  return (text) => {
    // `Temporal` takes offsets as well, which know no summer time.
    if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(text)) return rejected(t.timeZone.invalid)
    try {
      return accepted(Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(text).timeZoneId)
    } catch {
      return rejected(t.timeZone.invalid)
    }
  }
}

export function isMail(text: string): boolean {
  return emailOf(text) !== undefined && /^[\x21-\x7e]+$/.test(text)
}
