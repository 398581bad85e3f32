// The user's list of access requests, and the page of one request with history, countdown and actions.

import { endElement } from '../kit/grant-end.ts'
import { statusMessage } from '../kit/form-fields.ts'
import { giveBackForm } from './give-back-form.ts'
import { html, type Content, type Html } from '../kit/html.ts'
import { icon } from '../kit/icons.ts'
import { timeElement, type Clock } from '../kit/format-time.ts'
import { isRejectionReason, rejectionMessage } from './refusal-messages.ts'
import { language, page, type PageRequest, type Reply } from '../kit/reply.ts'
import { newRequestPath } from './new-request-page.ts'
import {
  requestFacts,
  statusOf,
  statePill,
  subjectOf,
  timeline,
  whenItMatters,
  type RequestView,
} from './request-view.ts'
import { words } from './messages.ts'
import { countdown, refreshAt } from '../kit/format-duration.ts'
import type { Session } from '../../identity/session/session.ts'
import type { Navigation } from '../kit/navigation.ts'
import { homeOf } from '../kit/app-home.ts'
import { heading, listSection } from '../kit/list-layout.ts'

interface PageFrame {
  readonly session: Session
  readonly nav: Navigation
  readonly notice: string | undefined
  readonly timeZone: string
  readonly now: number
}

export function requestsPage(
  request: PageRequest,
  {
    session,
    nav,
    timeZone,
    now,
    requests,
    mayAsk,
  }: Omit<PageFrame, 'notice'> & {
    readonly requests: readonly RequestView[]
    readonly mayAsk: boolean
  },
): Reply {
  const clock: Clock = { language: language(request), timeZone, now }
  const say = words[clock.language]
  const open = requests.filter((one) => one.request.state === 'open')
  const closed = requests.filter((one) => one.request.state !== 'open')
  const rows = (list: readonly RequestView[]): readonly Html[] => list.map((one) => row(one, clock))
  const askNew = mayAsk && html`<a class="button" href="/requests/new">${say.askNew}</a>`
  const main = html`${heading(say.myTitle, say.myLead, askNew)}
  ${requests.length === 0 && html`<p class="card empty part">${say.none}</p>`}
  ${listSection('open', say.openPart, rows(open))} ${listSection('closed', say.closedPart, rows(closed))}`
  return page(request, 200, { title: say.myTitle, main, viewer: session.subject, nav, wide: true })
}

export interface OneRequest extends PageFrame, RequestView {
  /** First address of the app, without a trailing slash; undefined when it is no longer in the configuration. */
  readonly origin: string | undefined
  readonly path?: string | undefined
  readonly mayAsk: boolean
  readonly mayExtend: boolean
  /** Id of an open extension request for the grant. */
  readonly extendPath: string | undefined
}

export function requestPage(requester: PageRequest, one: OneRequest): Reply {
  const { session, nav, now } = one
  const clock: Clock = { language: language(requester), timeZone: one.timeZone, now }
  const say = words[clock.language]
  const heading = subjectOf(one, say)
  const standing = statusOf(one, now)
  const main = html`<section class="card form">
    <div class="heading">
      <h1>${heading}</h1>
      ${statePill(one, clock)}
    </div>
    ${noticeLine(one, clock)} ${standing === 'running' && running(one, clock)}
    ${standing === 'coming' && coming(one, clock)} ${standing === 'open' && waiting(one, clock)} ${after(one, clock)}
    <div class="facts-of">
      <h2>${say.wanted}</h2>
      <dl class="facts">${requestFacts(one, clock)}</dl>
    </div>
    <div class="history">
      <h2>${say.history}</h2>
      ${timeline(one, session.subject, clock)}
    </div>
    <div class="actions"><a class="button small" href="/requests">${say.allMine}</a></div>
  </section>`
  const next = { running: one.grant?.until, coming: one.grant?.from, open: undefined }[
    standing as 'running' | 'coming' | 'open'
  ]
  const waits = standing === 'open' || standing === 'settling'
  return page(
    requester,
    200,
    { title: heading, main, viewer: session.subject, nav, waits },
    waits ? [] : refreshAt(next, now),
  )
}

