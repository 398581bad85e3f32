// Static assets with a content hash in their names, so that browsers may cache them indefinitely (`immutable`).

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { trustedHtml, type Html } from './html.ts'

export interface Asset {
  /** The same path on every host: `/.einlass/style.0a1b2c3d4e5f.css`. */
  readonly path: string
  readonly type: string
  readonly body: Buffer
}

/** A stylesheet as a `style` element, for error pages on hosts that serve no assets. */
export interface InlineStyle {
  readonly element: Html
  /** CSP hash source that allows it (CSP3 section 2.3.1). */
  readonly hash: string
}

/** Files of `assets/style/`, in the order of the cascade. */
const styles = [
  'base',
  'page',
  'menu',
  'message',
  'buttons',
  'forms',
  'notice',
  'emergency',
  'request',
  'countdown',
  'lists',
  'tables',
  'portal',
  'registers',
  'narrow',
  'preferences',
]

/** Subsets of one variable font: Western European letters and signs, and the Latin letters of other languages. */
export const fonts = [
  {
    file: asset('figtree-latin.woff2', 'font/woff2', read('font/figtree-latin.woff2')),
    range:
      'U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD',
  },
  {
    file: asset('figtree-latin-ext.woff2', 'font/woff2', read('font/figtree-latin-ext.woff2')),
    range:
      'U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+0304,U+0308,U+0329,U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF',
  },
]

/** Without the font, which pages with an inline style leave to the system. */
const baseStyle = styles.map((name) => read(`style/${name}.css`).toString('utf8')).join('\n')

export const stylesheet = stylesheetWith('')
export const inlineStyle = inlineStyleWith('')
export const favicon = asset('favicon.svg', 'image/svg+xml', read('favicon.svg'))

/** Inline SVG in the text colour; decoration beside the name, so hidden from screen readers. */
export const logo: Html = trustedHtml(read('logo.svg').toString('utf8').trim())

const bundled: ReadonlyMap<string, Asset> = new Map(
  [stylesheet, favicon, ...fonts.map(({ file }) => file)].map((one) => [one.path, one]),
)

export function assetAt(path: string): Asset | undefined {
  return bundled.get(path)
}

/** `more`: rules after those of the stylesheet, never from outside. */
export function stylesheetWith(more: string): Asset {
  return asset('style.css', 'text/css; charset=utf-8', fonts.map(fontFace).join('') + baseStyle + more)
}

export function inlineStyleWith(more: string): InlineStyle {
  const text = baseStyle + more
  return {
    element: trustedHtml(`<style>${text}</style>`),
    hash: `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
  }
}

/** `name`: the hash is inserted before its extension. */
export function asset(name: string, type: string, content: string | Buffer): Asset {
  const body = Buffer.from(content)
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12)
  return { path: `/.einlass/${name.replace(/\.(?=\w+$)/, `.${hash}.`)}`, type, body }
}

function fontFace({ file, range }: (typeof fonts)[number]): string {
  return `@font-face{font-family:'Figtree Variable';font-weight:300 900;font-display:swap;src:url(${file.path}) format('woff2');unicode-range:${range}}\n`
}

function read(name: string): Buffer {
  return readFileSync(new URL(`./assets/${name}`, import.meta.url))
}
