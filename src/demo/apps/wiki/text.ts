// Turns the text of a wiki page into HTML: paragraphs, lists, bold text and links between pages.

import { markup, type Markup } from '../../page.ts'

export interface Target {
  readonly href: string
  readonly title: string
  readonly exists: boolean
}

/** `link`: target of `[[NAME]]`. */
export function drawText(text: string, link: (name: string) => Target): Markup {
  const blocks = text.split(/\n{2,}/).filter((block) => block.trim() !== '')
  return markup`${blocks.map((block) => {
    const lines = block.split('\n')
    if (lines.every((line) => line.startsWith('- '))) {
      return markup`<ul>${lines.map((line) => markup`<li>${inline(line.slice(2), link)}</li>`)}</ul>`
    }
    if (lines.length === 1 && block.startsWith('# ')) return markup`<h2>${inline(block.slice(2), link)}</h2>`
    return markup`<p>${inline(lines.join(' '), link)}</p>`
  })}`
}

function inline(text: string, link: (name: string) => Target): readonly Markup[] {
  return text.split(/(\[\[[^[\]]{1,80}\]\]|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith('[[')) {
      const { href, title, exists } = link(part.slice(2, -2))
      return markup`<a href="${href}"${{ markup: exists ? '' : ' class="unwritten"' }}>${title}</a>`
    }
    if (part.startsWith('**') && part.length > 4) return markup`<b>${part.slice(2, -2)}</b>`
    return markup`${part}`
  })
}
