// Text tables for a terminal: padded columns, one line per row.

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd()
  return [head, ...rows].map((cells) => `${line(cells)}\n`).join('')
}

/** Replaces control characters: untrusted values must not move the cursor or break a line. */
export function escapeControls(value: unknown): string {
  return String(value ?? '-').replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}

/** ISO 8601 of epoch milliseconds `at`, in `zone` (IANA name); `-` if not a number. */
export function formatTime(at: unknown, zone: string): string {
  if (typeof at !== 'number' || !Number.isFinite(at)) return '-'
  const zoned = Temporal.Instant.fromEpochMilliseconds(Math.floor(at)).toZonedDateTimeISO(zone)
  return zoned.toString({ smallestUnit: 'second', timeZoneName: 'never' })
}
