// CSV export (RFC 4180) of the register of external access, safe against CSV injection in spreadsheets.

import { hasBeginning, lastDayOf } from '../../policy/grant-period.ts'
import type { ExternalLine } from './register.ts'

const columns: Readonly<Record<string, (line: ExternalLine) => string | undefined>> = {
  grant: ({ id }) => id,
  person: ({ name }) => name,
  email: ({ email }) => email,
  account: ({ who }) => who,
  organisation: ({ organisation }) => organisation,
  app: ({ app }) => app,
  title: ({ title }) => title,
  level: ({ level }) => level,
  from: (line) => (hasBeginning(line) ? iso(line.from) : ''),
  until: endOf,
  schedule: ({ schedule }) => schedule,
  sponsor: ({ sponsor }) => sponsor,
  contract: ({ contract }) => contract,
  reason: ({ reason }) => reason,
  given_by: ({ givenBy, declaredAt }) => declaredAt ?? givenBy,
  state: ({ state }) => state,
  last_used: ({ lastUsed }) => (lastUsed === undefined ? '' : iso(lastUsed)),
  remarks: ({ remarks }) => remarks.join(' '),
}

export function externalCsv(lines: readonly ExternalLine[]): string {
  const head = Object.keys(columns).join(',')
  const rows = lines.map((line) =>
    Object.values(columns)
      .map((column) => cell(column(line) ?? ''))
      .join(','),
  )
  return [head, ...rows].map((row) => `${row}\r\n`).join('')
}

/**
 * Prevents CSV injection (OWASP): spreadsheets read a cell that begins with one of these characters, even after spaces,
 * as a formula; a leading apostrophe makes it text.
 */
export function cell(value: string): string {
  const text = value.toWellFormed().replaceAll('\0', '\ufffd')
  const escaped = /^[\s\u00a0\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20|%]|^[\t\r\n]/.test(text) ? `'${text}` : text
  return /[",\r\n\t;']/.test(escaped) ? `"${escaped.replaceAll('"', '""')}"` : escaped
}

/** The last day of a grant that ends with it, as it was written. */
function endOf(line: ExternalLine): string {
  const day = line.state === 'revoked' ? undefined : lastDayOf(line)
  return day?.toString() ?? iso(line.until)
}

function iso(at: number): string {
  return Temporal.Instant.fromEpochMilliseconds(Math.min(at, 253_402_300_799_000)).toString({ smallestUnit: 'second' })
}
