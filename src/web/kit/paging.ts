// Paging of long lists: one page of the rows, and the links to the others, which keep the rest of the query.

import { locales } from '../../policy/messages/locale.ts'
import { html, type Content } from './html.ts'
import { texts, type Language } from './language.ts'

export interface Paged<Row> {
  readonly rows: readonly Row[]
  /** From 1. */
  readonly number: number
  readonly pages: number
  /** Position of the first row among all, from 0. */
  readonly first: number
  readonly total: number
}

export const rowsPerPage = 50

/** `asked`: number from a query. What is no page is the first one, and past the end the last one. */
export function pageOf<Row>(rows: readonly Row[], asked: string | undefined): Paged<Row> {
  const pages = Math.max(1, Math.ceil(rows.length / rowsPerPage))
  const number = /^[1-9]\d{0,5}$/.test(asked ?? '') ? Math.min(Number(asked), pages) : 1
  const first = (number - 1) * rowsPerPage
  return { rows: rows.slice(first, first + rowsPerPage), number, pages, first, total: rows.length }
}

/** `51–100 of 1,000` and links; `query`: fields of the filter, of which empty ones are left out. */
export function pagingLinks<Row>(
  { rows, number, pages, first, total }: Paged<Row>,
  {
    path,
    query,
    language,
  }: { readonly path: string; readonly query: Readonly<Record<string, string>>; readonly language: Language },
): Content {
  if (total === 0) return undefined
  const say = words[language]
  const figure = (value: number): string => value.toLocaleString(locales[language])
  const to = (page: number): string => {
    const fields = Object.entries({ ...query, page: page === 1 ? '' : String(page) }).filter(
      ([, value]) => value !== '',
    )
    return fields.length === 0 ? path : `${path}?${new URLSearchParams(fields)}`
  }
  const shown = say.shown(figure(first + 1), figure(first + rows.length), figure(total))
  return html`<nav class="paging" aria-label="${say.pages}">
    <p>${shown}</p>
    ${number > 1 && html`<a class="button small" href="${to(number - 1)}" rel="prev">${say.previous}</a>`}
    ${number < pages && html`<a class="button small" href="${to(number + 1)}" rel="next">${say.next}</a>`}
  </nav>`
}

const words = texts({
  en: {
    pages: 'Pages',
    shown: (first: string, last: string, total: string) => `${first}–${last} of ${total}`,
    previous: 'Previous page',
    next: 'Next page',
  },
  de: {
    pages: 'Seiten',
    shown: (first, last, total) => `${first}–${last} von ${total}`,
    previous: 'Vorherige Seite',
    next: 'Nächste Seite',
  },
})
