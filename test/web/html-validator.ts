// Strict HTML well-formedness check: every element closed, in order, with quoted, unique attributes.

export interface Element {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
}

const empty = new Set(['meta', 'base', 'link', 'input', 'br', 'hr', 'img', 'path', 'rect', 'circle'])

/** All elements in document order; throws at the first error. */
export function elementsOf(page: string): Element[] {
  if (!page.startsWith('<!doctype html>')) throw new Error('no doctype')
  const elements: Element[] = []
  const open: string[] = []
  // Style and script elements hold text that is not markup.
  const text = page.slice('<!doctype html>'.length).replace(/<(style|script)>.*?<\/\1>/gsu, '<$1></$1>')
  let at = 0
  for (const tag of text.matchAll(
    /<(\/?)([a-z][a-z0-9]*)((?:\s+[a-z-]+(?:[A-Z][a-z]+)?(?:="[^"<>]*")?)*)\s*(\/?)>/gu,
  )) {
    checkText(text.slice(at, tag.index))
    at = tag.index + tag[0].length
    const [, closing, name = '', attributes = '', closed] = tag
    if (closing) {
      const expected = open.pop()
      if (expected !== name) throw new Error(`</${name}> closes <${expected}> near ${text.slice(at - 80, at)}`)
      continue
    }
    elements.push({ name, attributes: attributesOf(attributes) })
    if (!closed && !empty.has(name)) open.push(name)
  }
  checkText(text.slice(at))
  if (open.length > 0) throw new Error(`never closed: ${open.join(' ')}`)
  return elements
}

function attributesOf(source: string): Map<string, string> {
  const attributes = new Map<string, string>()
  for (const [, name = '', value = ''] of source.matchAll(/([a-zA-Z-]+)(?:="([^"]*)")?/gu)) {
    if (attributes.has(name)) throw new Error(`attribute ${name} twice`)
    attributes.set(name, value)
  }
  return attributes
}

function checkText(text: string): void {
  if (/[<>]/.test(text)) throw new Error(`stray angle bracket: ${text.trim()}`)
  if (/&(?!(?:amp|lt|gt|quot|nbsp|#\d{1,3});)/.test(text)) throw new Error(`stray ampersand: ${text.trim()}`)
}
