// Choosing where to sign in, and what to do when it did not work.

import { html, type Html } from './html.ts'
import { icon, type Icon } from './icons.ts'
import { texts } from './language.ts'
import { message, type Message } from './layout.ts'
import { language, page, type PageRequest, type Reply } from './reply.ts'
import type { SignInFailureCode } from '../identity/sign-in.ts'

export interface Choice {
  /** Undefined when the journey leads nowhere in particular. */
  readonly journey: string | undefined
  readonly app: { readonly title: string } | undefined
  readonly providers: readonly { readonly name: string; readonly title: string }[]
  /** Some provider has `domains`: the address tells which one. */
  readonly byEmail: boolean
  /** What was typed, when no provider answers for it. */
  readonly unknownEmail: string | undefined
}

export function choicePage(request: PageRequest, choice: Choice): Reply {
  const say = words[language(request)]
  const status = choice.unknownEmail === undefined ? 200 : 422
  return page(request, status, {
    title: say.title,
    main: html`<section class="card message">
      <div class="emblem calm">${icon('key')}</div>
      <h1>${say.title}</h1>
      <div class="lead">
        <p>${choice.app ? html`${say.toOpen} <strong>${choice.app.title}</strong>` : say.toContinue}</p>
      </div>
      ${choice.byEmail && emailForm(choice, say)}
      ${choice.byEmail && choice.providers.length > 0 && html`<p class="or">${say.or}</p>`}
      ${choice.providers.length > 0 && providerList(choice, say)}
    </section>`,
  })
}

export function failedPage(
  request: PageRequest,
  failed: { readonly code: SignInFailureCode; readonly again: string; readonly signedIn: boolean },
): Reply {
  const say = words[language(request)]
  const about = say.failures[failed.code]
  const { status, icon, tone, retryAfter } = failures[failed.code]
  return page(
    request,
    status,
    {
      title: about.heading,
      main: message({
        icon,
        tone,
        heading: about.heading,
        lead: html`<p>${about.why}</p>
          <p>${about.advice}</p>`,
        actions: [
          { label: say.again, href: failed.again },
          ...(failed.signedIn ? [{ label: say.toApps, href: '/' }] : []),
        ],
      }),
    },
    retryAfter === undefined ? [] : ['Retry-After', String(retryAfter)],
  )
}

/** The address of our sign-in page, on the gateway host. */
export function signInPath(journey: string | undefined, provider?: string): string {
  const parameters = new URLSearchParams()
  if (journey !== undefined) parameters.set('journey', journey)
  if (provider !== undefined) parameters.set('provider', provider)
  return parameters.size === 0 ? '/sign-in' : `/sign-in?${parameters}`
}

function providerList(choice: Choice, say: Words): Html {
  return html`<ul class="providers" aria-label="${say.providers}">
    ${choice.providers.map(
      (provider) =>
        html`<li>
          <a class="provider" href="${signInPath(choice.journey, provider.name)}">
            <span class="initial" aria-hidden="true">${initial(provider.title)}</span>
            <span>${provider.title}</span>
            ${icon('arrow')}
          </a>
        </li>`,
    )}
  </ul>`
}

function emailForm(choice: Choice, say: Words): Html {
  const wrong = choice.unknownEmail !== undefined
  return html`<form method="post" action="/sign-in">
    ${choice.journey !== undefined && html`<input type="hidden" name="journey" value="${choice.journey}" />`}
    <div class="field">
      <label for="email">${say.email}</label>
      <div class="row">
        <input
          id="email"
          name="email"
          type="email"
          autocomplete="username"
          autocapitalize="none"
          spellcheck="false"
          maxlength="254"
          required
          ${wrong && html`aria-invalid="true" aria-describedby="email-error" autofocus`}
          value="${choice.unknownEmail}"
        />
        <button class="button primary" type="submit">${say.go}</button>
      </div>
      ${wrong && html`<p class="error" id="email-error">${say.unknownEmail}</p>`}
    </div>
  </form>`
}

export function initial(title: string): string {
  return title.match(/[\p{L}\p{N}]/u)?.[0].toUpperCase() ?? '·'
}

interface Failure {
  readonly status: number
  readonly icon: Icon
  readonly tone: Message['tone']
  /** Seconds. */
  readonly retryAfter?: number
}

const failures: Readonly<Record<SignInFailureCode, Failure>> = {
  transaction_unknown: { status: 400, icon: 'clock', tone: 'wait' },
  browser_mismatch: { status: 400, icon: 'compass', tone: 'wait' },
  provider_refused: { status: 403, icon: 'lock', tone: 'stop' },
  cancelled: { status: 403, icon: 'person', tone: 'calm' },
  token_invalid: { status: 502, icon: 'alert', tone: 'stop' },
  step_up_not_proven: { status: 403, icon: 'phone', tone: 'wait' },
  provider_unreachable: { status: 503, icon: 'plug', tone: 'wait', retryAfter: 30 },
  store_unreachable: { status: 503, icon: 'plug', tone: 'wait', retryAfter: 30 },
  throttled: { status: 429, icon: 'clock', tone: 'wait', retryAfter: 60 },
}

interface Words {
  title: string
  toOpen: string
  toContinue: string
  providers: string
  or: string
  email: string
  go: string
  unknownEmail: string
  again: string
  toApps: string
  failures: Record<SignInFailureCode, { heading: string; why: string; advice: string }>
}

