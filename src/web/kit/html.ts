// HTML template tag with automatic escaping (XSS protection); the only way to build markup.

import { escapeHtml } from '../../http/escape-html.ts'

/** Markup made by `html`. The symbol is private to this file, so that no string and no JSON can pose as markup. */
export interface Html {
  readonly [markup]: string
}

export type Content = Html | string | number | bigint | boolean | null | undefined | readonly Content[]

/**
 * Strings are escaped for text and quoted attributes alike, markup passes, lists are joined, and null, undefined and
 * booleans render as ''. Throws for a value in an unquoted attribute, where no escaping is safe.
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

/** Serializes content to HTML text. */
export function render(content: Content): string {
  if (content === null || content === undefined || typeof content === 'boolean') return ''
  if (typeof content === 'object') return isHtml(content) ? content[markup] : content.map(render).join('')
  return escapeHtml(String(content))
}

/**
 * The bytes of a form field as an attribute value: each character of `bytes` is one byte, as windows-1252 has it. HTML reads a
 * reference to 0x80 to 0x9F as the windows-1252 character (HTML 13.2.5.80), so that a form with
 * `accept-charset="windows-1252"` sends every byte but NUL as it was, and a carriage return stays one.
 */
export function byteValue(bytes: string): Html {
  return { [markup]: bytes.replace(/[^A-Za-z0-9+/=_.,:;~ -]/g, (byte) => `&#${byte.charCodeAt(0)};`) }
}

/** Marks text as HTML without escaping. Only for bundled files (`assets.ts`). */
export function trustedHtml(file: string): Html {
  return { [markup]: file }
}

const markup = Symbol('markup')

const urlAttribute = /\s(?:href|src|action|formaction)\s*=\s*["']$/i

function isHtml(content: Html | readonly Content[]): content is Html {
  return markup in content
}

/** Whether value number `index` is inside a tag and outside quotes, judged by the preceding literals. */
function inTag(literals: TemplateStringsArray, index: number): boolean {
  const before = literals.slice(0, index + 1).join('')
  const start = before.lastIndexOf('<')
  const tag = before.slice(start)
  return start !== -1 && !tag.includes('>') && tag.split('"').length % 2 === 1
}

/**
 * Allows http(s), mailto, tel and same-host URLs, and the empty one, which is the address of the page itself. `javascript:` and `//elsewhere` are neither, nor is `/<tab>/elsewhere`:
 * browsers remove tabs and line ends before parsing (WHATWG URL 4.4).
 */
function safeUrl(escaped: string): string {
  if (escaped === '') return escaped
  return /^(?:https?:\/\/|mailto:|tel:|\/(?![/\\])|[#?])[^\t\n\r]*$/i.test(escaped) ? escaped : '#'
}
