// What pages that list things are made of: a heading, and parts with a row for each.

import { html, type Content, type Html } from './html.ts'

/** `act`: what can be done about the page as a whole. */
export function heading(title: string, lead: string | undefined, act?: Content): Html {
  return html`<div class="welcome">
    <div>
      <h1>${title}</h1>
      ${lead !== undefined && html`<p>${lead}</p>`}
    </div>
    ${act}
  </div>`
}

/** Nothing where there are no rows. */
export function part(id: string, title: string, rows: readonly Html[], look = 'rows'): Content {
  if (rows.length === 0) return undefined
  return html`<section class="part" aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    <ul class="card ${look}">
      ${rows}
    </ul>
  </section>`
}
