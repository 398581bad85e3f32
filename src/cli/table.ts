// Columns for people: as wide as they need, one line a row.

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd()
  return [head, ...rows].map((cells) => `${line(cells)}\n`).join('')
}

/** What came from outside never moves the cursor or breaks a line. */
export function plain(value: unknown): string {
  return String(value ?? '-').replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}

/** Epoch milliseconds with the offset of `zone`, an IANA name: this machine's when left out. */
export function moment(at: unknown, zone: string = Temporal.Now.timeZoneId()): string {
  if (typeof at !== 'number' || !Number.isFinite(at)) return '-'
  const zoned = Temporal.Instant.fromEpochMilliseconds(Math.floor(at)).toZonedDateTimeISO(zone)
  return zoned.toString({ smallestUnit: 'second', timeZoneName: 'never' })
}
