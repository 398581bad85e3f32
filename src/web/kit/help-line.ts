// Whom to ask when something went wrong, and the short id of the request to tell them.

import type { Face } from './face.ts'
import { html, type Content, type Html } from './html.ts'
import { texts, type Language } from './language.ts'

/** The beginning of a request id, short enough to be read out, by which logs and audit are searched: 32 random bits. */
export function shortId(requestId: string): string {
  return requestId.slice(0, 8)
}

export function helpLine({ support }: Pick<Face, 'support'>, requestId: string, language: Language): Html {
  const say = words[language]
  const ways: readonly Content[] = [
    support.mail && html`<a href="${`mailto:${support.mail}?subject=${shortId(requestId)}`}">${support.mail}</a>`,
    support.phone && html`<a href="${`tel:${support.phone.replaceAll(/[^+\d]/g, '')}`}">${support.phone}</a>`,
    support.url && html`<a href="${support.url}" rel="noreferrer">${say.desk}</a>`,
  ].filter((way) => way !== undefined)
  const code = html`<code class="request-id">${shortId(requestId)}</code>`
  if (ways.length === 0) return html`<p class="help">${say.number} ${code}</p>`
  return html`<p class="help">
    <strong>${say.help}</strong>
    ${ways.map((way, at) => html`${at > 0 && html` <span aria-hidden="true">·</span> `}${way}`)}
    <span class="state">${say.please} ${code}</span>
  </p>`
}

const words = texts({
  en: { help: 'Need help?', desk: 'Help desk', please: 'Please give this number:', number: 'Number of this request:' },
  de: { help: 'Hilfe:', desk: 'Hilfeseite', please: 'Bitte nennen Sie die Nummer', number: 'Nummer dieses Vorgangs:' },
})
