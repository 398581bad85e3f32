// Parses the Markdown of the configuration: paragraphs, lists, emphasis, links to https, mailto and tel. HTML is text.

export type MarkdownBlock =
  | { readonly kind: 'paragraph'; readonly content: readonly MarkdownInline[] }
  | { readonly kind: 'list'; readonly ordered: boolean; readonly items: readonly (readonly MarkdownInline[])[] }

export type MarkdownInline =
  | string
  | { readonly kind: 'strong' | 'em'; readonly content: readonly MarkdownInline[] }
  | { readonly kind: 'link'; readonly href: string; readonly content: readonly MarkdownInline[] }

export interface ParsedMarkdown {
  readonly blocks: readonly MarkdownBlock[]
  /** A link leads elsewhere than to https, mailto or tel. */
  readonly refusedLink: boolean
}

/** Linear in the length of `text`, for any text. Nesting ends after three levels, below which markup stays text. */
export function parseMarkdown(text: string): ParsedMarkdown {
  const links = { refused: false }
  const blocks = text
    .replaceAll('\r\n', '\n')
    .split(/\n[ \t]*\n/)
    .flatMap((part) =>
      blocksOf(
        part.split('\n').filter((line) => line.trim() !== ''),
        links,
      ),
    )
  return { blocks, refusedLink: links.refused }
}

interface Links {
  refused: boolean
}

const item = /^ {0,3}(?:[-*+]|(\d{1,3})[.)])[ \t]+(.*)$/

/** Consecutive lines: paragraphs and lists. A line below an item continues it. */
function blocksOf(lines: readonly string[], links: Links): MarkdownBlock[] {
  const blocks: { ordered: boolean | undefined; texts: string[] }[] = []
  for (const line of lines) {
    const found = item.exec(line)
    const last = blocks.at(-1)
    if (found !== null) {
      const ordered = found[1] !== undefined
      if (last?.ordered === ordered) last.texts.push(found[2]!)
      else blocks.push({ ordered, texts: [found[2]!] })
    } else if (last === undefined) blocks.push({ ordered: undefined, texts: [line.trim()] })
    else last.texts.push(`${last.texts.pop()!} ${line.trim()}`)
  }
  return blocks.map(({ ordered, texts }) =>
    ordered === undefined
      ? { kind: 'paragraph', content: inlineOf(texts[0]!, links, 0) }
      : { kind: 'list', ordered, items: texts.map((one) => inlineOf(one, links, 0)) },
  )
}

function inlineOf(text: string, links: Links, depth: number): MarkdownInline[] {
  if (depth > 2) return [text]
  const content: MarkdownInline[] = []
  const add = (piece: string): void => {
    if (piece === '') return
    const last = content.at(-1)
    if (typeof last === 'string') content[content.length - 1] = last + piece
    else content.push(piece)
  }
  let from = 0
  for (const found of text.matchAll(
    // An escape, a link, or text in emphasis that ends where it does not touch a blank.
    /\\([!-/:-@[-`{-~])|\[([^\][\\]{1,500})\]\(((?:[^\s()]|\([^\s()]{0,200}\)){1,2000})\)|\*\*(?=\S)([^*]{1,2000}?)(?<=\S)\*\*|\*(?=\S)([^*]{1,2000}?)(?<=\S)\*|(?<![\p{L}\p{N}])_(?=\S)([^_]{1,2000}?)(?<=\S)_(?![\p{L}\p{N}])/gu,
  )) {
    add(text.slice(from, found.index))
    from = found.index + found[0].length
    const [, escaped, label, href, strong, star, underline] = found
    const inner = (part: string): MarkdownInline[] => inlineOf(part, links, depth + 1)
    if (escaped !== undefined) add(escaped)
    else if (label !== undefined && isLink(href!)) content.push({ kind: 'link', href: href!, content: inner(label) })
    else if (label !== undefined) {
      links.refused = true
      add(label)
    } else if (strong !== undefined) content.push({ kind: 'strong', content: inner(strong) })
    else content.push({ kind: 'em', content: inner((star ?? underline)!) })
  }
  add(text.slice(from))
  return content
}

/** Printable ASCII without quotation marks and angle brackets: the same in every reading. */
function isLink(href: string): boolean {
  return /^(?:https:\/\/[^/]|mailto:[^/]|tel:\+?[\d-])[!#-;=?-~]*$/.test(href)
}