const words = texts<Words>({
  en: {
    title: 'Sign in',
    toOpen: 'to open',
    toContinue: 'to see your applications',
    providers: 'Ways to sign in',
    or: 'or choose',
    email: 'Work e-mail address',
    go: 'Continue',
    unknownEmail: 'No sign-in is set up for this address. Check the spelling, or choose one below.',
    again: 'Try again',
    toApps: 'My applications',
    failures: {
      transaction_unknown: {
        heading: 'This sign-in is no longer valid',
        why: 'It was used already, or it was left open for too long.',
        advice: 'Nothing is lost: start again, and you will come to the page you wanted.',
      },
      browser_mismatch: {
        heading: 'This sign-in began in another browser',
        why: 'A sign-in has to end in the browser in which it began, so that nobody can hand you theirs.',
        advice: 'Start again here. If this keeps happening, allow cookies for this address.',
      },
      provider_refused: {
        heading: 'Your sign-in was refused',
        why: 'Your sign-in service did not let you sign in to this system.',
        advice: 'Try another account, or ask your IT department and tell them the request number below.',
      },
      cancelled: {
        heading: 'You did not sign in',
        why: 'The sign-in was cancelled before it was finished.',
        advice: 'You can start again whenever you like.',
      },
      token_invalid: {
        heading: 'Your sign-in could not be verified',
        why: 'What your sign-in service sent did not pass a check. For your protection you are not signed in.',
        advice: 'Try again. If it stays like this, your IT department can find the cause by the request number below.',
      },
      step_up_not_proven: {
        heading: 'Your second factor was not confirmed',
        why: 'You are signed in, but your sign-in service did not confirm the stronger sign-in this page asks for.',
        advice:
          'Try again and confirm the second factor. If you were not asked for one, you may have to set it up first.',
      },
      provider_unreachable: {
        heading: 'Your sign-in service does not answer',
        why: 'Without it nobody can sign in at the moment.',
        advice: 'Wait a moment and try again.',
      },
      store_unreachable: {
        heading: 'Sign-in is not possible right now',
        why: 'A part of this system does not answer. You did nothing wrong.',
        advice: 'Wait a moment and try again.',
      },
      throttled: {
        heading: 'Too many sign-ins',
        why: 'There were very many sign-ins from your network within a short time.',
        advice: 'Wait a minute and try again.',
      },
    },
  },
  de: {
    title: 'Anmelden',
    toOpen: 'für die Anwendung',
    toContinue: 'um Ihre Anwendungen zu sehen',
    providers: 'Wege zur Anmeldung',
    or: 'oder wählen Sie',
    email: 'Dienstliche E-Mail-Adresse',
    go: 'Weiter',
    unknownEmail:
      'Für diese Adresse ist keine Anmeldung eingerichtet. Prüfen Sie die Schreibweise, oder wählen Sie unten aus.',
    again: 'Erneut versuchen',
    toApps: 'Meine Anwendungen',
    failures: {
      transaction_unknown: {
        heading: 'Diese Anmeldung gilt nicht mehr',
        why: 'Sie wurde bereits benutzt oder blieb zu lange offen.',
        advice: 'Nichts ist verloren: Beginnen Sie neu, und Sie gelangen zur gewünschten Seite.',
      },
      browser_mismatch: {
        heading: 'Diese Anmeldung begann in einem anderen Browser',
        why: 'Eine Anmeldung muss in dem Browser enden, in dem sie begann. So kann Ihnen niemand seine unterschieben.',
        advice: 'Beginnen Sie hier neu. Geschieht das öfter, erlauben Sie bitte Cookies für diese Adresse.',
      },
      provider_refused: {
        heading: 'Ihre Anmeldung wurde abgelehnt',
        why: 'Ihr Anmeldedienst hat Sie für dieses System nicht angemeldet.',
        advice:
          'Versuchen Sie ein anderes Konto, oder fragen Sie Ihre IT-Abteilung und nennen Sie die Vorgangsnummer unten.',
      },
      cancelled: {
        heading: 'Sie haben sich nicht angemeldet',
        why: 'Die Anmeldung wurde abgebrochen, bevor sie fertig war.',
        advice: 'Sie können jederzeit neu beginnen.',
      },
      token_invalid: {
        heading: 'Ihre Anmeldung ließ sich nicht prüfen',
        why: 'Die Antwort Ihres Anmeldedienstes hat eine Prüfung nicht bestanden. Zu Ihrem Schutz sind Sie nicht angemeldet.',
        advice:
          'Versuchen Sie es erneut. Bleibt es dabei, findet Ihre IT-Abteilung die Ursache über die Vorgangsnummer unten.',
      },
      step_up_not_proven: {
        heading: 'Ihr zweiter Faktor wurde nicht bestätigt',
        why: 'Sie sind angemeldet, aber Ihr Anmeldedienst hat die hier nötige stärkere Anmeldung nicht bestätigt.',
        advice:
          'Versuchen Sie es erneut und bestätigen Sie den zweiten Faktor. Wurden Sie nicht danach gefragt, müssen Sie ihn vielleicht erst einrichten.',
      },
      provider_unreachable: {
        heading: 'Ihr Anmeldedienst antwortet nicht',
        why: 'Ohne ihn kann sich im Moment niemand anmelden.',
        advice: 'Warten Sie einen Augenblick und versuchen Sie es erneut.',
      },
      store_unreachable: {
        heading: 'Die Anmeldung ist gerade nicht möglich',
        why: 'Ein Teil dieses Systems antwortet nicht. Sie haben nichts falsch gemacht.',
        advice: 'Warten Sie einen Augenblick und versuchen Sie es erneut.',
      },
      throttled: {
        heading: 'Zu viele Anmeldungen',
        why: 'Aus Ihrem Netz kamen in kurzer Zeit sehr viele Anmeldungen.',
        advice: 'Warten Sie eine Minute und versuchen Sie es erneut.',
      },
    },
  },
})
