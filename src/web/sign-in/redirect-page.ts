// Interstitial page after a form post that leads to another origin (identity provider or app).

import { html } from '../kit/html.ts'
import { texts } from '../kit/language.ts'
import { message } from '../kit/layout.ts'
import { language, page, type Requester, type Reply } from '../kit/reply.ts'

/**
 * Chromium applies CSP `form-action` to every redirect of a submitted form, including redirects inside the provider,
 * which cannot be listed. So the form post ends with this page, and the browser continues with a new GET navigation.
 */
export function redirectPage(
  requester: Requester,
  to: { readonly location: string; readonly reason: 'sign_in' | 'sign_out' | 'signed_out' | 'emergency' },
  headers: readonly string[] = [],
): Reply {
  const say = words[language(requester)][to.reason]
  return page(
    requester,
    200,
    {
      title: say.heading,
      onward: to.location,
      main: message({
        icon: 'arrow',
        tone: 'calm',
        heading: say.heading,
        lead: html`<p>${say.lead}</p>`,
        actions: [{ label: say.go, href: to.location }],
      }),
    },
    headers,
  )
}

const words = texts({
  en: {
    sign_in: {
      heading: 'On to your sign-in',
      lead: 'You are being taken to your sign-in service. If nothing happens, go on by hand.',
      go: 'Continue',
    },
    sign_out: {
      heading: 'Signing out',
      lead: 'You are signed out here. Your sign-in service comes next, so that nobody can sign in again in your name.',
      go: 'Continue',
    },
    signed_out: {
      heading: 'You are signed out',
      lead: 'All your applications in this browser are closed.',
      go: 'Continue',
    },
    emergency: {
      heading: 'You are in',
      lead: 'Those responsible have been told. You are being taken to the application. If nothing happens, go on by hand.',
      go: 'Continue',
    },
  },
  de: {
    sign_in: {
      heading: 'Weiter zur Anmeldung',
      lead: 'Sie werden zu Ihrem Anmeldedienst geleitet. Geschieht nichts, gehen Sie bitte von Hand weiter.',
      go: 'Weiter',
    },
    sign_out: {
      heading: 'Sie werden abgemeldet',
      lead: 'Hier sind Sie abgemeldet. Als Nächstes folgt Ihr Anmeldedienst, damit sich niemand in Ihrem Namen wieder anmeldet.',
      go: 'Weiter',
    },
    signed_out: {
      heading: 'Sie sind abgemeldet',
      lead: 'Alle Ihre Anwendungen in diesem Browser sind geschlossen.',
      go: 'Weiter',
    },
    emergency: {
      heading: 'Sie sind eingelassen',
      lead: 'Die Verantwortlichen wissen Bescheid. Sie werden zur Anwendung geleitet. Geschieht nichts, gehen Sie bitte von Hand weiter.',
      go: 'Weiter',
    },
  },
})
