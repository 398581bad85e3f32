// Scripts in built-in pages, with their CSP hashes: one line sends the page's form, one closes the window, others are with their pages.

import { createHash } from 'node:crypto'
import { trustedHtml, type Html } from './html.ts'

/** Allowed by its hash on the page that contains it, and on no other; each is constant, without any input. */
export interface InlineScript {
  readonly element: Html
  /** CSP hash source (CSP3 section 2.3.1). */
  readonly hash: string
}

/** `submit` of the prototype: a field called `submit` would stand in the way of the form's own. */
export const sendForm = inlineScript('HTMLFormElement.prototype.submit.call(document.forms[0])')

/** Has no effect in a window with a page to go back to that no script opened (HTML 7.2.2.1). */
export const closeWindow = inlineScript('close()')

/** `text`: constant, and without `</script`. */
export function inlineScript(text: string): InlineScript {
  const digest = createHash('sha256').update(text).digest('base64')
  return { element: trustedHtml(`<script>${text}</script>`), hash: `'sha256-${digest}'` }
}
