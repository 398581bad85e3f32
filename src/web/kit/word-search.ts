// Search by words in the texts of a row: every word occurs somewhere; case, accents and width do not matter.

/** Characters of a query that are read. */
export const maxQuery = 100

/** Undefined for a query without a word, which every row matches. */
export function wordsOf(query: string): ((texts: readonly (string | undefined)[]) => boolean) | undefined {
  const wanted = folded(query.slice(0, maxQuery))
    .split(/\s+/)
    .filter((word) => word !== '')
  if (wanted.length === 0) return undefined
  return (texts) => {
    const text = folded(texts.filter((part) => part !== undefined).join('\n'))
    return wanted.every((word) => text.includes(word))
  }
}

function folded(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').replaceAll('ß', 'ss').toLowerCase()
}
