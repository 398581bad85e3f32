// The few files our pages need, served under names that hold their hash, so that browsers may keep them for ever.

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

/** The door, drawn in the text's colour; decoration beside the name, so hidden from screen readers. */
export const logo: Html = trustedHtml(load('logo.svg', 'image/svg+xml').body.toString('utf8').trim())

/** The stylesheet inside the page, for answers on hosts where we serve nothing else. */
export const inlineStyle: Html = trustedHtml(`<style>${stylesheet.body.toString('utf8')}</style>`)

/** What a Content-Security-Policy has to allow for `inlineStyle` (CSP3 section 2.3.1). */
export const styleHash = `'sha256-${createHash('sha256').update(stylesheet.body).digest('base64')}'`

export function assetAt(path: string): Asset | undefined {
  return [stylesheet, favicon].find((asset) => asset.path === path)
}

function load(name: string, type: string): Asset {
  const body = readFileSync(new URL(`./assets/${name}`, import.meta.url))
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12)
  return { path: `/.einlass/${name.replace('.', `.${hash}.`)}`, type, body }
}
