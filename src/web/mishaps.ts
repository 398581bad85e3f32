// Answers where something went wrong that no policy decided: a page for people, a problem document for programs.

import { html, type Content } from './html.ts'
import { texts } from './language.ts'
import { message, type Action, type Message } from './layout.ts'
import { problem } from './problem.ts'
import { language, page, type Asker, type Reply } from './reply.ts'
import type { Icon } from './icons.ts'

/** Nothing here, on a host of ours. `home`: absolute URL or path of the portal. */
export function notFound(asker: Asker, home = '/'): Reply {
  return mishap(asker, 'not_found', { actions: (say) => [{ label: say.home, href: home }] })
}

/** A host we do not serve, or not on this connection (421, RFC 9110 section 15.5.20). Says nothing about those we do. */
export function unknownHost(asker: Asker, status: 404 | 421 = 404): Reply {
  return mishap(asker, 'unknown_host', { status, alone: true })
}

/** `allow`: methods this address has, for the field RFC 9110 section 15.5.6 demands. */
export function methodNotAllowed(asker: Asker, allow: readonly string[]): Reply {
  return mishap(asker, 'method_not_allowed', { headers: ['Allow', allow.join(', ')] })
}

/** The request cannot be read without doubt; it never reached routing. */
export function badRequest(asker: Asker, status: 400 | 408 | 413 | 414 | 417 | 431 | 501 = 400): Reply {
  return mishap(asker, 'bad_request', { status, alone: true })
}

/** A form that is not from a page of ours, or not a form. */
export function badForm(asker: Asker, why: 'foreign' | 'malformed'): Reply {
  return why === 'malformed'
    ? mishap(asker, 'bad_request', {})
    : mishap(asker, 'foreign_form', { actions: (say) => [{ label: say.home, href: '/' }] })
}

/** The app did not answer (502), or not in time (504). `again`: absolute URL of the page, for a page that was only read. */
export function upstreamDown(
  asker: Asker,
  status: 502 | 504,
  app: { readonly title: string; readonly owner: string | undefined },
  again: string | undefined,
): Reply {
  return mishap(asker, status === 502 ? 'bad_gateway' : 'gateway_timeout', {
    name: app.title,
    headers: ['Retry-After', '30'],
    actions: (say) => [
      ...(again === undefined ? [] : [{ label: say.again, href: again }]),
      ...(app.owner === undefined
        ? []
        : [{ label: say.owner, href: mailto(app.owner, `${app.title} (${asker.id})`, '') }]),
    ],
  })
}

/** A part of ours cannot be asked, so nobody is let in: it passes by itself. */
export function unavailable(asker: Asker, again: string | undefined): Reply {
  return mishap(asker, 'unavailable', {
    headers: ['Retry-After', '10'],
    actions: (say) => (again === undefined ? [] : [{ label: say.again, href: again }]),
  })
}

/** The unforeseen: the id finds it in the log. */
export function incident(asker: Asker): Reply {
  return mishap(asker, 'incident', { alone: true })
}

/** A form was sent without a session: what was typed went nowhere, and cannot be kept. */
export function sessionEnded(
  asker: Asker,
  app: { readonly title: string },
  signIn: string,
  headers: readonly string[],
): Reply {
  return mishap(asker, 'session_ended', {
    name: app.title,
    headers: ['WWW-Authenticate', 'Bearer', ...headers],
    signIn,
    actions: (say) => [{ label: say.signIn, href: signIn }],
  })
}

export function mailto(address: string, subject: string, body: string): string {
  const fields = [
    `subject=${encodeURIComponent(subject)}`,
    ...(body === '' ? [] : [`body=${encodeURIComponent(body)}`]),
  ]
  return `mailto:${encodeURIComponent(address).replace('%40', '@')}?${fields.join('&')}`
}

interface Options {
  readonly status?: number
  readonly name?: string
  readonly headers?: readonly string[]
  readonly alone?: boolean
  readonly signIn?: string
  readonly actions?: (say: Words) => readonly Action[]
}

function mishap(asker: Asker, kind: Kind, options: Options): Reply {
  const say = words[language(asker)]
  const about = say.kinds[kind]
  const { icon, tone } = kinds[kind]
  const status = options.status ?? kinds[kind].status
  const lead = about.lead(options.name ?? '')
  if (!asker.navigation) {
    return problem(
      asker,
      { status, code: kind, title: about.heading, detail: lead.join(' '), signIn: options.signIn },
      options.headers,
    )
  }
  const main = message({
    icon,
    tone,
    heading: about.heading,
    lead: lead.map((paragraph): Content => html`<p>${paragraph}</p>`),
    actions: options.actions?.(say),
  })
  return page(asker, status, { title: about.heading, main, alone: options.alone }, options.headers)
}

type Kind = keyof typeof kinds

const kinds = {
  not_found: { status: 404, icon: 'compass', tone: 'calm' },
  unknown_host: { status: 404, icon: 'compass', tone: 'calm' },
  method_not_allowed: { status: 405, icon: 'alert', tone: 'wait' },
  bad_request: { status: 400, icon: 'alert', tone: 'wait' },
  foreign_form: { status: 403, icon: 'lock', tone: 'wait' },
  bad_gateway: { status: 502, icon: 'plug', tone: 'wait' },
  gateway_timeout: { status: 504, icon: 'clock', tone: 'wait' },
  unavailable: { status: 503, icon: 'plug', tone: 'wait' },
  incident: { status: 500, icon: 'alert', tone: 'stop' },
  session_ended: { status: 401, icon: 'clock', tone: 'wait' },
} as const satisfies Record<string, { status: number; icon: Icon; tone: Message['tone'] }>

