// Buttons that choose the language, on each page; `preferences/preferences.ts` keeps the choice in a cookie.

import { languages, type Language } from '../../policy/messages/locale.ts'
import { html, type Html } from './html.ts'
import { texts } from './language.ts'

export const languagePath = '/.einlass/language'

/** `id`: one of the page. */
export function languageForm(current: Language, id: string): Html {
  return html`<form class="languages" method="post" action="${languagePath}" aria-label="${words[current].label}">
    ${languages.map(
      (one) =>
        html`<button
          type="submit"
          name="language"
          value="${one}"
          id="${`${id}-${one}`}"
          lang="${one}"
          aria-pressed="${String(one === current)}"
        >
          ${names[one]}
        </button>`,
    )}
  </form>`
}

const names: Readonly<Record<Language, string>> = { en: 'English', de: 'Deutsch' }

const words = texts({ en: { label: 'Language' }, de: { label: 'Sprache' } })
