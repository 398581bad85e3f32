// Page that sends a form of another site again, from the application's own host, so that the browser sends its session cookie.

import type { FormField } from '../../http/form-fields.ts'
import { byteValue, html, type Content } from '../kit/html.ts'
import { icon } from '../kit/icons.ts'
import { sendForm } from '../kit/inline-scripts.ts'
import { language, page, type Reply, type Requester } from '../kit/reply.ts'
import { words } from './messages.ts'

/**
 * Only the names and values that a browser sends again exactly as they are. A NUL cannot be written in HTML, and a field without
 * a name is never sent.
 */
export function canBeSentAgain(fields: readonly FormField[]): boolean {
  return fields.every(
    ({ name, value }) =>
      name !== '' && !name.includes('\0') && !value.includes('\0') && !(isCharsetField(name) && /[\r\n]/.test(value)),
  )
}

/** To the same address (`action` is empty), once: what comes then is the application's own form. */
export function sendAgainPage(
  requester: Requester,
  app: { readonly title: string },
  fields: readonly FormField[],
): Reply {
  const say = words[language(requester)].again
  const heading = say.heading(app.title)
  return page(requester, 200, {
    title: heading,
    policy: { script: sendForm, formsAnywhere: true },
    main: html`<section class="card message">
        <div class="emblem calm">${icon('arrow')}</div>
        <h1>${heading}</h1>
        <div class="lead"><p>${say.lead(app.title)}</p></div>
        <form method="post" action="" target="_self" accept-charset="windows-1252">
          ${fields.map(hiddenField)}
          <div class="actions"><button class="button primary" type="submit">${say.go}</button></div>
        </form>
      </section>
      ${sendForm.element}`,
  })
}

function hiddenField({ name, value }: FormField): Content {
  // HTML 4.10.22.4: a browser replaces the value of a hidden field of this name by the charset of the form.
  if (isCharsetField(name))
    return html`<input type="text" hidden name="${byteValue(name)}" value="${byteValue(value)}" />`
  return html`<input type="hidden" name="${byteValue(name)}" value="${byteValue(value)}" />`
}

function isCharsetField(name: string): boolean {
  return name.toLowerCase() === '_charset_'
}
