// A fact of `einlass explain` that makes no sense.

import { plain } from './table.ts'

/** The message is one line: which option, what is wrong with it, how to write it. */
export class InvalidArgument extends Error {
  readonly code = 'bad_fact'
}

/** As typed, short enough for a line. */
export function checkedArgument(text: unknown): string {
  const shown = plain(text)
  return shown.length > 80 ? `${shown.slice(0, 79)}…` : shown
}
