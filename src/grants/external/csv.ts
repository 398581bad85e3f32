// The register of external access as CSV (RFC 4180) that is safe to open in a spreadsheet.

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
  from: ({ from }) => (from <= 0 ? '' : iso(from)),
  until: ({ until }) => iso(until),
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
 * Spreadsheets take what begins with one of these for a formula, also behind blanks (OWASP: CSV injection): an
 * apostrophe makes it a text.
 */
export function cell(value: string): string {
  const text = value.toWellFormed().replaceAll('\0', '\ufffd')
  const harmless = /^[\s\u00a0\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20|%]|^[\t\r\n]/.test(text) ? `'${text}` : text
  return /[",\r\n\t;']/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

function iso(at: number): string {
  return Temporal.Instant.fromEpochMilliseconds(Math.min(at, 253_402_300_799_000)).toString({ smallestUnit: 'second' })
}
