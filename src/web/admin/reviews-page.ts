// List of access reviews: per app the last review with reviewer, and when the next is due.

import { html, type Content, type Html } from '../kit/html.ts'
import { timeElement, timePhrase, type Clock } from '../kit/format-time.ts'
import { language, page, type PageRequest, type Reply } from '../kit/reply.ts'
import { words } from './review-messages.ts'
import type { ReviewStatus } from '../../grants/reviews/reviews.ts'
import type { Session } from '../../identity/session/session.ts'
import type { Navigation } from '../kit/navigation.ts'
import { heading } from '../kit/list-layout.ts'

export interface StandingReview extends ReviewStatus {
  /** Epoch milliseconds of the viewer's own draft. */
  readonly savedAt: number | undefined
}

export interface ReviewList {
  readonly session: Session
  readonly nav: Navigation
  readonly notice: string | undefined
  readonly standing: readonly StandingReview[]
  readonly timeZone: string
  readonly now: number
}

export function reviewsPage(request: PageRequest, list: ReviewList): Reply {
  const { session, nav, notice, standing, timeZone, now } = list
  const clock: Clock = { language: language(request), timeZone, now }
  const say = words[clock.language]
  const said = notice === 'signed' || notice === 'take_out' ? say.said[notice] : undefined
  const main = html`${heading(say.title, say.lead)}
    ${said !== undefined && html`<p class="said ${notice === 'signed' ? 'good' : 'wait'}" role="status">${said}</p>`}
    <ul class="card rows part">
      ${standing.map((one) => row(one, clock))}
    </ul>`
  return page(request, 200, { title: say.title, main, viewer: session.subject, nav, wide: true })
}

function row({ app, title, last, due, savedAt }: StandingReview, clock: Clock): Html {
  const say = words[clock.language]
  const overdue = due <= clock.now
  return html`<li>
    <div>
      <p class="what">
        ${title} ${overdue && html`<span class="pill wait">${last ? say.overdue : say.neverReviewed}</span>`}
      </p>
      <p class="more">${lastOf(last, clock)}</p>
      ${!overdue && html`<p class="more">${say.next} ${timeElement(due, clock)}</p>`}
      ${savedAt !== undefined && html`<p class="more">${say.savedAt} ${timePhrase(savedAt, clock)}</p>`}
    </div>
    <a class="button small" href="/admin/reviews/${app}" aria-label="${say.look}: ${title}">${say.look}</a>
  </li>`
}

function lastOf(last: ReviewStatus['last'], clock: Clock): Content {
  const say = words[clock.language]
  if (last === undefined) return say.noReview
  return html`${say.last(last.by)} ${timeElement(last.at, clock)} · ${say.counts(last.kept, last.ended)} ·
    <code>reviews/${last.file}</code>`
}
