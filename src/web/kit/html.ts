// The only way markup is made here: a template that escapes whatever is put into it.

/** Markup made by `html`. The mark is private to this file, so that no string, and no JSON, can pose as markup. */
export interface Html {
  readonly [markup]: string
}

export type Content = Html | string | number | bigint | boolean | null | undefined | readonly Content[]

/**
 * Strings are escaped for text and quoted attributes alike, markup passes, lists are joined, and null, undefined and
 * booleans render nothing. Throws where a value would stand in an unquoted attribute: no escaping is safe there.
 */
export function html(literals: TemplateStringsArray, ...values: readonly Content[]): Html {
  let text = literals[0]!
  values.forEach((value, index) => {
    const before = literals[index]!
    if (before.endsWith('=') && inTag(literals, index)) throw new Error('html: an attribute value must be quoted')
    text += urlAttribute.test(before) ? safeUrl(render(value)) : render(value)
    text += literals[index + 1]!
  })
  return { [markup]: text }
}

/** The text of a document, to be sent. */
export function render(content: Content): string {
  if (content === null || content === undefined || typeof content === 'boolean') return ''
  if (typeof content === 'object') return isHtml(content) ? content[markup] : content.map(render).join('')
  return escape(String(content))
}

/** For files of ours (`assets.ts`) and nothing else: text that is markup already. */
export function trustedHtml(file: string): Html {
  return { [markup]: file }
}

const markup = Symbol('markup')

const urlAttribute = /\s(?:href|src|action|formaction)\s*=\s*["']$/i

function isHtml(content: Html | readonly Content[]): content is Html {
  return markup in content
}

/** Whether value number `index` stands in a tag and outside of quotes, by what was written before it. */
function inTag(literals: TemplateStringsArray, index: number): boolean {
  const before = literals.slice(0, index + 1).join('')
  const start = before.lastIndexOf('<')
  const tag = before.slice(start)
  return start !== -1 && !tag.includes('>') && tag.split('"').length % 2 === 1
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}

// Control characters have no meaning in text, U+2028/9 and unpaired surrogates none in UTF-8 documents of ours, and the
// direction overrides let one text pose as another (CVE-2021-42574): the replacement character shows that there was one.
const unprintable =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g

function escape(text: string): string {
  return text
    .toWellFormed()
    .replace(unprintable, '\ufffd')
    .replace(/[&<>"'`]/g, (character) => entities[character]!)
}

/**
 * What a link may lead to: the web, a mail, or a place on this very host. `javascript:` and `//elsewhere` are neither,
 * nor is `/<tab>/elsewhere`: browsers take tabs and line ends out before they look (WHATWG URL 4.4).
 */
function safeUrl(escaped: string): string {
  return /^(?:https?:\/\/|mailto:|\/(?![/\\])|[#?])[^\t\n\r]*$/i.test(escaped) ? escaped : '#'
}
