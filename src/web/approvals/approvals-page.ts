// Approver's inbox: requests awaiting a decision, emergencies to review, recent decisions.

import { html, type Html } from '../kit/html.ts'
import { relativeTime, type Clock } from '../kit/format-time.ts'
import { words } from './messages.ts'
import { requesterName, statePill, subjectOf, whenItMatters, type RequestView } from '../requests/request-view.ts'
import { words as requestWords } from '../requests/messages.ts'
import { language, page, type PageRequest, type Reply } from '../kit/reply.ts'
import { formatDuration } from '../kit/format-duration.ts'
import type { Session } from '../../identity/session/session.ts'
import type { Navigation } from '../kit/navigation.ts'
import { heading, listSection } from '../kit/list-layout.ts'

export interface Approvals {
  readonly session: Session
  readonly nav: Navigation
  readonly waiting: readonly RequestView[]
  readonly reviews: readonly RequestView[]
  readonly decided: readonly RequestView[]
  readonly timeZone: string
  readonly now: number
}

export function approvalsPage(request: PageRequest, approvals: Approvals): Reply {
  const clock: Clock = { language: language(request), timeZone: approvals.timeZone, now: approvals.now }
  const say = words[clock.language]
  const { waiting, reviews, decided, session, nav } = approvals
  const rows = (list: readonly RequestView[], act: string, primary: boolean): readonly Html[] =>
    list.map((one) => row(one, act, primary, clock))
  const main = html`${heading(say.title, say.lead)}
  ${waiting.length + reviews.length === 0 && html`<p class="card empty part">${say.none}</p>`}
  ${listSection('waiting', say.waitingPart, rows(waiting, say.decide, true))}
  ${listSection('reviews', say.reviewPart, rows(reviews, say.review, true))}
  ${listSection('decided', say.decidedPart, rows(decided, say.look, false))}`
  return page(request, 200, { title: say.title, main, viewer: session.subject, nav, wide: true })
}

function row(view: RequestView, act: string, primary: boolean, clock: Clock): Html {
  const say = words[clock.language]
  const asked = requestWords[clock.language]
  const { request } = view
  const who = requesterName(request, undefined, clock)
  const what = subjectOf(view, asked)
  return html`<li>
    <div>
      <p class="what">
        ${say.wants(who, what)} ${request.external && html`<span class="pill wait">${say.external}</span>`}
        ${(!primary || request.emergency) && statePill(view, clock)}
      </p>
      <p class="more">
        ${asked.levels[view.grant?.level ?? request.level]} · ${formatDuration(lengthOf(view), clock.language)} ·
        ${!request.emergency && say.asked} ${relativeTime(request.askedAt, clock)} · ${whenItMatters(view, clock)}
      </p>
      ${primary && request.reason !== undefined && html`<p class="more written">${request.reason}</p>`}
    </div>
    <a
      class="${primary ? 'button small primary' : 'button small'}"
      href="/approvals/${request.id}"
      aria-label="${act}: ${who}, ${what}"
      >${act}</a
    >
  </li>`
}

/** Milliseconds: granted duration once decided, requested duration until then. */
function lengthOf({ request: { terms, extends: prolongs, duration } }: RequestView): number {
  return terms === undefined || prolongs !== undefined ? duration : terms.until - terms.from
}
