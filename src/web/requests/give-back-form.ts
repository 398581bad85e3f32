// Form to give a grant back, with a confirmation step that needs no script (`details`).

import { hidden } from '../kit/form-fields.ts'
import { html, type Content } from '../kit/html.ts'
import { texts, type Language } from '../kit/language.ts'
import type { Grant } from '../../policy/grant.ts'

/** Undefined for a grant from the configuration, which can only be removed there. */
export function giveBackForm(grant: Pick<Grant, 'id' | 'origin'>, app: string, language: Language): Content {
  if (grant.origin === 'configuration') return undefined
  const say = words[language]
  return html`<details class="confirm">
    <summary class="button small">${say.giveBack}<span class="hidden">: ${app}</span></summary>
    <form method="post" action="/grants/end">
      ${hidden('grant', grant.id)}
      <p>${say.ask}</p>
      <button class="button small danger" type="submit">${say.yes}<span class="hidden">: ${app}</span></button>
    </form>
  </details>`
}

const words = texts({
  en: {
    giveBack: 'Give access back',
    ask: 'Your access ends immediately, and all open connections are closed. You can ask again later.',
    yes: 'Yes, end it now',
  },
  de: {
    giveBack: 'Zugang zurückgeben',
    ask: 'Ihr Zugang endet sofort, und alle offenen Verbindungen werden geschlossen. Sie können ihn später erneut beantragen.',
    yes: 'Ja, jetzt beenden',
  },
})
