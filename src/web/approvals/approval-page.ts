// Approval page: one request with its facts (user, device, history) and the decision forms.

import { endElement, endedPhrase } from '../kit/grant-end.ts'
import { words, type Words } from './messages.ts'
import { approveForm, commentIds, denyForm, endForm, reviewForm, sentence, type FormState } from './approval-forms.ts'
import { errorList, statusMessage } from '../kit/form-fields.ts'
import { deviceSummary } from '../kit/device-summary.ts'
import { html, type Content, type Html } from '../kit/html.ts'
import { personLabel } from '../kit/emergency-banner.ts'
import { icon } from '../kit/icons.ts'
import { hoursAgo, timeElement, type Clock } from '../kit/format-time.ts'
import { isRejectionReason, rejectionMessage } from '../requests/refusal-messages.ts'
import { language, page, type PageRequest, type Reply } from '../kit/reply.ts'
import {
  requestFacts,
  requesterName,
  statusOf,
  statePill,
  subjectOf,
  timeline,
  type RequestView,
} from '../requests/request-view.ts'
import { words as requestWords } from '../requests/messages.ts'
import { countdown, formatDuration } from '../kit/format-duration.ts'
import { emergencyUser, type EmergencyUser } from '../../grants/emergency/emergencies.ts'
import type { FieldName } from './approval-form.ts'
import type { Session } from '../../identity/session/session.ts'
import type { Device } from '../../policy/device.ts'
import type { Grant } from '../../policy/grant.ts'
import type { Navigation } from '../kit/navigation.ts'

export interface Approval extends RequestView, FormState {
  readonly session: Session
  readonly nav: Navigation
  readonly notice: string | undefined
  /** Title of the requester's identity provider. */
  readonly provider: string
  readonly device: Device | undefined
  /** Epoch milliseconds, rounded down to the hour, of the requester's last request to this app. */
  readonly lastUsed: number | undefined
  /** Earlier grants for this app, newest first, and the number of denied requests for it. */
  readonly before: readonly Grant[]
  readonly refused: number
  /** Current grants for other apps. */
  readonly others: readonly (Grant & { readonly title: string })[]
  /** Actions the viewer may take now. */
  readonly mayDecide: boolean
  readonly mayReview: boolean
  readonly mayEnd: boolean
  readonly timeZone: string
  readonly now: number
}

export function approvalPage(requester: PageRequest, approval: Approval): Reply {
  const clock: Clock = { language: language(requester), timeZone: approval.timeZone, now: approval.now }
  const say = words[clock.language]
  const asked = requestWords[clock.language]
  const { request, session } = approval
  const who = requesterName(request, undefined, clock)
  const heading = say.wants(who, subjectOf(approval, asked))
  const list = errorTexts(approval, clock)
  const main = html`<section class="card form ${request.emergency ? 'loud' : ''}">
    <div class="heading">
      <h1>${heading}</h1>
      ${statePill(approval, clock)}
    </div>
    ${list.length === 0 && noticeLine(approval, clock)} ${errorList(say.mistakes(list.length), list)}
    ${standing(approval, clock)}
    <div class="beside-each-other">
      <div class="column">
        ${facts(approval, clock)} ${pastRequests(approval, clock)}
        <div class="history">
          <h2>${say.history}</h2>
          ${timeline(approval, session.subject, clock)}
        </div>
      </div>
      <div class="column">
        ${approval.mayDecide && [approveForm(approval, clock), denyForm(approval, clock)]}
        ${approval.mayEnd && request.emergency && endForm(approval, say)}
        ${approval.mayReview && reviewForm(approval, clock)}
        ${approval.mayEnd && !request.emergency && endForm(approval, say)}
      </div>
    </div>
    <div class="actions"><a class="button small" href="/approvals">${say.all}</a></div>
  </section>`
  const status = list.length > 0 ? 422 : 200
  return page(requester, status, { title: heading, main, viewer: session.subject, nav: approval.nav, wide: true })
}

function standing(approval: Approval, clock: Clock): Content {
  const say = words[clock.language]
  const asked = requestWords[clock.language]
  const { request, grant, session } = approval
  const state = statusOf(approval, clock.now)
  if (state === 'running') {
    const [tone, symbol, label] = request.emergency
      ? (['stop', 'alert', asked.emergencyRunning] as const)
      : (['good', 'check', asked.state.running] as const)
    return html`<div class="access ${tone}">
      <p class="label">${icon(symbol)}<span>${label}</span></p>
      ${countdown(grant!.until, clock)}
      <p class="until">${asked.until} ${endElement(grant!, clock)} · ${asked.levels[grant!.level]}</p>
    </div>`
  }
  if (state !== 'open') return undefined
  const { provider, sub } = session.subject
  const agreed = request.approvals.some(({ by }) => by.provider === provider && by.sub === sub)
  const left = request.needed - request.approvals.length
  if (agreed) return statusMessage('good', html`<p>${say.youAgreed} ${say.waitsForOthers(left)}</p>`)
  if (request.needed === 1) return undefined
  return html`<p class="given">${say.agreedAlready(request.approvals.length, request.needed)}</p>`
}

