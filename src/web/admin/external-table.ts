// Table of the register of external access: one row per grant.

import { words } from './external-messages.ts'
import { hoursAgo, timeElement, type Clock } from '../kit/format-time.ts'
import { endElement } from '../kit/grant-end.ts'
import { html, type Content, type Html } from '../kit/html.ts'
import { table } from '../kit/table.ts'
import type { ExternalLine } from '../../grants/external/register.ts'

/** Names, addresses and reasons are text of strangers: each is isolated (`bdi`), so that it reorders nothing beside it. */
export function externalTable(lines: readonly ExternalLine[], clock: Clock): Html {
  const say = words[clock.language]
  return table({
    labelledBy: 'grants',
    look: 'register',
    rows: lines,
    columns: [
      { heading: say.person, kind: 'name', cell: person },
      { heading: say.to, cell: (line) => application(line, clock) },
      { heading: say.status, cell: (line) => status(line, clock) },
      { heading: say.until, cell: (line) => until(line, clock) },
      { heading: say.sponsor, cell: (line) => sponsor(line, clock) },
      { heading: say.basis, cell: basis },
      {
        heading: say.lastUsed,
        cell: ({ lastUsed }) => (lastUsed === undefined ? say.never : hoursAgo(lastUsed, clock)),
      },
    ],
  })
}

function person({ name, email, who, organisation }: ExternalLine): Html {
  return html`<div>
    <bdi>${name ?? email ?? who}</bdi>
    ${name !== undefined && email !== undefined && aside(email)} ${aside(organisation)}
  </div>`
}

function application({ title, level, schedule }: ExternalLine, { language }: Clock): Html {
  return html`<div>
    <bdi>${title}</bdi>${aside(words[language].levels[level])}${schedule !== undefined && aside(schedule)}
  </div>`
}

function status({ state, remarks }: ExternalLine, { language }: Clock): Html {
  const say = words[language]
  const tone = state === 'counts' ? 'good' : state === 'coming' ? 'wait' : ''
  return html`<div>
    <span class="${`pill ${tone}`.trim()}">${say.state[state]}</span>
    ${remarks.map((remark) => html`<p class="more warned">${say.remarks[remark]}</p>`)}
  </div>`
}

function until(line: ExternalLine, clock: Clock): Html {
  const { state } = line
  const end = state === 'revoked' ? timeElement(line.until, clock) : endElement(line, clock)
  return html`<div>${state === 'coming' ? html`${timeElement(line.from, clock)} – ${end}` : end}</div>`
}

/** Who answers for it, and who or which line of the configuration gave it. */
function sponsor({ sponsor, givenBy, declaredAt }: ExternalLine, { language }: Clock): Html {
  const giver: Content = declaredAt === undefined ? html`<bdi>${givenBy}</bdi>` : html`<code>${declaredAt}</code>`
  return html`<div class="mail">
    <bdi>${sponsor ?? '–'}</bdi>
    <p class="more">${words[language].givenBy}: ${giver}</p>
  </div>`
}

function basis({ contract, reason }: ExternalLine): Html {
  return html`<div>
    <bdi>${contract ?? (reason === undefined ? '–' : undefined)}</bdi>${reason !== undefined && aside(reason)}
  </div>`
}

function aside(text: string): Html {
  return html`<p class="more"><bdi>${text}</bdi></p>`
}
