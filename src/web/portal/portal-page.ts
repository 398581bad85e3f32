// Portal page: search, applications in groups with their access state, recently used ones first, and time-bound access.

import { statusMessage } from '../kit/form-fields.ts'
import { html, type Content } from '../kit/html.ts'
import { icon } from '../kit/icons.ts'
import { nameOf } from '../kit/layout.ts'
import type { Clock } from '../kit/format-time.ts'
import { faceOf, language, page, type PageRequest, type Reply } from '../kit/reply.ts'
import { words } from './portal-messages.ts'
import { words as requestWords } from '../requests/messages.ts'
import { heading } from '../kit/list-layout.ts'
import { sentence } from '../kit/own-sentences.ts'
import { appGroups, noneFound } from './app-list.ts'
import { grantSection } from './grant-table.ts'
import type { Portal } from './portal-view.ts'
import { searchField, search } from './search.ts'

/** Up to here all applications are seen at a glance. */
const withoutSearch = 8

export function portalPage(request: PageRequest, portal: Portal): Reply {
  const clock: Clock = { language: language(request), timeZone: portal.timeZone, now: portal.now }
  const say = words[clock.language]
  const { subject } = portal.session
  // Emergencies are no requests that wait: the banner announces them.
  const waiting = (portal.nav.awaitingCount ?? 0) - (portal.nav.reviewCount ?? 0)
  const query = portal.query ?? ''
  const searching = portal.apps.length > withoutSearch || query !== ''
  const mail = subject.name === undefined ? undefined : subject.email
  return page(request, 200, {
    title: say.title,
    wide: 'widest',
    viewer: { name: subject.name, email: subject.email },
    nav: portal.nav,
    main: html`${heading(say.welcome(nameOf(subject)), mail, searching && searchField(query, clock.language))}
    ${noticeLine(portal.notice, clock)} ${welcome(request, portal, clock)}
    ${waiting > 0 && html`<p class="said wait">${icon('person')} <a href="/approvals">${say.waiting(waiting)}</a></p>`}
    ${applications(request, portal, query, clock)} ${portal.grants.length > 0 && grantSection(portal.grants, clock)}`,
  })
}

function applications(request: PageRequest, portal: Portal, query: string, clock: Clock): Content {
  const say = words[clock.language]
  const shown = search(portal.apps, query)
  return html`<section class="part" aria-labelledby="apps">
    <h2 id="apps" class="hidden">${say.apps}</h2>
    ${query !== '' && html`<p class="note found" role="status">${say.found(shown.length, portal.apps.length)} <a href="/">${say.all}</a></p>`}
    ${shown.length === 0 ? noneFound(query !== '', clock.language) : appGroups(shown, portal, faceOf(request), clock)}
  </section>`
}

/** To an external person who has not used any application yet. */
function welcome(request: PageRequest, { session, apps }: Portal, { language }: Clock): Content {
  if (!session.subject.external || apps.some(({ lastUsed }) => lastUsed !== undefined)) return undefined
  return html`<div class="own-words">${sentence(faceOf(request), undefined, 'external', language)}</div>`
}

function noticeLine(notice: string | undefined, { language }: Clock): Content {
  const say = requestWords[language].notices
  if (notice === 'returned') return statusMessage('good', html`<p>${say.returned}</p>`)
  return notice === 'not_returned' && statusMessage('wait', html`<p>${say.not_returned}</p>`)
}
