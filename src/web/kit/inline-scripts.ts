// The two lines of script in built-in pages, with their CSP hashes: one sends the page's form, one closes the window.

import { createHash } from 'node:crypto'
import { trustedHtml, type Html } from './html.ts'

/** Allowed by its hash on the page that contains it, and on no other; each is one constant line without any input. */
export interface InlineScript {
  readonly element: Html
  /** CSP hash source (CSP3 section 2.3.1). */
  readonly hash: string
}

/** `submit` of the prototype: a field called `submit` would stand in the way of the form's own. */
export const sendForm = inlineScript('HTMLFormElement.prototype.submit.call(document.forms[0])')

/** Has no effect in a window with a page to go back to that no script opened (HTML 7.2.2.1). */
export const closeWindow = inlineScript('close()')

function inlineScript(line: string): InlineScript {
  const digest = createHash('sha256').update(line).digest('base64')
  return { element: trustedHtml(`<script>${line}</script>`), hash: `'sha256-${digest}'` }
}
