// Filter of the register of external access: words and state, from the query of a GET form.

import { fieldsOf } from '../kit/form.ts'
import { maxQuery, wordsOf } from '../kit/word-search.ts'
import type { ExternalLine } from '../../grants/external/register.ts'

/** `warned`: with a remark, whatever the state. */
export const filterStates = ['counts', 'coming', 'over', 'revoked', 'warned'] as const

export interface ExternalFilter {
  /** Words of person, organisation, application, sponsor or contract; shown in the field only, since any link can carry them. */
  readonly q: string
  readonly state: (typeof filterStates)[number] | ''
}

/** What is unknown filters nothing. */
export function filterOf(query: string): ExternalFilter {
  const fields = fieldsOf(query)
  return {
    q: (fields('q') ?? '').slice(0, maxQuery).trim(),
    state: filterStates.find((known) => known === fields('state')) ?? '',
  }
}

export function filtered(lines: readonly ExternalLine[], { q, state }: ExternalFilter): readonly ExternalLine[] {
  const matches = wordsOf(q)
  return lines.filter((line) => {
    if (state !== '' && (state === 'warned' ? line.remarks.length === 0 : line.state !== state)) return false
    const { name, email, who, organisation, app, title, sponsor, contract } = line
    return matches === undefined || matches([name, email, who, organisation, app, title, sponsor, contract])
  })
}
