// Access review page of one app: every access path with its last use, and the form to keep or end each and sign.

import { html, type Content, type Html } from '../kit/html.ts'
import { hoursAgo, type Clock } from '../kit/format-time.ts'
import { language, page, type PageRequest, type Reply } from '../kit/reply.ts'
import { words } from './review-messages.ts'
import type { AdminRole } from './roles.ts'
import { endElement } from '../kit/grant-end.ts'
import { noEnd } from '../../policy/grant-period.ts'
import type { ReviewLine } from '../../grants/reviews/lines.ts'
import { quarter } from '../../grants/reviews/notes.ts'
import { formatNote, reviewMessages, formatAccessPath } from '../../grants/reviews/messages.ts'
import type { Draft } from '../../grants/reviews/reviews.ts'
import type { Session } from '../../identity/session/session.ts'
import type { Navigation } from '../kit/navigation.ts'
import { heading, listSection } from '../kit/list-layout.ts'

export type Decisions = ReadonlyMap<string, 'keep' | 'end'>

export interface OneReview {
  readonly session: Session
  readonly nav: Navigation
  readonly draft: Draft
  readonly role: AdminRole
  readonly decisions: Decisions | undefined
  readonly notice: string | undefined
  /** Signing requires a step-up at the provider first. */
  readonly asksForProof: boolean
  readonly timeZone: string
  readonly now: number
}

export function reviewPage(request: PageRequest, review: OneReview): Reply {
  const { session, nav, draft, role, decisions, notice, asksForProof, timeZone, now } = review
  const clock: Clock = { language: language(request), timeZone, now }
  const say = words[clock.language]
  const title = reviewMessages[clock.language].heading(draft.title)
  const said = notice === 'changed' || notice === 'undecided' || notice === 'proven' ? say.said[notice] : undefined
  const decides = role === 'admin'
  const groups: [string, string, readonly ReviewLine[]][] = [
    ['unused', say.parts.unused, draft.lines.filter(({ lastUsed }) => idle(lastUsed, now, quarter))],
    [
      'seldom',
      say.parts.seldom,
      draft.lines.filter(({ lastUsed }) => !idle(lastUsed, now, quarter) && idle(lastUsed, now, month)),
    ],
    ['used', say.parts.used, draft.lines.filter(({ lastUsed }) => !idle(lastUsed, now, month))],
  ]
  const parts = groups.map(([id, called, lines]) =>
    listSection(
      id,
      called,
      lines.map((line) => row(line, decides, decisions, clock)),
    ),
  )
  const main = html`${heading(title, say.explained)}
  ${said !== undefined && html`<p class="said ${notice === 'proven' ? 'good' : 'wait'}" role="status">${said}</p>`}
  ${notes(draft, clock)}
  ${
    decides
      ? html`<form class="part" method="post" action="/admin/reviews/${draft.app}">
          <input type="hidden" name="digest" value="${draft.digest}" />
          ${draft.lines.length === 0 && html`<p class="card empty">${reviewMessages[clock.language].noUsers}</p>`}
          ${parts}
          <div class="part">
            <p class="hint before">
              ${asksForProof ? say.proof : say.signs(session.subject.name ?? session.subject.email ?? '')}
            </p>
          </div>
          <div class="actions">
            <button class="button primary" type="submit">${say.sign}</button>
            <a class="button" href="/admin/reviews">${say.back}</a>
          </div>
        </form>`
      : html`${parts}
          <div class="part"><p class="hint">${say.viewerOnly}</p></div>`
  }`
  return page(request, 200, { title, main, viewer: session.subject, nav, wide: true })
}

/** Milliseconds. */
const month = 30 * 86_400_000

function idle(lastUsed: number | undefined, now: number, length: number): boolean {
  return lastUsed === undefined || lastUsed <= now - length
}

function notes({ notes: list }: Draft, clock: Clock): Content {
  const rows = list.map((note) => html`<li>${formatNote(note, clock.language)}</li>`)
  return listSection('notes', reviewMessages[clock.language].readWith, rows, 'rows plainly')
}

function row(line: ReviewLine, decides: boolean, decisions: Decisions | undefined, clock: Clock): Html {
  const say = words[clock.language]
  const in_words = reviewMessages[clock.language]
  const who = line.name ?? line.email ?? line.who
  const way = formatAccessPath(line, clock.language)
  return html`<li>
    <div>
      <p class="what">${who} ${line.external && html`<span class="pill wait">${in_words.external}</span>`}</p>
      <p class="more">
        ${line.name !== undefined && line.email !== undefined && html`${line.email} · `}${way}${
          line.until !== undefined &&
          line.until < noEnd &&
          html` · ${say.until} ${endElement({ until: line.until, timeZone: line.timeZone }, clock)}`
        }
      </p>
      ${line.besides.length > 0 && html`<p class="more">${in_words.besides}: ${line.besides.join('; ')}</p>`}
      <p class="more">
        ${in_words.lastUsed}: ${line.lastUsed === undefined ? in_words.never : hoursAgo(line.lastUsed, clock)}
        ${line.declaredAt && html`· ${say.declared} <code>${line.declaredAt}</code>`}
      </p>
    </div>
    ${decides && verdict(line, `${who}, ${way}`, decisions?.get(line.id), clock)}
  </li>`
}

function verdict(line: ReviewLine, label: string, decided: 'keep' | 'end' | undefined, clock: Clock): Html {
  const say = words[clock.language]
  const choice = (value: 'keep' | 'end', text: string) =>
    html`<label
      ><input type="radio" name="line-${line.id}" value="${value}" required ${decided === value && html`checked`} />
      ${text}</label
    >`
  return html`<fieldset class="keep-or-end">
    <legend class="hidden">${label}</legend>
    ${choice('keep', say.keep)} ${choice('end', line.declaredAt === undefined ? say.end : say.takeOut)}
  </fieldset>`
}
