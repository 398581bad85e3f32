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

/** Files of `assets/style/`, in the order of the cascade. */
const styles = [
  'base',
  'page',
  'message',
  'buttons',
  'forms',
  'notice',
  'emergency',
  'request',
  'approval',
  'countdown',
  'lists',
  'registers',
  'narrow',
  'preferences',
]

export const stylesheet = asset(
  'style.css',
  'text/css; charset=utf-8',
  styles.map((name) => read(`style/${name}.css`).toString('utf8')).join('\n'),
)
export const favicon = asset('favicon.svg', 'image/svg+xml', read('favicon.svg'))

/** Inline SVG in the text colour; decoration beside the name, so hidden from screen readers. */
export const logo: Html = trustedHtml(read('logo.svg').toString('utf8').trim())

/** The stylesheet as a `style` element, for error pages on hosts that serve no assets. */
export const inlineStyle: Html = trustedHtml(`<style>${stylesheet.body.toString('utf8')}</style>`)

/** CSP hash source that allows `inlineStyle` (CSP3 section 2.3.1). */
export const styleHash = `'sha256-${createHash('sha256').update(stylesheet.body).digest('base64')}'`

export function assetAt(path: string): Asset | undefined {
  return [stylesheet, favicon].find((asset) => asset.path === path)
}

function asset(name: string, type: string, content: string | Buffer): Asset {
  const body = Buffer.from(content)
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12)
  return { path: `/.einlass/${name.replace('.', `.${hash}.`)}`, type, body }
}

function read(name: string): Buffer {
  return readFileSync(new URL(`./assets/${name}`, import.meta.url))
}
