// Name and logo of the organisation in the header, and the small line about Einlass in the footer.

import { logo } from './assets.ts'
import type { Face } from './face.ts'
import { html, type Content, type Html } from './html.ts'
import { texts, type Language } from './language.ts'

/** `leads`: to the portal. */
export function brand({ name, own, logo: image, gateway }: Face, leads: boolean): Html {
  const mark = image ? html`<img class="logo" src="${image.path}" alt="" />` : own ? undefined : logo
  const inside = html`${mark}<span>${name}</span>`
  return leads && gateway !== ''
    ? html`<a class="brand" href="${gateway}/">${inside}</a>`
    : html`<span class="brand">${inside}</span>`
}

export function protectedBy({ own }: Face, language: Language): Content {
  return own && html`<span class="by">${logo}<span>${words[language].by} Einlass</span></span>`
}

const words = texts({ en: { by: 'Protected by' }, de: { by: 'Geschützt durch' } })
