// Page of the register of external access: guest, organisation, app, sponsor, contract, expiry and last use.

import { words } from './external-messages.ts'
import { html, type Content, type Html } from '../kit/html.ts'
import { hoursAgo, timeElement, type Clock } from '../kit/format-time.ts'
import { language, page, type PageRequest, type Reply } from '../kit/reply.ts'
import { endElement } from '../kit/grant-end.ts'
import type { ExternalLine } from '../../grants/external/register.ts'
import type { Session } from '../../identity/session/session.ts'
import type { Navigation } from '../kit/navigation.ts'
import { heading, listSection } from '../kit/list-layout.ts'

export interface ExternalAccess {
  readonly session: Session
  readonly nav: Navigation
  readonly lines: readonly ExternalLine[]
  readonly timeZone: string
  readonly now: number
}

export function externalPage(request: PageRequest, { session, nav, lines, timeZone, now }: ExternalAccess): Reply {
  const clock: Clock = { language: language(request), timeZone, now }
  const say = words[clock.language]
  const open = lines.filter(({ state }) => state === 'counts' || state === 'coming')
  const over = lines.filter((line) => !open.includes(line))
  const rows = (list: readonly ExternalLine[]): readonly Html[] => list.map((line) => row(line, clock))
  const main = html`${heading(say.title, say.lead)}
    ${open.length === 0 && html`<p class="card empty part">${say.none}</p>`}
    ${listSection('open', say.open, rows(open))} ${listSection('over', say.over, rows(over))}
    <div class="actions part">
      <a class="button" href="/admin/external.csv">${say.csv}</a>
      <a class="button" href="/admin/external.json">${say.json}</a>
    </div>`
  return page(request, 200, { title: say.title, main, viewer: session.subject, nav, wide: true })
}

function row(line: ExternalLine, clock: Clock): Html {
  const say = words[clock.language]
  const tone = line.state === 'counts' ? 'good' : line.state === 'coming' ? 'wait' : ''
  return html`<li>
    <div>
      <p class="what">
        ${line.name ?? line.email ?? line.who} <span class="pill">${line.organisation}</span>
        <span class="${`pill ${tone}`.trim()}">${say.state[line.state]}</span>
      </p>
      ${line.name !== undefined && line.email !== undefined && html`<p class="more">${line.email}</p>`}
      <dl class="facts tight">
        ${fact(say.to, html`${line.title}, ${say.levels[line.level]}${line.schedule && html` · ${line.schedule}`}`)}
        ${fact(say.until, until(line, clock))} ${fact(say.sponsor, line.sponsor)} ${fact(say.contract, line.contract)}
        ${fact(say.reason, line.reason)}
        ${fact(say.givenBy, line.declaredAt === undefined ? line.givenBy : html`<code>${line.declaredAt}</code>`)}
        ${fact(say.lastUsed, line.lastUsed === undefined ? say.never : hoursAgo(line.lastUsed, clock))}
      </dl>
      ${line.remarks.length > 0 && html`<p class="more warned">${line.remarks.map((remark) => say.remarks[remark]).join(' ')}</p>`}
    </div>
  </li>`
}

function until(line: ExternalLine, clock: Clock): Content {
  const { state } = line
  const end = state === 'revoked' ? timeElement(line.until, clock) : endElement(line, clock)
  return state === 'coming' ? html`${timeElement(line.from, clock)} – ${end}` : end
}

function fact(name: string, value: Content): Content {
  return (
    value !== undefined &&
    html`<div>
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div>`
  )
}
