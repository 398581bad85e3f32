// The owner of an app as text beside the button that writes to them: an address can be read out, typed and copied.

import { html, type Content } from '../kit/html.ts'
import { texts, type Language } from '../kit/language.ts'

export function isMailAddress(owner: string): boolean {
  return /^[^\s@<>"(),:;[\]\\]+@[^\s@<>"(),:;[\]\\]+$/.test(owner)
}

export function ownerLine(owner: string | undefined, language: Language): Content {
  return owner !== undefined && html`<p class="note owner">${words[language]} <bdi>${owner}</bdi></p>`
}

const words = texts({ en: 'The owner of this application is', de: 'Für diese Anwendung verantwortlich ist' })
