// `/.einlass/arrive`: redeems a one-time sign-in ticket for a session cookie on an app host (cross-host handoff).

import { setSessionCookie } from '../../identity/session/cookies.ts'
import { addressOn, homeOf, ownOrigin } from '../kit/app-home.ts'
import { fieldsOf } from '../kit/form.ts'
import { html } from '../kit/html.ts'
import { texts } from '../kit/language.ts'
import { message } from '../kit/layout.ts'
import { language, page, redirect, type PageRequest, type Reply } from '../kit/reply.ts'
import { viewerOf } from '../kit/viewer.ts'
import type { RouteMatch, WebDependencies } from '../kit/dependencies.ts'

/** `GET /.einlass/arrive?ticket=`: sets the cookie of this host and redirects to the page requested originally. */
export async function redeemHandoff(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  const app = matched.app!
  const origin = ownOrigin(request)
  const fields = fieldsOf(request.query)
  const result = await deps.signIn.redeemTicket({
    ticket: fields('ticket') ?? '',
    host: request.host,
    cookies: request.header('cookie'),
    page: fields('page'),
  })
  if (result.state === 'refused') {
    // The origin is written out, so that a target like `//elsewhere` stays a path of this host.
    const page = result.target === undefined ? homeOf(addressOn(app, request.host)) : origin + result.target
    // Loaded again, or of another tab: with a session on this host nothing needs to be said.
    return (await viewerOf(deps, request)) ? redirect(request, page) : refused(request, page)
  }
  return redirect(request, origin + result.target, [
    'Set-Cookie',
    setSessionCookie(result.cookie),
    'Set-Cookie',
    result.spent,
  ])
}

/** Error page without an automatic redirect, which would loop in a browser without cookies. */
function refused(request: PageRequest, wanted: string): Reply {
  const say = words[language(request)]
  return page(request, 400, {
    title: say.heading,
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
