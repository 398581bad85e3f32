// Renders the parsed Markdown of the configuration (`config/markdown.ts`); all text is escaped by `html`.

import type { MarkdownBlock, MarkdownInline } from '../../config/markdown.ts'
import { html, type Html } from './html.ts'

export function markdown(blocks: readonly MarkdownBlock[]): Html {
  return html`${blocks.map((block) => {
    if (block.kind === 'paragraph') return html`<p>${inline(block.content)}</p>`
    const items = block.items.map((item) => html`<li>${inline(item)}</li>`)
    return block.ordered
      ? html`<ol>
          ${items}
        </ol>`
      : html`<ul>
          ${items}
        </ul>`
  })}`
}

function inline(content: readonly MarkdownInline[]): readonly (Html | string)[] {
  return content.map((part) => {
    if (typeof part === 'string') return part
    const inside = inline(part.content)
    if (part.kind === 'link') return html`<a href="${part.href}" rel="noreferrer">${inside}</a>`
    return part.kind === 'strong' ? html`<strong>${inside}</strong>` : html`<em>${inside}</em>`
  })
}
