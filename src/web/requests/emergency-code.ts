// `/emergency`: break-glass access by a one-time code from paper, for one app, when sign-in is impossible.

import { setSessionCookie } from '../../identity/session/cookies.ts'
import { textInput } from '../kit/form-fields.ts'
import { readForm } from '../kit/form.ts'
import { html } from '../kit/html.ts'
import { icon } from '../kit/icons.ts'
import { texts } from '../kit/language.ts'
import { badForm, notFound } from '../errors/error-pages.ts'
import { redirectPage } from '../sign-in/redirect-page.ts'
import { language, page, type PageRequest, type Reply } from '../kit/reply.ts'
import { signInFailedPage } from '../sign-in/sign-in-page.ts'
import { origin } from '../kit/viewer.ts'
import type { WebDependencies } from '../kit/dependencies.ts'

/** 404 when no app accepts emergency codes. */
export async function emergency(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  return deps.emergency.offered() ? codePage(request, false) : notFound(request)
}

/** `POST /emergency`, field `code`. Wrong, used and expired codes get the same reply, so that guessing reveals nothing. */
export async function useCode(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const { gateway, apps } = deps.config()
  const form = await readForm(request, gateway.origin)
  if (form.state !== 'read') return badForm(request, form.state)
  if (!deps.emergency.offered()) return notFound(request)
  const redeemed = await deps.emergency.redeem((form.fields('code') ?? '').slice(0, 200), origin(request))
  if (redeemed.state === 'refused') {
    if (redeemed.reason === 'wrong') return codePage(request, true)
    return signInFailedPage(request, { code: 'throttled', again: '/emergency', signedIn: false })
  }
  const cookie = await deps.sessions.issueCookie(redeemed.session, gateway.host)
  // The app host then redirects back here for its own cookie, as after any sign-in.
  const location = `${apps.get(redeemed.app)?.origin ?? gateway.origin}/`
  return redirectPage(request, { location, reason: 'emergency' }, ['Set-Cookie', setSessionCookie(cookie)])
}

/** The submitted code is never echoed, so that it does not stay in the browser history. */
export function codePage(request: PageRequest, wrong: boolean): Reply {
  const say = words[language(request)]
  return page(request, wrong ? 422 : 200, {
    title: say.title,
    main: html`<section class="card form loud">
      <div class="emblem stop">${icon('key')}</div>
      <h1>${say.title}</h1>
      <div class="lead"><p>${say.lead}</p></div>
      <form method="post" action="/emergency" autocomplete="off" novalidate>
        ${textInput({
          name: 'code',
          label: say.code,
          hint: say.hint,
          value: '',
          required: true,
          mistake: wrong ? say.wrong : undefined,
        })}
        <div class="next loud">
          <h2>${say.next}</h2>
          <ul>
            ${say.consequences.map((text) => html`<li>${text}</li>`)}
          </ul>
        </div>
        <div class="actions">
          <button class="button primary danger" type="submit">${say.use}</button>
          <a class="button" href="/sign-in">${say.back}</a>
        </div>
      </form>
    </section>`,
  })
}

const words = texts({
  en: {
    title: 'Emergency code',
    lead: 'For use when sign-in is not possible. A code opens one application, once, for a limited time.',
    code: 'The code, as printed on the paper',
    hint: 'Five groups of five characters. Upper and lower case do not matter.',
    wrong: 'This code is not valid: it is mistyped, already used, revoked or expired.',
    next: 'What happens when you use it',
    consequences: [
      'Those responsible are notified immediately, and an alarm is recorded.',
      'The code is used up, even if you do not use the access.',
      'Access ends automatically, and what was done is reviewed afterwards.',
    ],
    use: 'Use the code',
    back: 'Sign in instead',
  },
  de: {
    title: 'Notfallcode',
    lead: 'Für den Fall, dass keine Anmeldung möglich ist. Ein Code öffnet eine Anwendung, einmal, für begrenzte Zeit.',
    code: 'Der Code, wie er auf dem Papier steht',
    hint: 'Fünf Gruppen zu fünf Zeichen. Groß- und Kleinschreibung spielt keine Rolle.',
    wrong:
      'Dieser Code ist nicht gültig: Er enthält einen Tippfehler oder wurde schon benutzt, widerrufen oder ist abgelaufen.',
    next: 'Was geschieht, wenn Sie ihn benutzen',
    consequences: [
      'Die Verantwortlichen werden sofort benachrichtigt, und ein Alarm wird aufgezeichnet.',
      'Der Code ist verbraucht, auch wenn Sie den Zugang nicht nutzen.',
      'Der Zugang endet automatisch, und danach wird geprüft, was getan wurde.',
    ],
    use: 'Code benutzen',
    back: 'Stattdessen anmelden',
  },
})
