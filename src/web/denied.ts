// Why somebody may not pass, in words, each reason with what mends it.

import { html, type Content } from './html.ts'
import { texts, type Language } from './language.ts'
import { message, type Action, type Message, type Person } from './layout.ts'
import { mailto } from './mishaps.ts'
import { exactMomentElement, momentElement, type Clock } from './moment.ts'
import { reasonIcon, reasonMessage, reasonsInWords } from './reason-words.ts'
import { icon, type Icon } from './icons.ts'
import { language, page, type Asker, type Reply } from './reply.ts'
import type { Decision, Remedy } from '../policy/decision.ts'

export interface Refusal {
  readonly decision: Pick<Decision, 'effect' | 'reasons' | 'remedy'>
  readonly app: { readonly title: string; readonly origin: string; readonly owner: string | undefined }
  /** Undefined while nobody is signed in. */
  readonly viewer: Person | undefined
  /** Of the gateway: portal and sign-out are there. */
  readonly gateway: string
  /** Absolute URL that mends it, where signing in (again, more strongly, elsewhere) does. */
  readonly signIn: string | undefined
  /** Absolute URL of the page wanted, when it may be asked for again without harm. */
  readonly again: string | undefined
  /** IANA name and epoch milliseconds: in which times are said. */
  readonly timeZone: string
  readonly now: number
}

export function deniedPage(asker: Asker, status: number, refusal: Refusal, headers: readonly string[] = []): Reply {
  const { decision, app } = refusal
  const clock: Clock = { language: language(asker), timeZone: refusal.timeZone, now: refusal.now }
  const say = words[clock.language]
  const kind = kindOf(refusal.decision.remedy)
  const heading = say.headings[kind](app.title)
  const main = message({
    ...looks[kind],
    heading,
    lead: html`<p>${say.leads[kind](app.title)}</p>
      ${waitUntil(decision.remedy, clock)}`,
    detail: reasonList(refusal, clock),
    actions: actionsFor(asker, refusal, clock),
    facts: facts(refusal, clock),
  })
  return page(asker, status, { title: heading, main, viewer: refusal.viewer }, headers)
}

function reasonList(refusal: Refusal, clock: Clock): Content {
  const { decision, app } = refusal
  if (decision.reasons.length === 0) return undefined
  const said = new Set<string>()
  return html`<ul class="reasons" aria-label="${words[clock.language].reasons}">
    ${reasonsInWords(decision, { ...clock, app: app.title }).map((reason) => {
      const hint = reason.remedy && words[clock.language].remedies[reason.remedy]
      const fresh = hint && !said.has(hint)
      if (fresh) said.add(hint)
      return html`<li>
        ${icon(reasonIcon(reason.code))}
        <h2>${reason.title}</h2>
        <p>${reason.message}</p>
        ${fresh && html`<p>${hint}</p>`}
      </li>`
    })}
  </ul>`
}

function facts(refusal: Refusal, clock: Clock): Content {
  const say = words[clock.language]
  const viewer = refusal.viewer
  const both = viewer?.name !== undefined && viewer.email !== undefined
  return html`<dl class="facts">
    ${
      viewer &&
      html`<dt>${say.signedInAs}</dt>
        <dd>
          ${both ? `${viewer.name} (${viewer.email})` : (viewer.name ?? viewer.email ?? say.unnamed)}<br />
          <a href="${refusal.gateway}/sign-out">${say.switchAccount}</a>
        </dd>`
    }
    <dt>${say.application}</dt>
    <dd>${refusal.app.title}</dd>
    <dt>${say.time}</dt>
    <dd>${exactMomentElement(refusal.now, clock)}</dd>
  </dl>`
}

function actionsFor(asker: Asker, refusal: Refusal, clock: Clock): readonly Action[] {
  const say = words[clock.language]
  const { app, decision, signIn, again } = refusal
  const kind = decision.remedy?.kind
  const list: Action[] = []
  if (signIn !== undefined) list.push({ label: kind === 'step_up' ? say.stepUp : say.signIn, href: signIn })
  else if (again !== undefined && mayTryAgain(kind)) list.push({ label: say.again, href: again })
  if (app.owner !== undefined) list.push({ label: say.askOwner, href: askOwner(asker, refusal, app.owner, clock) })
  list.push({ label: say.toApps, href: `${refusal.gateway}/` })
  return list
}

/** Something outside of this page may have changed by then; a person on no list stays on no list. */
function mayTryAgain(kind: Remedy['kind'] | undefined): boolean {
  return kind === 'wait' || kind === 'use_other_device' || kind === 'use_other_network' || kind === 'try_again'
}

function askOwner(asker: Asker, refusal: Refusal, owner: string, clock: Clock): string {
  const say = words[clock.language]
  const lines = [
    say.mail(refusal.app.title),
    '',
    ...refusal.decision.reasons.map((reason) => `- ${reasonMessage(reason, { ...clock, app: refusal.app.title })}`),
    '',
    `${say.request}: ${asker.id}`,
  ]
  return mailto(owner, say.subject(refusal.app.title), lines.join('\r\n'))
}

function waitUntil(remedy: Remedy | undefined, clock: Clock): Content {
  if (remedy?.kind !== 'wait' || remedy.until === undefined) return undefined
  return html`<p><strong>${words[clock.language].opens} ${momentElement(remedy.until, clock)}</strong></p>`
}

type Kind = 'step' | 'wait' | 'device' | 'network' | 'ask' | 'again'

