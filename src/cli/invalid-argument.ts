// Error of an invalid option of `einlass explain`.

import { plain } from './table.ts'

/** The message is one line: option, problem, expected format. */
export class InvalidArgument extends Error {
  readonly code = 'invalid_argument'
}

/** The argument as typed, escaped and shortened for a message. */
export function checkedArgument(text: unknown): string {
  const shown = plain(text)
  return shown.length > 80 ? `${shown.slice(0, 79)}…` : shown
}
