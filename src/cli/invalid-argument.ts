// Error of an invalid option of `einlass explain`.

import { escapeControls } from './table.ts'

/** The message is one line: option, problem, expected format. */
export class InvalidArgument extends Error {
  readonly code = 'invalid_argument'
}

/** The argument as typed, escaped and shortened for a message. */
export function printableArgument(text: unknown): string {
  const shown = escapeControls(text)
  return shown.length > 80 ? `${shown.slice(0, 79)}…` : shown
}
