// Page with the access request form and what happens after sending it; and the list of apps to choose from.

import { hidden, errorList, statusMessage } from '../kit/form-fields.ts'
import { html, type Content, type Html } from '../kit/html.ts'
import { icon } from '../kit/icons.ts'
import { message, type Person } from '../kit/layout.ts'
import type { Clock } from '../kit/format-time.ts'
import { formatEnd } from '../kit/grant-end.ts'
import { sentence } from '../kit/own-sentences.ts'
import { faceOf, language, page, type PageRequest, type Reply } from '../kit/reply.ts'
import {
  beginField,
  durationFieldOf,
  levelField,
  errorTexts,
  reasonField,
  ticketField,
  type FormState,
} from './new-request-fields.ts'
import { words } from './new-request-messages.ts'
import { initial } from '../sign-in/sign-in-page.ts'
import { formatDuration } from '../kit/format-duration.ts'
import type { Offer } from '../../grants/requests/repository.ts'
import type { Navigation } from '../kit/navigation.ts'

export interface NewRequest extends FormState {
  readonly viewer: Person
  readonly nav: Navigation
  /** Why the form is prefilled. */
  readonly notice: 'proven' | 'resumed' | undefined
  /** Description of the approvers or reviewers. */
  readonly deciders: string
  /** Milliseconds after which an undecided request lapses. */
  readonly lapseAfter: number
  readonly timeZone: string
  readonly now: number
}

export function newRequestPage(request: PageRequest, asked: NewRequest): Reply {
  const clock: Clock = { language: language(request), timeZone: asked.timeZone, now: asked.now }
  const say = words[clock.language]
  const { title, emergency, grant } = asked
  const heading = emergency ? say.emergencyTitle(title) : grant ? say.extendTitle(title) : say.title(title)
  const list = errorTexts(asked, clock)
  const main = html`<section class="card form ${emergency ? 'loud' : ''}">
      <div class="emblem ${emergency ? 'stop' : 'calm'}">${icon(emergency ? 'alert' : 'key')}</div>
      <h1>${heading}</h1>
      <div class="lead">
        <p>${emergency ? say.emergencyOnly : grant ? say.extendLead(formatEnd(grant, clock)) : say.lead}</p>
      </div>
      ${ownWords(request, asked, clock.language)}
      ${asked.notice && list.length === 0 && statusMessage('good', html`<p>${say[asked.notice]}</p>`)}
      ${errorList(say.mistakes(list.length), list)}
      <form method="post" action="/requests/new" novalidate>
        ${hidden('app', asked.offer.app)} ${emergency && hidden('emergency', '1')}
        ${grant && hidden('extends', grant.id)} ${levelField(asked, clock)} ${durationFieldOf(asked, clock)}
        ${!emergency && !grant && beginField(asked, clock)} ${reasonField(asked, clock)}
        ${asked.offer.ticket !== 'none' && ticketField(asked, clock)} ${next(asked, clock)}
        <div class="actions">
          <button class="button primary ${emergency ? 'danger' : ''}" type="submit">
            ${emergency ? say.letMeIn : grant ? say.askMore : say.ask}
          </button>
          <a class="button" href="/">${say.cancel}</a>
        </div>
      </form>
    </section>
    ${
      !emergency &&
      asked.offer.emergency &&
      html`<p class="beside">
        ${say.orEmergency}
        <a href="${newRequestPath(asked.offer.app, { emergency: true })}">${say.emergencyLink}</a>
      </p>`
    }`
  const status = list.length > 0 ? 422 : 200
  return page(request, status, { title: heading, main, viewer: asked.viewer, nav: asked.nav })
}

function ownWords(request: PageRequest, { emergency, offer }: NewRequest, language: Clock['language']): Content {
  const text = sentence(faceOf(request), offer.app, emergency ? 'emergency' : 'request', language)
  return text && html`<div class="own-words">${text}</div>`
}

/** The apps for which this user may request access. */
export function chooseRequestPage(
  request: PageRequest,
  choice: {
    readonly viewer: Person
    readonly nav: Navigation
    readonly offers: readonly (Offer & { readonly title: string })[]
  },
): Reply {
  const say = words[language(request)]
  const { viewer, nav, offers } = choice
  if (offers.length === 0) return noRequestPossible(request, viewer, nav)
  const main = html`<section class="card form">
    <div class="emblem calm">${icon('key')}</div>
    <h1>${say.chooseTitle}</h1>
    <div class="lead"><p>${say.chooseLead}</p></div>
    <ul class="providers">
      ${offers.map((offer) => {
        const emergencyOnly = offer.levels.length === 0
        const max = emergencyOnly ? (offer.emergency?.maxDuration ?? 0) : offer.maxDuration
        return html`<li>
          <a class="provider" href="${newRequestPath(offer.app, { emergency: emergencyOnly })}">
            <span class="initial" aria-hidden="true">${initial(offer.title)}</span>
            <span
              >${emergencyOnly ? say.emergencyTitle(offer.title) : offer.title}
              <small>${say.upTo(formatDuration(max, language(request)))}</small></span
            >
            ${icon('arrow')}
          </a>
        </li>`
      })}
    </ul>
  </section>`
  return page(request, 200, { title: say.chooseTitle, main, viewer, nav })
}

/** The same 404 for an unknown app, one not offered and a grant of another user, so that none can be told apart. */
export function noRequestPossible(request: PageRequest, viewer: Person, nav: Navigation): Reply {
  const say = words[language(request)]
  const main = message({
    icon: 'key',
    tone: 'wait',
    heading: say.nothing,
    lead: html`<p>${say.nothingLead}</p>
      <p>${say.nothingAdvice}</p>`,
    actions: [{ label: say.toApps, href: '/' }],
  })
  return page(request, 404, { title: say.nothing, main, viewer, nav })
}

export function newRequestPath(
  app: string,
  more: { readonly emergency?: boolean; readonly extends?: string | undefined } = {},
): string {
  const query = new URLSearchParams({ app })
  if (more.emergency) query.set('emergency', '1')
  if (more.extends !== undefined) query.set('extends', more.extends)
  return `/requests/new?${query}`
}

function next(asked: NewRequest, clock: Clock): Html {
  const say = words[clock.language]
  const { offer, deciders, lapseAfter } = asked
  const urgent = asked.emergency ? offer.emergency : undefined
  const list: readonly Content[] = urgent
    ? [
        say.told(deciders),
        say.recorded,
        say.endsItself(formatDuration(urgent.maxDuration, clock.language)),
        say.reviewed(formatDuration(urgent.reviewWithin, clock.language)),
      ]
    : [
        `${say.decides(deciders)} ${say.approvals(offer.approvals)}`,
        say.answer(formatDuration(lapseAfter, clock.language)),
        say.ends,
      ]
  return html`<div class="${urgent ? 'next loud' : 'next'}">
    <h2>${urgent ? say.nextEmergency : say.next}</h2>
    <ul>
      ${list.map((item) => html`<li>${item}</li>`)}
    </ul>
  </div>`
}
