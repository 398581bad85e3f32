// Access review page of one app: every access path with its last use, and the form to keep or end each, save and sign.

import { html, type Content, type Html } from '../kit/html.ts'
import { timePhrase, type Clock } from '../kit/format-time.ts'
import { statusMessage } from '../kit/form-fields.ts'
import type { Language } from '../kit/language.ts'
import { language, page, type PageRequest, type Reply } from '../kit/reply.ts'
import { words } from './review-messages.ts'
import { markedLines, reviewParts, rowId, type MarkedLine } from './review-table.ts'
import type { AdminRole } from './roles.ts'
import { formatNote, reviewMessages } from '../../grants/reviews/messages.ts'
import { never } from '../../policy/never.ts'
import type { Draft } from '../../grants/reviews/reviews.ts'
import type { Decisions } from '../../grants/reviews/saved-answers.ts'
import type { Session } from '../../identity/session/session.ts'
import type { Navigation } from '../kit/navigation.ts'
import { heading, listSection } from '../kit/list-layout.ts'

/**
 * `restored`, `dropped`: answers saved before, of which some are for lines that have changed; `resumed`: those sent without a
 * session.
 */
export type ReviewNotice = 'changed' | 'undecided' | 'saved' | 'restored' | 'dropped' | 'resumed'

export interface OneReview {
  readonly session: Session
  readonly nav: Navigation
  readonly draft: Draft
  readonly role: AdminRole
  readonly decisions: Decisions | undefined
  readonly notice: ReviewNotice | undefined
  /** Epoch milliseconds of the answers shown, when they were saved before. */
  readonly savedAt: number | undefined
  /** Signing requires a step-up at the provider first. */
  readonly asksForProof: boolean
  readonly timeZone: string
  readonly now: number
}

export function reviewPage(request: PageRequest, review: OneReview): Reply {
  const { session, nav, draft, role, decisions, notice, timeZone, now } = review
  const clock: Clock = { language: language(request), timeZone, now }
  const say = words[clock.language]
  const title = reviewMessages[clock.language].heading(draft.title)
  const lines = markedLines(draft, decisions, now)
  const decides = role === 'admin'
  const parts = reviewParts(lines, { decides, decisions, marksMissing: notice === 'undecided' }, clock)
  const main = html`${heading(title, say.explained, html`<a class="button" href="/admin/reviews">${say.back}</a>`)}
  ${said(review, lines, clock)} ${notes(draft, clock)}
  ${
    decides
      ? form(review, { lines, parts }, clock)
      : html`${parts}
          <div class="part"><p class="hint">${say.viewerOnly}</p></div>`
  }`
  return page(request, 200, { title, main, viewer: session.subject, nav, wide: 'widest' })
}

function form(
  { session, draft, asksForProof }: OneReview,
  { lines, parts }: { readonly lines: readonly MarkedLine[]; readonly parts: Content },
  { language }: Clock,
): Html {
  const say = words[language]
  const path = `/admin/reviews/${draft.app}`
  return html`<form class="part" method="post" action="${path}">
    <input type="hidden" name="digest" value="${draft.digest}" />
    ${
      lines.length === 0
        ? html`<p class="card empty">${reviewMessages[language].noUsers}</p>`
        : html`<p class="tally">${tally(lines, language)}</p>`
    }
    ${parts}
    <div class="part">
      <p class="hint before">
        ${asksForProof ? say.proof : say.signs(session.subject.name ?? session.subject.email ?? '')}
      </p>
    </div>
    <div class="actions signing">
      <button class="button primary" type="submit">${say.sign}</button>
      <button class="button" type="submit" formaction="${path}/draft" formnovalidate>${say.save}</button>
    </div>
  </form>`
}

/** How much there is to do. */
function tally(lines: readonly MarkedLine[], language: Language): string {
  const { kept, asked, open } = words[language].tally
  const asking = lines.filter(({ attention }) => attention.length > 0).length
  const undecided = lines.filter(({ decision }) => decision === undefined).length
  return [
    ...(lines.length > asking ? [kept(lines.length - asking)] : []),
    ...(asking > 0 ? [asked(asking), open(undecided)] : []),
  ].join(' ')
}

function said({ notice, savedAt }: OneReview, lines: readonly MarkedLine[], clock: Clock): Content {
  const say = words[clock.language].said
  switch (notice) {
    case undefined:
      return undefined
    case 'undecided': {
      const missing = lines.filter(({ decision }) => decision === undefined)
      const first = missing[0]
      const link = first && html` <a href="#${rowId(first)}">${say.firstMissing}</a>`
      return statusMessage('wait', html`${say.undecided(missing.length)}${link}`)
    }
    case 'saved':
      return statusMessage('good', say.saved)
    case 'changed':
      return statusMessage('wait', say.changed)
    case 'resumed':
      return statusMessage('good', say.resumed)
    case 'restored':
    case 'dropped': {
      const when = savedAt === undefined ? '' : timePhrase(savedAt, clock)
      const text = html`${say.restored.before} ${when}${say.restored.after}`
      return statusMessage(
        notice === 'restored' ? 'good' : 'wait',
        html`${text}${notice === 'dropped' && ` ${say.dropped}`}`,
      )
    }
    default:
      return never(notice)
  }
}

function notes({ notes: list }: Draft, clock: Clock): Content {
  const rows = list.map((note) => html`<li>${formatNote(note, clock.language)}</li>`)
  return listSection('notes', reviewMessages[clock.language].readWith, rows, 'rows plainly')
}
