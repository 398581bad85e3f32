// Table of the provider tests as Markdown: a row for each provider, a column for each scenario.

import { never } from '../../src/policy/never.ts'
import type { ScenarioName } from './scenario-names.ts'

export type Outcome =
  /** `took`: milliseconds. */
  | { readonly state: 'works'; readonly took: number; readonly note: string }
  | { readonly state: 'fails'; readonly why: string }
  /** What this provider does not offer. */
  | { readonly state: 'none'; readonly why: string }

export interface Row {
  readonly provider: string
  readonly outcomes: ReadonlyMap<ScenarioName, Outcome>
}

export function printOutcome(outcome: Outcome): string {
  switch (outcome.state) {
    case 'works':
      return `works  ${outcome.took} ms${outcome.note && `  (${outcome.note})`}`
    case 'fails':
      return `FAILS  ${outcome.why}`
    case 'none':
      return `-      ${outcome.why}`
    default:
      return never(outcome)
  }
}

export function printTable(rows: readonly Row[], scenarios: readonly ScenarioName[]): string {
  const cell = (outcome: Outcome | undefined): string => {
    if (outcome === undefined) return ''
    if (outcome.state === 'works') return `${outcome.took} ms`
    return outcome.state === 'fails' ? '**fails**' : '–'
  }
  const lines = [
    ['provider', ...scenarios],
    ['---', ...scenarios.map(() => '---')],
    ...rows.map(({ provider, outcomes }) => [provider, ...scenarios.map((name) => cell(outcomes.get(name)))]),
  ]
  return lines.map((line) => `| ${line.join(' | ')} |\n`).join('')
}

/** What was counted, by provider and scenario. */
export function printNotes(rows: readonly Row[]): string {
  return rows
    .flatMap(({ provider, outcomes }) =>
      [...outcomes].map(([name, outcome]) =>
        outcome.state === 'works' && outcome.note !== '' ? `- ${provider}, ${name}: ${outcome.note}\n` : '',
      ),
    )
    .join('')
}
