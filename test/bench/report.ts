// Figures as text: columns for a terminal, Markdown tables for the documentation.

/** Aligned columns. */
export function alignColumns(lines: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const cells of lines) {
    // A line with a single remark must not widen the columns.
    if (cells.length > 2) cells.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)))
  }
  return lines
    .map((cells) =>
      cells
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** A Markdown table; the first row is the head. Numbers are right-aligned. */
export function table([head = [], ...lines]: readonly (readonly string[])[]): string {
  const numeric = head.map((_, at) => at > 0 && lines.every((cells) => /^[\d.\s–-]*$/.test(cells[at] ?? '')))
  const row = (cells: readonly string[]): string =>
    `| ${head.map((_, at) => (cells[at] ?? '').replaceAll('|', '\\|')).join(' | ')} |`
  return [row(head), `|${numeric.map((right) => (right ? '--:' : '---')).join('|')}|`, ...lines.map(row)].join('\n')
}

/** Puts `text` between the markers `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`. Throws when the page has none. */
export function replaceSection(page: string, name: string, text: string): string {
  const [open, close] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`]
  const from = page.indexOf(open)
  const to = page.indexOf(close)
  if (from < 0 || to < from) throw new Error(`the page has no place for "${name}"`)
  return `${page.slice(0, from + open.length)}\n${text.trim()}\n${page.slice(to)}`
}
