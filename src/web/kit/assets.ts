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

export const stylesheet = load('style.css', 'text/css; charset=utf-8')
export const favicon = load('favicon.svg', 'image/svg+xml')

/** Inline SVG in the text colour; decoration beside the name, so hidden from screen readers. */
export const logo: Html = trustedHtml(load('logo.svg', 'image/svg+xml').body.toString('utf8').trim())

/** The stylesheet as a `style` element, for error pages on hosts that serve no assets. */
export const inlineStyle: Html = trustedHtml(`<style>${stylesheet.body.toString('utf8')}</style>`)

/** CSP hash source that allows `inlineStyle` (CSP3 section 2.3.1). */
export const styleHash = `'sha256-${createHash('sha256').update(stylesheet.body).digest('base64')}'`

export function assetAt(path: string): Asset | undefined {
  return [stylesheet, favicon].find((asset) => asset.path === path)
}

function load(name: string, type: string): Asset {
  const body = readFileSync(new URL(`./assets/${name}`, import.meta.url))
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12)
  return { path: `/.einlass/${name.replace('.', `.${hash}.`)}`, type, body }
}
