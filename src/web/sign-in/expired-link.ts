// Page for a sign-in link that is used up, too old or of another browser.

import { html } from '../kit/html.ts'
import { texts } from '../kit/language.ts'
import { message } from '../kit/layout.ts'
import { language, page, type PageRequest, type Reply } from '../kit/reply.ts'

/** Without an automatic redirect, which would loop in a browser without cookies. */
export function expiredLink(request: PageRequest, wanted: string): Reply {
  const say = words[language(request)]
  return page(request, 400, {
    title: say.heading,
    help: true,
    main: message({
      icon: 'compass',
      tone: 'wait',
      heading: say.heading,
      lead: html`<p>${say.why}</p>
        <p>${say.advice}</p>`,
      actions: [{ label: say.again, href: wanted }],
    }),
  })
}

const words = texts({
  en: {
    heading: 'This link is no longer valid',
    why: 'A sign-in link works only once, within seconds, and only in the browser in which it began.',
    advice: 'Open the application again. If you return to this page, please allow cookies for this address.',
    again: 'Open the application',
  },
  de: {
    heading: 'Dieser Link ist nicht mehr gültig',
    why: 'Ein Anmeldelink gilt nur einmal, nur für Sekunden und nur in dem Browser, in dem die Anmeldung begann.',
    advice:
      'Öffnen Sie die Anwendung noch einmal. Landen Sie wieder hier, erlauben Sie bitte Cookies für diese Adresse.',
    again: 'Anwendung öffnen',
  },
})
