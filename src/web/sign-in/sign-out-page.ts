// Sign-out confirmation page, and the page after sign-out.

import type { App } from '../../config/configuration.ts'
import { html } from '../kit/html.ts'
import { icon } from '../kit/icons.ts'
import { texts } from '../kit/language.ts'
import { message, nameOf, type Person } from '../kit/layout.ts'
import { language, page, type PageRequest, type Reply } from '../kit/reply.ts'

/** `app`: where the sign-out began, and where the cancel link leads; undefined: the portal. */
export function askSignOutPage(
  request: PageRequest,
  asked: { readonly viewer: Person; readonly app: Pick<App, 'name' | 'origin'> | undefined },
): Reply {
  const say = words[language(request)]
  const person = nameOf(asked.viewer)
  return page(request, 200, {
    title: say.ask,
    viewer: asked.viewer,
    main: html`<section class="card message">
      <div class="emblem calm">${icon('leave')}</div>
      <h1>${say.ask}</h1>
      <div class="lead">
        <p>${person === undefined ? say.unnamed : html`${say.signedInAs} <strong>${person}</strong>.`} ${say.all}</p>
      </div>
      <form method="post" action="/sign-out">
        ${asked.app && html`<input type="hidden" name="app" value="${asked.app.name}" />`}
        <div class="actions">
          <button class="button primary" type="submit">${say.yes}</button>
          <a class="button" href="${asked.app?.origin ?? ''}/">${say.no}</a>
        </div>
      </form>
    </section>`,
  })
}

/** `apps`: origins whose data in the browser is emptied, see `signed-out.ts`. */
export function signedOutPage(
  request: PageRequest,
  apps: readonly string[] = [],
  headers: readonly string[] = [],
): Reply {
  const say = words[language(request)]
  const main = message({
    icon: 'check',
    tone: 'good',
    heading: say.done,
    lead: html`<p>${say.closed}</p>
      ${apps.map((app) => html`<img src="${app}/.einlass/signed-out" alt="" hidden />`)}`,
    actions: [{ label: say.again, href: '/sign-in' }],
  })
  return page(request, 200, { title: say.done, main, images: apps }, [...clearPageCache, ...headers])
}

/**
 * Empties the back/forward cache for this host (Clear-Site-Data section 3.1): Chromium keeps pages in it despite
 * `no-store`.
 */
export const clearPageCache: readonly string[] = ['Clear-Site-Data', '"cache"']

const words = texts({
  en: {
    ask: 'Sign out?',
    signedInAs: 'You are signed in as',
    unnamed: 'You are signed in.',
    all: 'Signing out closes all your applications in this browser.',
    yes: 'Sign out',
    no: 'Stay signed in',
    done: 'You are signed out',
    closed: 'All your applications in this browser are closed. On a shared computer, close the browser window too.',
    again: 'Sign in again',
  },
  de: {
    ask: 'Abmelden?',
    signedInAs: 'Sie sind angemeldet als',
    unnamed: 'Sie sind angemeldet.',
    all: 'Mit der Abmeldung werden alle Ihre Anwendungen in diesem Browser geschlossen.',
    yes: 'Abmelden',
    no: 'Angemeldet bleiben',
    done: 'Sie sind abgemeldet',
    closed:
      'Alle Ihre Anwendungen in diesem Browser sind geschlossen. Schließen Sie an einem gemeinsam genutzten Rechner auch das Browserfenster.',
    again: 'Erneut anmelden',
  },
})
