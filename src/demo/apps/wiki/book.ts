// The pages of the demo's wiki and their revisions, in memory.

import type { Language } from '../../../web/kit/language.ts'
import { chapters } from './chapters.ts'

export interface Revision {
  readonly title: string
  readonly text: string
  /** Display name of the author; undefined for the pages of the start. */
  readonly by: string | undefined
  /** Epoch milliseconds. */
  readonly at: number
}

export interface Book {
  /** Number and current title of each page, in order. */
  contents(language: Language): readonly { readonly number: number; readonly title: string }[]
  /** Oldest first; empty for a page that has not been written. */
  revisions(number: number, language: Language): readonly Revision[]
  /** Number of the page with that title; undefined if there is none. */
  find(title: string, language: Language): number | undefined
  /** Number for the next new page; undefined when the wiki is full. */
  next(): number | undefined
  /** False if the page cannot be kept: the wiki is full, or the title is empty. */
  write(number: number, page: { readonly title: string; readonly text: string; readonly by: string }): boolean
}

/** Limits of what people can write: a process that runs for weeks keeps its size. */
export const maxPages = 200
export const maxTitle = 80
export const maxText = 20_000
const maxRevisions = 50

export function createBook(now: () => number): Book {
  const began = now()
  const written = new Map<number, readonly Revision[]>()

  function revisions(number: number, language: Language): readonly Revision[] {
    const chapter = chapters[number - 1]
    const later = written.get(number) ?? []
    if (!chapter) return later
    return [{ title: chapter.title[language], text: chapter.text[language], by: undefined, at: began }, ...later]
  }

  const numbers = () => [...new Set([...chapters.keys()].map((at) => at + 1).concat(...written.keys()))]
  const contents = (language: Language) =>
    numbers()
      .toSorted((a, b) => a - b)
      .map((number) => ({ number, title: revisions(number, language).at(-1)!.title }))

  return {
    contents,
    revisions,
    find: (title, language) =>
      contents(language).find((page) => page.title.toLowerCase() === title.trim().toLowerCase())?.number,
    next: () => (numbers().length >= maxPages ? undefined : Math.max(...numbers()) + 1),
    write(number, { title, text, by }) {
      const kept = title.trim().slice(0, maxTitle)
      const known = numbers().includes(number)
      if (kept === '' || (!known && (numbers().length >= maxPages || number < 1 || number > 9999))) return false
      const revision = { title: kept, text: text.slice(0, maxText).replaceAll('\r\n', '\n'), by, at: now() }
      written.set(number, [...(written.get(number) ?? []), revision].slice(-maxRevisions))
      return true
    },
  }
}
