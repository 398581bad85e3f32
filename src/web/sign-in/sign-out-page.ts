// Sign-out confirmation page, and the page after sign-out.

import type { App } from '../../config/configuration.ts'
import { homeOf } from '../kit/app-home.ts'
import { html, type Content } from '../kit/html.ts'
import { icon } from '../kit/icons.ts'
import { texts } from '../kit/language.ts'
import { message, nameOf, type Person } from '../kit/layout.ts'
import { signInPath } from './sign-in-page.ts'
import { language, page, type PageRequest, type Reply } from '../kit/reply.ts'

/**
 * `app`: where the sign-out began, and where the cancel link leads; undefined: the portal. `journey`: the page there. `session`:
 * note of the app's host.
 */
export function askSignOutPage(
  request: PageRequest,
  asked: {
    readonly viewer: Person
    readonly app: Pick<App, 'name' | 'addresses'> | undefined
    readonly journey?: string | undefined
    readonly session?: string | undefined
  },
): Reply {
  const say = words[language(request)]
  const person = nameOf(asked.viewer)
  const stay =
    asked.journey === undefined ? homeOf(asked.app?.addresses[0] ?? { origin: '' }) : signInPath(asked.journey)
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
        ${hidden('app', asked.app?.name)} ${hidden('journey', asked.journey)} ${hidden('session', asked.session)}
        <div class="actions">
          <button class="button primary" type="submit">${say.yes}</button>
          <a class="button" href="${stay}">${say.no}</a>
        </div>
      </form>
    </section>`,
  })
}

function hidden(name: string, value: string | undefined): Content {
  return value !== undefined && html`<input type="hidden" name="${name}" value="${value}" />`
}

export interface SignedOut {
  /** False: there was nothing to end, and the page does not claim that something was. */
  readonly ended: boolean
  /** Origins whose data in the browser is emptied, see `signed-out.ts`. */
  readonly apps: readonly string[]
  /** Path of the next sign-in, to the page where the sign-out began. */
  readonly again: string
}

export function signedOutPage(
  request: PageRequest,
  { ended, apps, again }: SignedOut,
  headers: readonly string[] = [],
): Reply {
  const say = words[language(request)]
  const heading = ended ? say.done : say.notSignedIn
  const main = message({
    icon: ended ? 'check' : 'person',
    tone: ended ? 'good' : 'calm',
    heading,
    lead: html`<p>${ended ? say.closed : say.nothing}</p>
      ${apps.map((app) => html`<img src="${app}/.einlass/signed-out" alt="" hidden />`)}`,
    actions: [{ label: ended ? say.again : say.signIn, href: again }],
  })
  return page(request, 200, { title: heading, main, policy: { images: apps } }, [...clearPageCache, ...headers])
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
    notSignedIn: 'You are not signed in',
    nothing: 'There is no session in this browser that could be ended.',
    signIn: 'Sign in',
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
    notSignedIn: 'Sie sind nicht angemeldet',
    nothing: 'In diesem Browser gibt es keine Sitzung, die zu beenden wäre.',
    signIn: 'Anmelden',
  },
})
