// Page of the register of external access: a filter, one row per grant, pages of 50, and the whole register as CSV and JSON.

import { filtered, filterStates, type ExternalFilter } from './external-filter.ts'
import { words } from './external-messages.ts'
import { externalTable } from './external-table.ts'
import { select } from '../kit/form-fields.ts'
import type { Clock } from '../kit/format-time.ts'
import { html, type Html } from '../kit/html.ts'
import { icon } from '../kit/icons.ts'
import { heading } from '../kit/list-layout.ts'
import { pageOf, pagingLinks } from '../kit/paging.ts'
import { language, page, type PageRequest, type Reply } from '../kit/reply.ts'
import { maxQuery } from '../kit/word-search.ts'
import type { ExternalLine } from '../../grants/external/register.ts'
import type { Session } from '../../identity/session/session.ts'
import type { Navigation } from '../kit/navigation.ts'

export interface ExternalAccess {
  readonly session: Session
  readonly nav: Navigation
  readonly lines: readonly ExternalLine[]
  readonly filter: ExternalFilter
  /** Number of the page as asked for. */
  readonly page: string | undefined
  readonly timeZone: string
  readonly now: number
}

const path = '/admin/external'

export function externalPage(request: PageRequest, access: ExternalAccess): Reply {
  const { session, nav, lines, filter, timeZone, now } = access
  const clock: Clock = { language: language(request), timeZone, now }
  const say = words[clock.language]
  const shown = pageOf(filtered(lines, filter), access.page)
  const none = lines.length === 0 ? say.none : say.noneFound
  const main = html`${heading(say.title, say.lead)} ${lines.length > 0 && filterForm(filter, clock)}
    <h2 id="grants" class="hidden">${say.grants}</h2>
    ${shown.total === 0 ? html`<p class="card empty" role="status">${none}</p>` : externalTable(shown.rows, clock)}
    ${pagingLinks(shown, { path, query: { ...filter }, language: clock.language })}
    <div class="part">
      <p class="hint before">${say.whole}</p>
      <div class="actions">
        <a class="button" href="${path}.csv">${say.csv}</a>
        <a class="button" href="${path}.json">${say.json}</a>
      </div>
    </div>`
  return page(request, 200, { title: say.title, main, viewer: session.subject, nav, wide: 'widest' })
}

function filterForm({ q, state }: ExternalFilter, { language }: Clock): Html {
  const say = words[language]
  const list = [
    { value: '', label: say.anyState },
    ...filterStates.map((value) => ({ value, label: say.filters[value] })),
  ]
  return html`<form class="search filter" method="get" action="${path}" role="search">
    <label class="hidden" for="q">${say.search}</label>
    ${icon('search')}
    <input
      id="q"
      name="q"
      type="search"
      maxlength="${maxQuery}"
      value="${q}"
      placeholder="${say.search}"
      autocomplete="off"
    />
    ${select({ name: 'state', label: say.status, value: state, list })}
    <button class="button" type="submit">${say.filter}</button>
    ${(q !== '' || state !== '') && html`<a class="button" href="${path}">${say.unfiltered}</a>`}
  </form>`
}
