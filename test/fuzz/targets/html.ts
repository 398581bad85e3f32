// Fuzz target HTML (XSS): text put into a page never becomes a tag, attribute, script or link to another site.

import fc from 'fast-check'
import { html, render } from '../../../src/web/kit/html.ts'
import { mutate, salt } from '../mutate.ts'
import { must, opened, type FuzzTarget } from '../target.ts'

const corpus = [
  'Ada Lovelace',
  '<script>alert(1)</script>',
  '" onmouseover="alert(1)',
  "' autofocus onfocus=alert(1) x='",
  'javascript:alert(1)',
  'JaVaScRiPt&#58;alert(1)',
  'https://evil.example/',
  '//evil.example/',
  '/\\evil.example',
  '/ok?a=1&b=2',
  '</title><svg onload=alert(1)>',
  '&lt;b&gt;',
  'abc\u202etxt.exe',
]
const dictionary = [
  ...salt,
  '<',
  '>',
  '</',
  '<!--',
  '-->',
  ']]>',
  'javascript:',
  'data:text/html,',
  'vbscript:',
  '&#x3c;',
  '\u00a0',
  '\u2066',
  '/\t/',
  '\\\\',
]

const ours = 'https://access.example.com/page'

export const pages: FuzzTarget = {
  name: 'html',
  law: 'a value is text in text, text in an attribute, and a harmless link or none',
  weight: 1,
  open: async () =>
    opened(fc.tuple(mutate(corpus, dictionary), mutate(corpus, dictionary)), ([text, link]) => {
      // prettier-ignore
      const page = render(html`<p title="${text}">${[text, html`<b>${text}</b>`]}</p><a href="${link}">${link}</a>`)
      const shape =
        /^<p title="([^"<>]*)">([^<>"]*)<b>([^<>"]*)<\/b><\/p><a href="([^"<>\s]*|[^"<>]*)">([^<>"]*)<\/a>$/.exec(page)
      must(shape !== null, 'no more tags than were written', page)
      const [, attribute, body, bold, href] = shape
      must(attribute === body && body === bold, 'the same everywhere', page)
      must(unescaped(body!) === printable(text), 'and still the text it was', { text, body })
      const address = unescaped(href!)
      if (address === '#') return
      if (!URL.canParse(address, ours)) return
      // Resolved as a browser does on a built-in page.
      const seen = new URL(address, ours)
      must(['https:', 'http:', 'mailto:'].includes(seen.protocol), 'a link leads to a page or a mail', address)
      const elsewhere = /^https?:\/\//i.test(link)
      if (!elsewhere && seen.protocol !== 'mailto:')
        must(seen.host === 'access.example.com', 'a path stays on its host', address)
    }),
}

function unescaped(text: string): string {
  const entities: Record<string, string> = {
    '&amp;': '&',
    '&lt;': '<',
    '&gt;': '>',
    '&quot;': '"',
    '&#39;': "'",
    '&#96;': '`',
  }
  return text.replace(/&(?:amp|lt|gt|quot|#39|#96);/g, (entity) => entities[entity]!)
}

function printable(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g, '\ufffd')
}
