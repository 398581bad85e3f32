// `/emergency`: break-glass access by a one-time code from paper, for one app, when sign-in is impossible.

import { homeOf } from '../kit/app-home.ts'
import { setSessionCookie } from '../../identity/session/cookies.ts'
import { errorList, textArea, textInput } from '../kit/form-fields.ts'
import { readForm } from '../kit/form.ts'
import { html } from '../kit/html.ts'
import { icon } from '../kit/icons.ts'
import { texts } from '../kit/language.ts'
import { badForm, notFound } from '../errors/error-pages.ts'
import { redirectPage } from '../sign-in/redirect-page.ts'
import { language, page, type PageRequest, type Reply } from '../kit/reply.ts'
import { signInFailedPage } from '../sign-in/sign-in-page.ts'
import { origin } from '../kit/viewer.ts'
import { never } from '../../policy/never.ts'
import type { Stated, StatedMistake } from '../../grants/emergency/stated.ts'
import type { WebDependencies } from '../kit/dependencies.ts'

/** 404 when no app accepts emergency codes. */
export async function emergency(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  return deps.emergency.offered() ? codePage(request) : notFound(request)
}

/**
 * `POST /emergency`, fields `code`, `name`, `reason`. Wrong, used and expired codes get the same reply, so that guessing
 * reveals nothing; 429 tells of many wrong ones, a right code is accepted all the same.
 */
export async function useCode(deps: WebDependencies, request: PageRequest): Promise<Reply> {
  const { gateway, apps } = deps.config()
  const form = await readForm(request, gateway.origin)
  if (form.state !== 'read') return badForm(request, form.state)
  if (!deps.emergency.offered()) return notFound(request)
  const [name, reason] = [form.fields('name'), form.fields('reason')]
  const typed = { name: name ?? '', reason: reason ?? '' }
  const redeemed = await deps.emergency.redeem(
    (form.fields('code') ?? '').slice(0, 200),
    { name, reason },
    origin(request),
  )
  switch (redeemed.state) {
    case 'incomplete':
      return codePage(request, { typed, mistakes: redeemed.mistakes })
    case 'refused':
      return redeemed.reason === 'wrong'
        ? codePage(request, { typed, mistakes: { code: 'wrong' } })
        : signInFailedPage(request, { code: 'throttled', again: '/emergency', signedIn: false })
    case 'opened': {
      const cookie = await deps.sessions.issueCookie(redeemed.session, gateway.host, 'replaceable')
      // The app host then redirects back here for its own cookie, as after any sign-in.
      const location = homeOf(apps.get(redeemed.app)?.addresses[0] ?? gateway)
      return redirectPage(request, { location, reason: 'emergency' }, ['Set-Cookie', setSessionCookie(cookie)])
    }
    default:
      return never(redeemed)
  }
}

export interface CodeForm {
  readonly typed: Stated
  readonly mistakes: Partial<Record<keyof Stated, StatedMistake>> & { readonly code?: 'wrong' }
}

const emptyForm: CodeForm = { typed: { name: '', reason: '' }, mistakes: {} }

/** The submitted code is never echoed, so that it does not stay in the browser history. */
export function codePage(request: PageRequest, { typed, mistakes }: CodeForm = emptyForm): Reply {
  const say = words[language(request)]
  const list = (['code', 'name', 'reason'] as const).flatMap((name) => {
    const mistake = mistakes[name]
    return mistake === undefined ? [] : [{ name, text: say.mistakes[mistake](say[name]) }]
  })
  // No `novalidate`: the browser asks for what is missing before it sends, and so keeps the code that was typed.
  const textOf = (name: string) => list.find((one) => one.name === name)?.text
  return page(request, list.length > 0 ? 422 : 200, {
    title: say.title,
    main: html`<section class="card form loud">
      <div class="emblem stop">${icon('key')}</div>
      <h1>${say.title}</h1>
      <div class="lead"><p>${say.lead}</p></div>
      ${errorList(say.incomplete(list.length), list)}
      <form method="post" action="/emergency" autocomplete="off">
        ${textInput({
          name: 'code',
          label: say.code,
          hint: say.hint,
          value: '',
          required: true,
          mistake: textOf('code'),
        })}
        ${textInput({
          name: 'name',
          label: say.name,
          hint: say.nameHint,
          value: typed.name,
          required: true,
          mistake: textOf('name'),
        })}
        ${textArea({
          name: 'reason',
          label: say.reason,
          hint: say.reasonHint,
          value: typed.reason,
          required: true,
          mistake: textOf('reason'),
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
    name: 'Your name',
    nameHint: 'First and last name. It is shown to those responsible, as a name that was stated and not verified.',
    reason: 'Reason',
    reasonHint: 'What happened, and what you are going to do.',
    incomplete: (count: number) =>
      count === 1 ? 'One entry is missing or incorrect' : `${count} entries are missing or incorrect`,
    mistakes: {
      wrong: (_field: string) => 'This code is not valid: it is mistyped, already used, revoked or expired.',
      missing: (field: string) => `${field}: please fill this in. The code has not been used.`,
      too_long: (field: string) => `${field}: this is too long. The code has not been used.`,
    },
    next: 'What happens when you use it',
    consequences: [
      'Those responsible are notified immediately, and an alarm is recorded.',
      'Your name and reason are shown on their pages as long as the access lasts, and everything is recorded.',
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
    name: 'Ihr Name',
    nameHint: 'Vor- und Nachname. Die Verantwortlichen sehen ihn als angegebenen, nicht geprüften Namen.',
    reason: 'Grund',
    reasonHint: 'Was geschehen ist, und was Sie tun werden.',
    incomplete: (count) =>
      count === 1 ? 'Eine Angabe fehlt oder ist ungültig' : `${count} Angaben fehlen oder sind ungültig`,
    mistakes: {
      wrong: () =>
        'Dieser Code ist nicht gültig: Er enthält einen Tippfehler oder wurde schon benutzt, widerrufen oder ist abgelaufen.',
      missing: (field) => `${field}: Bitte ausfüllen. Der Code ist noch nicht verbraucht.`,
      too_long: (field) => `${field}: Das ist zu lang. Der Code ist noch nicht verbraucht.`,
    },
    next: 'Was geschieht, wenn Sie ihn benutzen',
    consequences: [
      'Die Verantwortlichen werden sofort benachrichtigt, und ein Alarm wird aufgezeichnet.',
      'Ihr Name und der Grund stehen auf deren Seiten, solange der Zugang besteht, und alles wird aufgezeichnet.',
      'Der Code ist verbraucht, auch wenn Sie den Zugang nicht nutzen.',
      'Der Zugang endet automatisch, und danach wird geprüft, was getan wurde.',
    ],
    use: 'Code benutzen',
    back: 'Stattdessen anmelden',
  },
})