function facts(approval: Approval, clock: Clock): Html {
  const say = words[clock.language]
  const { request, device } = approval
  const user = emergencyUser(request)
  return html`<div class="facts-of">
    <h2>${request.emergency ? say.taken : say.wanted}</h2>
    <dl class="facts">${requestFacts(approval, clock)}</dl>
    <h2>${say.person}</h2>
    <dl class="facts">
      ${user.stated ? codeFacts(user, clock) : personFacts(approval, say)}
      ${
        request.groups.length > 0 &&
        html`<dt>${say.groups}</dt>
          <dd>${request.groups.slice(0, 20).join(', ')}</dd>`
      }
    </dl>
    <h2>${say.from}</h2>
    <dl class="facts">
      <dt>${say.when}</dt>
      <dd>${timeElement(request.askedAt, clock)}</dd>
      <dt>${say.device}</dt>
      <dd>${request.device === undefined ? say.noDevice : deviceSummary(request.device, device, clock)}</dd>
      <dt>${say.address}</dt>
      <dd>${request.address ?? say.unknownAddress}</dd>
    </dl>
  </div>`
}

function personFacts({ request: { by, external }, provider }: Approval, say: Words): Html {
  return html`<dt>${say.name}</dt>
    <dd>${by.name ?? say.unnamed} ${external && html`<span class="pill wait">${say.external}</span>`}</dd>
    <dt>${say.email}</dt>
    <dd>${by.email ?? by.sub}</dd>
    <dt>${say.provider}</dt>
    <dd>${provider}</dd>`
}

/** No provider vouches for the person behind an emergency code. */
function codeFacts(user: Extract<EmergencyUser, { stated: true }>, { language }: Clock): Html {
  const say = words[language]
  return html`<dt>${say.name}</dt>
    <dd>${user.name === undefined ? say.unnamed : personLabel(user, language)}</dd>
    <dt>${say.code}</dt>
    <dd><code>${user.code}</code></dd>`
}

function pastRequests(approval: Approval, clock: Clock): Html {
  const say = words[clock.language]
  const asked = requestWords[clock.language]
  const line = (grant: Grant, title: string | undefined) => {
    const { revokedAt } = grant
    const runs = revokedAt === undefined && grant.until > clock.now
    const ended = revokedAt === undefined ? endedPhrase(grant, clock) : timeElement(revokedAt, clock)
    return html`<li>
      ${title !== undefined && html`${title}: `}${asked.levels[grant.level]},
      ${runs ? html`${asked.until} ${endElement(grant, clock)}` : html`${asked.ended} ${ended}`}${grant.reason !== undefined && html` · ${grant.reason}`}
    </li>`
  }
  return html`<div class="facts-of">
    <h2>${say.beforeApp(approval.title)}</h2>
    ${
      approval.before.length === 0
        ? html`<p class="note">${say.never}</p>`
        : html`<ul class="plain">
            ${approval.before.map((grant) => line(grant, undefined))}
          </ul>`
    }
    ${approval.lastUsed !== undefined && html`<p class="note">${say.lastUsed(hoursAgo(approval.lastUsed, clock))}</p>`}
    ${approval.refused > 0 && html`<p class="note">${say.requestsBefore(approval.refused)}</p>`}
    <h2>${say.others}</h2>
    ${
      approval.others.length === 0
        ? html`<p class="note">${say.noOthers}</p>`
        : html`<ul class="plain">
            ${approval.others.map((grant) => line(grant, grant.title))}
          </ul>`
    }
  </div>`
}

function noticeLine({ notice, title, request }: Approval, { language }: Clock): Content {
  const say = words[language]
  if (notice === 'proven' || notice === 'resumed') return statusMessage('good', html`<p>${say[notice]}</p>`)
  if (notice !== undefined && Object.hasOwn(say.notices, notice)) {
    return statusMessage('good', html`<p>${say.notices[notice as keyof typeof say.notices]}</p>`)
  }
  if (!isRejectionReason(notice)) return undefined
  const max = formatDuration(request.duration, language)
  return statusMessage('wait', html`<p>${rejectionMessage(notice, { app: title, longest: max }, language)}</p>`)
}

const order: readonly FieldName[] = ['form', 'level', 'length', 'comment']

function errorTexts(approval: Approval, clock: Clock): { name: string | undefined; text: string }[] {
  return order.flatMap((place) => {
    const text = sentence(approval, place, clock)
    return text === undefined ? [] : [{ name: idOf(place, approval), text }]
  })
}

function idOf(place: FieldName, { form }: Approval): string | undefined {
  if (place === 'form') return undefined
  return place === 'comment' ? commentIds[form?.act ?? 'approve'] : place
}
