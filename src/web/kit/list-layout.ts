// Layout of list pages: heading, and sections with one row per item.

import { html, type Content, type Html } from './html.ts'

/** `act`: button or link for the page as a whole. */
export function heading(title: string, lead: string | undefined, act?: Content): Html {
  return html`<div class="welcome">
    <div>
      <h1>${title}</h1>
      ${lead !== undefined && html`<p>${lead}</p>`}
    </div>
    ${act}
  </div>`
}

/** Section with a list; undefined when `rows` is empty. */
export function listSection(id: string, title: string, rows: readonly Html[], look = 'rows'): Content {
  if (rows.length === 0) return undefined
  return html`<section class="part" aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    <ul class="card ${look}">
      ${rows}
    </ul>
  </section>`
}
