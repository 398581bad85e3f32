// Table of what `npm run test:apps` saw: application, client, HTTP/1 server of the gateway, outcome.

export interface Outcome {
  readonly application: string
  readonly client: string
  readonly http1: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  readonly detail: string
}

export function outcomes(results: readonly Outcome[]): string {
  const head = ['application', 'client', 'http1', 'outcome', 'seen']
  const rows = results.map(({ application, client, http1, outcome, detail }) => [
    application,
    client,
    http1,
    outcome,
    detail,
  ])
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((cells) => cells[column]!.length)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (at === cells.length - 1 ? cell : cell.padEnd(widths[at]!)))
      .join('  ')
      .trimEnd()
  return [line(head), line(head.map((name) => '-'.repeat(name.length))), ...rows.map(line)].join('\n')
}
