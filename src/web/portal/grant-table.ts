// Table of the user's time-bound access: application, level, how long, and what can be done.

import { timeLeft } from '../kit/format-duration.ts'
import { timeElement, type Clock } from '../kit/format-time.ts'
import { html, type Html } from '../kit/html.ts'
import { endElement } from '../kit/grant-end.ts'
import { table } from '../kit/table.ts'
import { hasEnd } from '../../policy/grant-period.ts'
import { giveBackForm } from '../requests/give-back-form.ts'
import { newRequestPath } from '../requests/new-request-page.ts'
import { words } from './portal-messages.ts'
import type { Grant } from '../../policy/grant.ts'

export interface GrantLine extends Grant {
  readonly title: string
  /** Id of the access request that led to this grant, if any. */
  readonly request: string | undefined
  /** Whether an extension may be requested. */
  readonly mayAsk: boolean
}

export function grantSection(grants: readonly GrantLine[], clock: Clock): Html {
  const say = words[clock.language]
  return html`<section class="part" aria-labelledby="grants">
    <h2 id="grants">${say.grants}</h2>
    ${table({
      labelledBy: 'grants',
      rows: grants,
      columns: [
        {
          heading: say.app,
          kind: 'name',
          cell: ({ id, request, title }) =>
            html`<a href="${request === undefined ? `/grants/${id}` : `/requests/${request}`}">${title}</a>`,
        },
        { heading: say.level, cell: ({ level }) => say.levels[level] },
        { heading: say.left, cell: (grant) => left(grant, clock) },
        { heading: say.time, cell: (grant) => time(grant, clock) },
        { heading: say.reason, cell: ({ reason }) => reason ?? '–' },
        { heading: say.actions, kind: 'acts', cell: (grant) => acts(grant, clock) },
      ],
    })}
  </section>`
}

function acts(grant: GrantLine, clock: Clock): Html {
  const say = words[clock.language]
  const asks = grant.from <= clock.now && grant.mayAsk
  return html`<div class="acts">
    ${
      asks &&
      html`<a class="button small" href="${newRequestPath(grant.app, { extends: grant.id })}"
        >${say.moreTime}<span class="hidden">: ${grant.title}</span></a
      >`
    }
    ${giveBackForm(grant, grant.title, clock.language)}
  </div>`
}

function left(grant: Grant, clock: Clock): string {
  if (grant.from > clock.now) return words[clock.language].notYet
  return hasEnd(grant) ? timeLeft(grant.until, clock) : '–'
}

function time(grant: Grant, clock: Clock): Html {
  const say = words[clock.language]
  const until = hasEnd(grant) ? html`${say.until} ${endElement(grant, clock)}` : endElement(grant, clock)
  return grant.from > clock.now ? html`${say.from} ${timeElement(grant.from, clock)} ${until}` : until
}