interface Words {
  home: string
  again: string
  owner: string
  signIn: string
  kinds: Record<Kind, { heading: string; lead: (name: string) => readonly string[] }>
}

const words = texts<Words>({
  en: {
    home: 'My applications',
    again: 'Try again',
    owner: 'Write to the owner',
    signIn: 'Sign in again',
    kinds: {
      not_found: {
        heading: 'There is nothing here',
        lead: () => ['This address does not lead to a page. It may be misspelt or out of date.'],
      },
      unknown_host: {
        heading: 'There is nothing here',
        lead: () => ['Nothing is served under this address.'],
      },
      method_not_allowed: {
        heading: 'That is not possible here',
        lead: () => ['This page cannot be used in the way your browser or program tried.'],
      },
      bad_request: {
        heading: 'This request could not be read',
        lead: () => [
          'It is malformed or ambiguous, so it was not passed on. Nothing was changed.',
          'If a link brought you here, tell its author the request number below.',
        ],
      },
      foreign_form: {
        heading: 'This did not come from our page',
        lead: () => [
          'A form was sent to us that is not ours, or your browser does not say where it came from. For your protection nothing was done.',
        ],
      },
      bad_gateway: {
        heading: 'The application does not answer',
        lead: (name) => [
          `You have access, but ${name} cannot be reached at the moment.`,
          'Try again in a little while.',
        ],
      },
      gateway_timeout: {
        heading: 'The application takes too long',
        lead: (name) => [`You have access, but ${name} did not answer in time.`, 'Try again in a little while.'],
      },
      unavailable: {
        heading: 'Just a moment',
        lead: () => [
          'A part of this system does not answer, so nobody can be let in right now. You did nothing wrong.',
          'This usually passes by itself within a minute.',
        ],
      },
      incident: {
        heading: 'Something went wrong on our side',
        lead: () => [
          'You did nothing wrong, and you were not let through.',
          'If it happens again, tell your IT department the request number below: it leads them to the cause.',
        ],
      },
      session_ended: {
        heading: 'Your session ended while you worked',
        lead: (name) => [
          `What you just sent did not reach ${name}: nothing was saved and nothing was changed.`,
          'Go back to copy what you typed if you can, then sign in again.',
        ],
      },
    },
  },
  de: {
    home: 'Meine Anwendungen',
    again: 'Erneut versuchen',
    owner: 'Verantwortliche anschreiben',
    signIn: 'Neu anmelden',
    kinds: {
      not_found: {
        heading: 'Hier ist nichts',
        lead: () => ['Diese Adresse führt zu keiner Seite. Vielleicht ist sie falsch geschrieben oder veraltet.'],
      },
      unknown_host: {
        heading: 'Hier ist nichts',
        lead: () => ['Unter dieser Adresse gibt es kein Angebot.'],
      },
      method_not_allowed: {
        heading: 'Das geht hier nicht',
        lead: () => ['Diese Seite lässt sich so nicht benutzen, wie Ihr Browser oder Programm es versucht hat.'],
      },
      bad_request: {
        heading: 'Diese Anfrage war nicht lesbar',
        lead: () => [
          'Sie ist fehlerhaft oder mehrdeutig und wurde deshalb nicht weitergegeben. Es wurde nichts geändert.',
          'Hat Sie ein Link hierher geführt, nennen Sie bitte dessen Verfasser die Vorgangsnummer unten.',
        ],
      },
      foreign_form: {
        heading: 'Das kam nicht von unserer Seite',
        lead: () => [
          'Das gesendete Formular ist nicht unseres, oder Ihr Browser sagt nicht, woher es kam. Zu Ihrem Schutz ist nichts geschehen.',
        ],
      },
      bad_gateway: {
        heading: 'Die Anwendung antwortet nicht',
        lead: (name) => [
          `Sie haben Zugang, aber ${name} ist im Moment nicht zu erreichen.`,
          'Versuchen Sie es bitte gleich noch einmal.',
        ],
      },
      gateway_timeout: {
        heading: 'Die Anwendung braucht zu lange',
        lead: (name) => [
          `Sie haben Zugang, aber ${name} hat nicht rechtzeitig geantwortet.`,
          'Versuchen Sie es bitte gleich noch einmal.',
        ],
      },
      unavailable: {
        heading: 'Einen Augenblick bitte',
        lead: () => [
          'Ein Teil dieses Systems antwortet nicht, deshalb wird gerade niemand eingelassen. Sie haben nichts falsch gemacht.',
          'Meist ist das nach einer Minute von selbst vorbei.',
        ],
      },
      incident: {
        heading: 'Bei uns ist etwas schiefgegangen',
        lead: () => [
          'Sie haben nichts falsch gemacht, und Sie wurden nicht durchgelassen.',
          'Geschieht es wieder, nennen Sie Ihrer IT-Abteilung bitte die Vorgangsnummer unten: Sie führt zur Ursache.',
        ],
      },
      session_ended: {
        heading: 'Ihre Sitzung endete während der Arbeit',
        lead: (name) => [
          `Was Sie eben gesendet haben, ist bei ${name} nicht angekommen: Es wurde nichts gespeichert und nichts geändert.`,
          'Gehen Sie wenn möglich zurück, um Ihren Text zu kopieren, und melden Sie sich dann neu an.',
        ],
      },
    },
  },
})
