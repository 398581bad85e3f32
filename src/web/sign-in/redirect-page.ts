// Interstitial page after a form post that leads to another origin (identity provider or app), and in a long chain of redirects.

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
  to: {
    readonly location: string
    readonly reason: 'sign_in' | 'signed_in' | 'sign_out' | 'signed_out' | 'to_sign_out' | 'emergency' | 'hosts'
  },
  headers: readonly string[] = [],
): Reply {
  const say = words[language(requester)][to.reason]
  return page(
    requester,
    200,
    {
      title: say.heading,
      redirectTo: to.location,
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
      heading: 'Continue to sign-in',
      lead: 'You are being taken to your sign-in service. If nothing happens, choose “Continue”.',
      go: 'Continue',
    },
    signed_in: {
      heading: 'You are signed in',
      lead: 'You are being taken to where you wanted to go. If nothing happens, choose “Continue”.',
      go: 'Continue',
    },
    sign_out: {
      heading: 'Signing out',
      lead: 'You are signed out here. Next, you sign out at your sign-in service, so that no one else can sign in with your account.',
      go: 'Continue',
    },
    signed_out: {
      heading: 'You are signed out',
      lead: 'All your applications in this browser are closed.',
      go: 'Continue',
    },
    to_sign_out: {
      heading: 'Continue to sign-out',
      lead: 'You are not signed in on this page. You are being taken to the sign-out of all applications. If nothing happens, choose “Continue”.',
      go: 'Continue',
    },
    emergency: {
      heading: 'Emergency access is open',
      lead: 'Those responsible have been notified. You are being taken to the application. If nothing happens, choose “Continue”.',
      go: 'Continue',
    },
    hosts: {
      heading: 'You are being signed in',
      lead: 'This application has several addresses. You are being signed in at each of them. If nothing happens, choose “Continue”.',
      go: 'Continue',
    },
  },
  de: {
    sign_in: {
      heading: 'Weiter zur Anmeldung',
      lead: 'Sie werden zu Ihrem Anmeldedienst weitergeleitet. Falls nichts geschieht, wählen Sie bitte „Weiter“.',
      go: 'Weiter',
    },
    signed_in: {
      heading: 'Sie sind angemeldet',
      lead: 'Sie werden dorthin weitergeleitet, wohin Sie wollten. Geschieht nichts, wählen Sie „Weiter“.',
      go: 'Weiter',
    },
    sign_out: {
      heading: 'Sie werden abgemeldet',
      lead: 'Hier sind Sie abgemeldet. Als Nächstes werden Sie bei Ihrem Anmeldedienst abgemeldet, damit sich niemand anderes mit Ihrem Konto anmelden kann.',
      go: 'Weiter',
    },
    signed_out: {
      heading: 'Sie sind abgemeldet',
      lead: 'Alle Ihre Anwendungen in diesem Browser sind geschlossen.',
      go: 'Weiter',
    },
    to_sign_out: {
      heading: 'Weiter zur Abmeldung',
      lead: 'Auf dieser Seite sind Sie nicht angemeldet. Sie werden zur Abmeldung von allen Anwendungen weitergeleitet. Falls nichts geschieht, wählen Sie bitte „Weiter“.',
      go: 'Weiter',
    },
    emergency: {
      heading: 'Der Notfallzugang ist offen',
      lead: 'Die Verantwortlichen wurden benachrichtigt. Sie werden zur Anwendung weitergeleitet. Falls nichts geschieht, wählen Sie bitte „Weiter“.',
      go: 'Weiter',
    },
    hosts: {
      heading: 'Sie werden angemeldet',
      lead: 'Diese Anwendung hat mehrere Adressen. Sie werden bei jeder angemeldet. Falls nichts geschieht, wählen Sie bitte „Weiter“.',
      go: 'Weiter',
    },
  },
})
