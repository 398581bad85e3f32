// Table of the provider tests as Markdown: a row for each provider, a column for each scenario.

import { never } from '../../src/policy/never.ts'
import type { ScenarioName } from './scenario-names.ts'

export type Outcome =
  /** `took`: milliseconds; 0: not measured. */
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
      return `works${outcome.took > 0 ? `  ${outcome.took} ms` : ''}${outcome.note && `  (${outcome.note})`}`
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
    if (outcome.state === 'works') return outcome.took > 0 ? `${outcome.took} ms` : 'works'
    return outcome.state === 'fails' ? '**fails**' : '–'
  }
  const lines = [
    ['provider', ...scenarios],
    ['---', ...scenarios.map(() => '---')],
    ...rows.map(({ provider, outcomes }) => [provider, ...scenarios.map((name) => cell(outcomes.get(name)))]),
  ]
  return lines.map((line) => `| ${line.join(' | ')} |\n`).join('')
}