function kindOf(remedy: Remedy | undefined): Kind {
  switch (remedy?.kind) {
    case 'sign_in':
    case 'step_up':
      return 'step'
    case 'wait':
      return remedy.until === undefined ? 'ask' : 'wait'
    case 'use_other_device':
      return 'device'
    case 'use_other_network':
      return 'network'
    case 'try_again':
      return 'again'
    case 'request_access':
    case 'ask_owner':
    case undefined:
      return 'ask'
  }
}

const looks: Readonly<Record<Kind, { icon: Icon; tone: Message['tone'] }>> = {
  step: { icon: 'phone', tone: 'calm' },
  wait: { icon: 'clock', tone: 'wait' },
  device: { icon: 'device', tone: 'wait' },
  network: { icon: 'network', tone: 'wait' },
  ask: { icon: 'lock', tone: 'stop' },
  again: { icon: 'plug', tone: 'wait' },
}

interface Words {
  reasons: string
  signedInAs: string
  unnamed: string
  application: string
  time: string
  request: string
  signIn: string
  stepUp: string
  again: string
  askOwner: string
  toApps: string
  switchAccount: string
  opens: string
  subject: (app: string) => string
  mail: (app: string) => string
  headings: Record<Kind, (app: string) => string>
  leads: Record<Kind, (app: string) => string>
  /** Undefined where the reason itself says all there is to say. */
  remedies: Record<Remedy['kind'], string | undefined>
}

const words: Readonly<Record<Language, Words>> = texts<Words>({
  en: {
    reasons: 'Reasons',
    signedInAs: 'Signed in as',
    unnamed: 'a person without a name',
    application: 'Application',
    time: 'Time',
    request: 'Request',
    signIn: 'Sign in again',
    stepUp: 'Confirm it is you',
    again: 'Try again',
    askOwner: 'Ask the owner',
    toApps: 'My applications',
    switchAccount: 'Use another account',
    opens: 'It opens',
    subject: (app) => `Access to ${app}`,
    mail: (app) => `I would like to use ${app}, but was not let in:`,
    headings: {
      step: () => 'One more step',
      wait: (app) => `${app} is not open for you right now`,
      device: (app) => `${app} needs another device`,
      network: (app) => `${app} is not open from here`,
      ask: (app) => `You do not have access to ${app}`,
      again: () => 'Just a moment',
    },
    leads: {
      step: (app) => `You can go on to ${app} as soon as you have signed in once more. Nothing was sent.`,
      wait: () => 'Your access is limited to certain times.',
      device: () => 'You are known here, but the device you use does not meet what this application asks for.',
      network: () => 'You are known here, but this application is open from certain networks only.',
      ask: () => 'You are signed in, but this application is not open to you.',
      again: () => 'Something we need to know to let you in cannot be found out at the moment.',
    },
    remedies: {
      sign_in: 'Sign in to go on.',
      step_up: 'Confirm your second factor to go on.',
      request_access: 'Ask the owner of the application for access.',
      wait: undefined,
      use_other_device: 'Use a device that your IT department manages, or ask them to mend this one.',
      use_other_network: 'Connect from the office or by VPN.',
      ask_owner: 'Ask the owner of the application for access.',
      try_again: 'Try again in a moment.',
    },
  },
  de: {
    reasons: 'Gründe',
    signedInAs: 'Angemeldet als',
    unnamed: 'eine Person ohne Namen',
    application: 'Anwendung',
    time: 'Zeit',
    request: 'Vorgang',
    signIn: 'Neu anmelden',
    stepUp: 'Identität bestätigen',
    again: 'Erneut versuchen',
    askOwner: 'Verantwortliche fragen',
    toApps: 'Meine Anwendungen',
    switchAccount: 'Anderes Konto verwenden',
    opens: 'Geöffnet ab:',
    subject: (app) => `Zugang zu ${app}`,
    mail: (app) => `ich möchte ${app} benutzen, wurde aber nicht eingelassen:`,
    headings: {
      step: () => 'Noch ein Schritt',
      wait: (app) => `${app} ist für Sie gerade nicht geöffnet`,
      device: (app) => `${app} verlangt ein anderes Gerät`,
      network: (app) => `${app} ist von hier aus nicht geöffnet`,
      ask: (app) => `Sie haben keinen Zugang zu ${app}`,
      again: () => 'Einen Augenblick bitte',
    },
    leads: {
      step: (app) =>
        `Sobald Sie sich noch einmal angemeldet haben, geht es weiter zu ${app}. Es wurde nichts gesendet.`,
      wait: () => 'Ihr Zugang gilt nur zu bestimmten Zeiten.',
      device: () => 'Sie sind hier bekannt, aber Ihr Gerät erfüllt nicht, was diese Anwendung verlangt.',
      network: () => 'Sie sind hier bekannt, aber diese Anwendung ist nur aus bestimmten Netzen geöffnet.',
      ask: () => 'Sie sind angemeldet, aber diese Anwendung steht Ihnen nicht offen.',
      again: () => 'Etwas, das wir wissen müssen, um Sie einzulassen, ist im Moment nicht festzustellen.',
    },
    remedies: {
      sign_in: 'Melden Sie sich an, um fortzufahren.',
      step_up: 'Bestätigen Sie Ihren zweiten Faktor, um fortzufahren.',
      request_access: 'Bitten Sie die Verantwortlichen der Anwendung um Zugang.',
      wait: undefined,
      use_other_device:
        'Benutzen Sie ein von Ihrer IT-Abteilung verwaltetes Gerät, oder lassen Sie dieses dort in Ordnung bringen.',
      use_other_network: 'Verbinden Sie sich aus dem Büro oder über das VPN.',
      ask_owner: 'Bitten Sie die Verantwortlichen der Anwendung um Zugang.',
      try_again: 'Versuchen Sie es gleich noch einmal.',
    },
  },
})
