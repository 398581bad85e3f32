// Search among the applications of the portal: a GET form, without script, and what it finds.

import { html, type Html } from '../kit/html.ts'
import { icon } from '../kit/icons.ts'
import { languages, type Language } from '../../policy/messages/locale.ts'
import { maxQuery, wordsOf } from '../kit/word-search.ts'
import { words } from './portal-messages.ts'
import type { PortalApp } from './portal-view.ts'

/** What a link carries is shown in the field only, never as text of the page. */
export function searchField(query: string, language: Language): Html {
  const say = words[language]
  return html`<form class="search" method="get" action="/" role="search">
    <label class="hidden" for="q">${say.search}</label>
    ${icon('search')}
    <input
      id="q"
      name="q"
      type="search"
      maxlength="${maxQuery}"
      value="${query}"
      placeholder="${say.search}"
      autocomplete="off"
    />
    <button class="button" type="submit">${say.find}</button>
  </form>`
}

/** Every word occurs in the title, description, group or address; case and accents do not matter. */
export function search(apps: readonly PortalApp[], query: string): readonly PortalApp[] {
  const matches = wordsOf(query)
  if (matches === undefined) return apps
  return apps.filter(({ title, origin, path, portal }) => {
    const local = languages.flatMap((language) => [portal?.description?.[language], portal?.group?.[language]])
    return matches([title, new URL(origin).host, path, ...local])
  })
}
