// `/signed-in`, and `/.einlass/signed-in` on app hosts: the end of a sign-in in a window of its own, which closes itself.

import { html } from '../kit/html.ts'
import { closeWindow } from '../kit/inline-scripts.ts'
import { texts } from '../kit/language.ts'
import { message } from '../kit/layout.ts'
import { signInChallenge } from '../kit/sign-in-challenge.ts'
import { problem } from '../kit/problem-details.ts'
import { language, page, redirect, setCookies, type PageRequest, type Reply } from '../kit/reply.ts'
import { viewerOf } from '../kit/viewer.ts'
import { title } from '../../policy/reasons.ts'
import type { RouteMatch, WebDependencies } from '../kit/dependencies.ts'

/** On an app's host: also where a script opens a window for the sign-in (`sign_in` of a problem document). */
export const signedInPath = '/.einlass/signed-in'

/** `GET /.einlass/signed-in`: begins a sign-in that comes back here; with a session it is the end of one. */
export async function signedInAtApp(deps: WebDependencies, request: PageRequest, matched: RouteMatch): Promise<Reply> {
  const { gateway } = deps.config()
  if (await viewerOf(deps, request)) return signedInPage(request, `${gateway.origin}/`)
  const origin = `${request.scheme}://${request.host}`
  if (request.method === 'HEAD' || !request.navigation) return unauthorized(request, origin + signedInPath)
  const { journey, cookies } = deps.signIn.returnContexts.create(
    {
      origin,
      host: request.host,
      target: signedInPath,
      app: matched.app!.name,
      stepUp: undefined,
      provider: undefined,
    },
    request.header('cookie'),
    true,
  )
  return redirect(request, `${gateway.origin}/sign-in?journey=${journey}`, setCookies(cookies))
}

/** `GET /signed-in` on the gateway's host: the end of a sign-in that began in a frame. */
export async function signedIn(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  return (await viewerOf(deps, request)) ? signedInPage(request, '/') : redirect(request, '/sign-in')
}

/** `portal`: address of the user's applications. */
export function signedInPage(request: PageRequest, portal: string): Reply {
  const say = words[language(request)]
  return page(request, 200, {
    title: say.heading,
    policy: { script: closeWindow },
    main: html`${message({
      icon: 'check',
      tone: 'good',
      heading: say.heading,
      lead: html`<p>${say.lead}</p>`,
      actions: [{ label: say.toApps, href: portal }],
    })}
    ${closeWindow.element}`,
  })
}

function unauthorized(request: PageRequest, signIn: string): Reply {
  const code = 'no_session'
  const decision = { reasons: [{ code, parameters: {} }], remedy: undefined } as const
  const content = { status: 401, code, title: title(code, language(request)), decision, signIn }
  return problem(request, content, signInChallenge(signIn))
}

const words = texts({
  en: {
    heading: 'You are signed in',
    lead: 'You can close this window and go on where you were. A page there that asks you to reload it can be reloaded now.',
    toApps: 'My applications',
  },
  de: {
    heading: 'Sie sind angemeldet',
    lead: 'Sie können dieses Fenster schließen und dort weitermachen, wo Sie waren. Eine Seite, die neu geladen werden will, können Sie jetzt neu laden.',
    toApps: 'Meine Anwendungen',
  },
})
