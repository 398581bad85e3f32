// A section of `einlass status`: its lines, and what of it needs attention.

import type { Status } from '../../server/management/status.ts'

export interface Section {
  /** In the order of the output. Untrusted values are escaped. `zone`: IANA name for times. */
  lines(now: Status, zone: string): readonly string[]
  /** Sentences without a dot at their end; each makes the exit code 1. */
  problems(now: Status, zone: string): readonly string[]
}

/** A line with its label; without one it belongs to the line above. */
export function line(label: string, text: string): string {
  return `${label.padEnd(14)} ${text}`
}
