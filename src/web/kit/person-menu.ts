// Menu under the name of the signed-in person: where they are signed in, language, sign-out. Without script.

import { html, type Html } from './html.ts'
import { icon } from './icons.ts'
import { languageForm } from './language-choice.ts'
import { texts, type Language } from './language.ts'
import { nameOf, type Person } from './person.ts'

/** `gateway`: origin, '' on its own host. */
export function personMenu(person: Person, gateway: string, language: Language): Html {
  const say = words[language]
  const name = nameOf(person) ?? say.unnamed
  return html`<details class="menu">
    <summary>
      <span class="viewer">${icon('person')}<span>${name}</span></span
      ><span class="hidden">, ${say.menu}</span>
    </summary>
    <div class="sheet">
      <p class="who">
        <span class="hidden">${say.signedInAs} </span><strong>${name}</strong>
        ${person.name !== undefined && person.email !== undefined && html`<span>${person.email}</span>`}
      </p>
      <ul>
        <li>
          <a href="${gateway}/sessions">${icon('device')}<span>${say.sessions}</span></a>
        </li>
        <li>
          <a href="${person.signOut ?? `${gateway}/sign-out`}">${icon('leave')}<span>${say.signOut}</span></a>
        </li>
      </ul>
      ${languageForm(language, 'menu')}
    </div>
  </details>`
}

const words = texts({
  en: {
    menu: 'menu',
    unnamed: 'Signed in',
    signedInAs: 'Signed in as',
    sessions: 'Where you are signed in',
    signOut: 'Sign out',
  },
  de: {
    menu: 'Menü',
    unnamed: 'Angemeldet',
    signedInAs: 'Angemeldet als',
    sessions: 'Wo Sie angemeldet sind',
    signOut: 'Abmelden',
  },
})
