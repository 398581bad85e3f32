// Pages of a sign-in in a frame: the small page with a link that opens a tab, and the page inside it that waits for the tab.

import { html } from '../kit/html.ts'
import { sendForm } from '../kit/inline-scripts.ts'
import { texts } from '../kit/language.ts'
import { message } from '../kit/layout.ts'
import { language, page, type PageRequest, type Reply } from '../kit/reply.ts'
import { signInPath } from './sign-in-page.ts'

/** Seconds between two looks at the session. */
const interval = 3

/** `request.frame`: the pages that may show it. */
export function framedSignInPage(
  request: PageRequest,
  shown: {
    readonly app: { readonly title: string } | undefined
    readonly stepUp: boolean
    /** Path of the sign-in in the tab. */
    readonly inTab: string
    /** Path of the page that waits; undefined without one. */
    readonly waiting: string | undefined
  },
): Reply {
  const say = words[language(request)]
  const heading = shown.stepUp ? say.stepUp : say.heading
  return page(request, 200, {
    title: heading,
    policy: { frames: true },
    main: message({
      icon: 'key',
      tone: 'calm',
      heading,
      lead: html`<p>${shown.app ? (shown.stepUp ? say.stepUpLead : say.lead)(shown.app.title) : say.unknown}</p>`,
      facts: shown.waiting && html`<iframe class="waiting" src="${shown.waiting}" title="${say.status}"></iframe>`,
      actions: [{ label: shown.stepUp ? say.confirm : say.go, href: shown.inTab, newTab: true }],
    }),
  })
}

/**
 * `signed_in`: has the frame around it go on. `waits`: loads itself again, without the frame around it, so that the focus there
 * stays where it is. `gave_up`: only the link goes on.
 */
export function waitingPage(
  request: PageRequest,
  state: 'signed_in' | 'waits' | 'gave_up',
  journey: string | undefined,
): Reply {
  const say = words[language(request)]
  if (state === 'signed_in') {
    return page(request, 200, {
      title: say.done,
      shell: 'bare',
      policy: { script: sendForm, formsAnywhere: true },
      main: html`<form method="get" action="/sign-in" target="_parent">
          <input type="hidden" name="journey" value="${journey}" />
          <button class="button small" type="submit">${say.onward}</button>
        </form>
        ${sendForm.element}`,
    })
  }
  const link = html`<a class="button small" href="${signInPath(journey)}" target="_parent">${say.onward}</a>`
  return page(request, 200, {
    title: say.status,
    shell: 'bare',
    ...(state === 'waits' && { reload: interval }),
    main: state === 'waits' ? html`<p>${say.waiting}</p>` : link,
  })
}

const words = texts({
  en: {
    heading: 'Sign in to continue',
    stepUp: 'One more step',
    lead: (app: string) => `${app} is shown here as soon as you are signed in.`,
    stepUpLead: (app: string) => `${app} is shown here as soon as you have confirmed your identity.`,
    unknown: 'You can sign in in a tab of its own.',
    go: 'Sign in in a new tab',
    confirm: 'Confirm in a new tab',
    status: 'State of the sign-in',
    waiting: 'Waiting for the sign-in …',
    done: 'You are signed in',
    onward: 'Continue',
  },
  de: {
    heading: 'Zum Fortfahren anmelden',
    stepUp: 'Noch ein Schritt',
    lead: (app: string) => `${app} erscheint hier, sobald Sie angemeldet sind.`,
    stepUpLead: (app: string) => `${app} erscheint hier, sobald Sie Ihre Identität bestätigt haben.`,
    unknown: 'Sie können sich in einem eigenen Tab anmelden.',
    go: 'In neuem Tab anmelden',
    confirm: 'In neuem Tab bestätigen',
    status: 'Stand der Anmeldung',
    waiting: 'Warten auf die Anmeldung …',
    done: 'Sie sind angemeldet',
    onward: 'Weiter',
  },
})
