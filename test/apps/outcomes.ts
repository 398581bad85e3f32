// Table of what `npm run test:apps` saw: printed, and as the page `docs/reference/applications.md`.

export type Word = 'works' | 'works, see remark' | 'skipped' | 'FAILS'

export interface Outcome {
  readonly application: string
  readonly version: string
  readonly recipe: string | undefined
  readonly client: string
  /** HTTP/1 server of the gateway; empty when nothing was started. */
  readonly http1: string
  readonly outcome: Word
  readonly detail: string
}

export function outcomes(results: readonly Outcome[]): string {
  const head = ['application', 'version', 'client', 'http1', 'outcome', 'seen']
  const rows = results.map(({ application, version, client, http1, outcome, detail }) => [
    application,
    version,
    client,
    http1,
    outcome,
    detail.replaceAll(/\s+/g, ' '),
  ])
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((cells) => cells[column]!.length)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (at === cells.length - 1 ? cell : cell.padEnd(widths[at]!)))
      .join('  ')
      .trimEnd()
  return [line(head), line(head.map((name) => '-'.repeat(name.length))), ...rows.map(line)].join('\n')
}

/**
 * Both HTTP/1 servers in one row where they agree. `titles`: of all applications, in order; those without results keep
 * their rows of `previous`, the page so far.
 */
export function outcomesPage(results: readonly Outcome[], titles: readonly string[], previous: string): string {
  const rows = previous.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| application |'))
  const lines = titles.flatMap((title) => {
    const own = results.filter(({ application }) => application === title)
    return own.length === 0 ? rows.filter((row) => row.startsWith(`| ${title} |`)) : rowsOf(own)
  })
  const applications = new Set(lines.map((line) => line.split(' | ')[0])).size
  const count = (word: Word): number => lines.filter((line) => line.split(' | ')[3]!.startsWith(word)).length
  const works = count('works') - count('works, see remark')
  return `# Applications tried

Written by \`npm run test:apps\`, which starts each application, puts it behind Einlass and drives it by its own clients and by Chromium, once with each HTTP/1 server (\`gateway.http1\`). ${applications} applications, ${lines.length} rows: ${works} work, ${count('works, see remark')} work with the remark, ${count('skipped')} skipped, ${count('FAILS')} fail. What to set: [Applications](../guides/applications/README.md).

| application | version | client | outcome | seen | |
|---|---|---|---|---|---|
${lines.join('\n')}
`
}

function rowsOf(results: readonly Outcome[]): string[] {
  const rows = new Map<string, Outcome & { readonly servers: readonly string[] }>()
  for (const one of results) {
    const key = [one.client, one.outcome].join('\n')
    const known = rows.get(key)
    rows.set(key, known ? { ...known, servers: [...known.servers, one.http1] } : { ...one, servers: [one.http1] })
  }
  return [...rows.values()].map(({ application, version, recipe, client, outcome, detail, servers }) => {
    const link = recipe === undefined ? '' : `[recipe](../guides/applications/${recipe})`
    const only = servers.length === 1 && servers[0] !== '' ? ` (\`http1: ${servers[0]}\` only)` : ''
    return `| ${[application, version, client, outcome + only, plain(detail), link].join(' | ')} |`
  })
}

/** Text of programs in a cell: no markup of its own, at most 300 characters. */
function plain(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/(https?:\/\/[a-z.-]+\.localhost|127\.0\.0\.1):\d+/g, '$1')
    .replaceAll(/[\\`*_[\]<>|]/g, String.raw`\$&`)
    .slice(0, 300)
}