function row(view: RequestView, clock: Clock): Html {
  const say = words[clock.language]
  const { request } = view
  return html`<li>
    <div>
      <p class="what"><a href="/requests/${request.id}">${subjectOf(view, say)}</a> ${statePill(view, clock)}</p>
      <p class="more">${say.levels[view.grant?.level ?? request.level]} · ${whenItMatters(view, clock)}</p>
    </div>
  </li>`
}

function noticeLine({ notice, title }: OneRequest, { language }: Clock): Content {
  const say = words[language]
  if (isRejectionReason(notice))
    return statusMessage('wait', html`<p>${rejectionMessage(notice, { app: title }, language)}</p>`)
  if (notice === 'withdrawn' || notice === 'returned') return statusMessage('good', html`<p>${say.notices[notice]}</p>`)
  if (notice === 'not_returned') return statusMessage('wait', html`<p>${say.notices[notice]}</p>`)
  return undefined
}

function running(one: OneRequest, clock: Clock): Html {
  const say = words[clock.language]
  const { grant, origin, path, title, mayExtend, extendPath, request } = one
  const [tone, symbol, label] = request.emergency
    ? (['stop', 'alert', `${say.emergency}: ${say.running}`] as const)
    : (['good', 'check', say.running] as const)
  return html`<div class="access ${tone}">
    <p class="label">${icon(symbol)}<span>${label}</span></p>
    ${countdown(grant!.until, clock)}
    <p class="until">${say.until} ${endElement(grant!, clock)} · ${say.levels[grant!.level]}</p>
    <div class="actions">
      ${origin !== undefined && html`<a class="button primary" href="${homeOf({ origin, path })}">${say.open(title)}</a>`}
      ${
        extendPath !== undefined
          ? html`<a class="button" href="/requests/${extendPath}">${say.morePending}</a>`
          : mayExtend &&
            html`<a class="button" href="${newRequestPath(request.app, { extends: grant!.id })}">${say.askMore}</a>`
      }
    </div>
    ${giveBackForm(grant!, title, clock.language)}
  </div>`
}

function coming(one: OneRequest, clock: Clock): Html {
  const say = words[clock.language]
  const { grant, title } = one
  return html`<div class="access">
    <p class="label">${icon('clock')}<span>${say.later}</span></p>
    <p class="until">
      ${say.begins} ${timeElement(grant!.from, clock)}, ${say.until} ${endElement(grant!, clock)} ·
      ${say.levels[grant!.level]}
    </p>
    ${giveBackForm(grant!, title, clock.language)}
  </div>`
}

function waiting({ request }: OneRequest, clock: Clock): Html {
  const say = words[clock.language]
  const path = `/requests/${request.id}`
  return html`<div class="access wait">
    <p class="label">${icon('clock')}<span>${say.state.open}</span></p>
    <p class="until">
      ${request.needed > 1 && html`${say.agreed(request.approvals.length, request.needed)} · `}${say.lapses}
      ${timeElement(request.lapsesAt, clock)}
    </p>
    <div class="actions">
      <a class="button" href="${path}">${say.checkAgain}</a>
      <form method="post" action="${path}/withdraw">
        <button class="button" type="submit">${say.withdraw}</button>
      </form>
    </div>
  </div>`
}

/** Actions after the request or grant has ended. */
function after(one: OneRequest, clock: Clock): Content {
  const standing = statusOf(one, clock.now)
  const over = standing === 'over' || standing === 'early' || standing === 'lapsed' || standing === 'withdrawn'
  if (!one.mayAsk || !over) return undefined
  return html`<div class="actions">
    <a class="button primary" href="${newRequestPath(one.request.app)}">${words[clock.language].askAgain}</a>
  </div>`
}
