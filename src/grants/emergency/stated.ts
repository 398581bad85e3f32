// Name and reason stated with an emergency code: unverified text, bounded and without control characters.

/** What the person with the code says about themselves. It is not verified, and never becomes part of a subject. */
export interface Stated {
  readonly name: string
  readonly reason: string
}

export type StatedMistake = 'missing' | 'too_long'

export type StatedResult =
  | ({ readonly state: 'read' } & Stated)
  | { readonly state: 'mistaken'; readonly mistakes: Readonly<Partial<Record<keyof Stated, StatedMistake>>> }

/** Characters (code points). */
export const maxStated = { name: 100, reason: 1000 } as const

/** Both are required. Characters that could forge a line or reverse text are removed: an emergency is no time to argue. */
export function readStated(name: string | undefined, reason: string | undefined): StatedResult {
  const clean = { name: cleanText(name, maxStated.name), reason: cleanText(reason, maxStated.reason) }
  const mistakes = {
    ...mistakeOf('name', clean.name),
    ...mistakeOf('reason', clean.reason),
  }
  return Object.keys(mistakes).length === 0 ? { state: 'read', ...clean } : { state: 'mistaken', mistakes }
}

function mistakeOf(field: keyof Stated, text: string): Partial<Record<keyof Stated, StatedMistake>> {
  // A name of punctuation or blanks alone is none.
  if (!/[\p{L}\p{N}]/u.test(text)) return { [field]: 'missing' }
  return [...text].length > maxStated[field] ? { [field]: 'too_long' } : {}
}

/**
 * One line, NFC, trimmed. Control characters and line ends become a space; format characters (bidirectional overrides,
 * CVE-2021-42574, zero width), private use and unassigned ones are removed.
 */
function cleanText(written: string | undefined, max: number): string {
  return (written ?? '')
    .slice(0, max * 8)
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(/[\p{Cf}\p{Co}\p{Cn}]/gu, '')
    .replaceAll(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
}
