// What about a line of an access review asks for an explicit answer; a line about which nothing does is kept by default.

import { noEnd } from '../../policy/grant-period.ts'
import type { ReviewLine } from './lines.ts'
import { quarter, type ReviewNote } from './notes.ts'

/** `unused`: not in 90 days; `seldom`: in 90, not in 30. The last three are warnings. */
export type Attention = 'unused' | 'seldom' | 'external' | 'grant' | 'no_end' | 'never_signed_in' | 'groups_withheld'

/** Milliseconds. */
const month = 30 * 24 * 3_600_000

/** Empty: used lately, by somebody of ours, by a rule, and no note warns of it. */
export function attentionTo(
  line: ReviewLine,
  { notes, now }: { readonly notes: readonly ReviewNote[]; readonly now: number },
): readonly Attention[] {
  const { lastUsed, external, way, rule, until, who } = line
  const found: Attention[] = []
  if (isIdle(lastUsed, now, quarter)) found.push('unused')
  else if (isIdle(lastUsed, now, month)) found.push('seldom')
  if (external) found.push('external')
  if (way === 'grant' || rule === undefined) found.push('grant')
  if (way === 'grant' && until !== undefined && until >= noEnd) found.push('no_end')
  // A grant of somebody who never signed in could not be resolved to a rule.
  if (way === 'grant' && rule === undefined) found.push('never_signed_in')
  if (notes.some((note) => note.kind === 'groups_withheld' && note.who === who)) found.push('groups_withheld')
  return found
}

function isIdle(lastUsed: number | undefined, now: number, length: number): boolean {
  return lastUsed === undefined || lastUsed <= now - length
}
