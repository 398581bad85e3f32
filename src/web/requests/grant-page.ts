// Page of one grant: the time left as a countdown, its terms, whom to ask, and how to get more time.

import { statusMessage } from '../kit/form-fields.ts'
import { homeOf } from '../kit/app-home.ts'
import { countdown, refreshAt } from '../kit/format-duration.ts'
import { timeElement, type Clock } from '../kit/format-time.ts'
import { endedPhrase, endElement } from '../kit/grant-end.ts'
import { html, type Content, type Html } from '../kit/html.ts'
import { icon } from '../kit/icons.ts'
import { language, page, type PageRequest, type Reply } from '../kit/reply.ts'
import { giveBackForm } from './give-back-form.ts'
import { words } from './grant-messages.ts'
import { words as requestWords } from './messages.ts'
import { newRequestPath } from './new-request-page.ts'
import { hasBeginning, hasEnd } from '../../policy/grant-period.ts'
import type { Grant } from '../../policy/grant.ts'
import type { Session } from '../../identity/session/session.ts'
import type { Navigation } from '../kit/navigation.ts'

export interface OneGrant {
  readonly session: Session
  readonly nav: Navigation
  readonly grant: Grant
  readonly title: string
  /** Name of the grantee, to somebody responsible for the access; undefined: the viewer's own. */
  readonly person: string | undefined
  readonly origin: string | undefined
  readonly path: string | undefined
  readonly mayExtend: boolean
  /** Paths of the open request for more time, and of the grant that follows this one. */
  readonly pending: string | undefined
  readonly following: string | undefined
  readonly timeZone: string
  readonly now: number
}

export function grantPage(request: PageRequest, one: OneGrant): Reply {
  const clock: Clock = { language: language(request), timeZone: one.timeZone, now: one.now }
  const say = words[clock.language]
  const { grant, session, nav, now, person } = one
  const heading = say.title(one.title)
  const main = html`<section class="card form">
    <div class="heading"><h1>${heading}</h1></div>
    ${person !== undefined && html`<p class="lead">${say.theirs(person)}</p>`}
    ${one.following !== undefined && statusMessage('good', html`<p>${say.followed} <a href="${one.following}">${say.toFollowing}</a></p>`)}
    ${standing(one, clock)}
    <dl class="facts">${facts(one, clock)}</dl>
    <div class="actions"><a class="button small" href="/">${say.back}</a></div>
  </section>`
  const next = grant.from > now ? grant.from : grant.revokedAt === undefined ? grant.until : undefined
  return page(request, 200, { title: heading, main, viewer: session.subject, nav }, refreshAt(next, now))
}

function standing(one: OneGrant, clock: Clock): Html {
  const say = words[clock.language]
  const asked = requestWords[clock.language]
  const { grant } = one
  const over = grant.revokedAt !== undefined || grant.until <= clock.now
  if (over) {
    const end = grant.revokedAt === undefined ? endedPhrase(grant, clock) : timeElement(grant.revokedAt, clock)
    return html`<div class="access">
      <p class="label">${icon('clock')}<span>${say.over}</span></p>
      <p class="until">${asked.ended} ${end}</p>
    </div>`
  }
  const runs = grant.from <= clock.now
  return html`<div class="${runs ? 'access good' : 'access'}">
    <p class="label">${icon(runs ? 'check' : 'clock')}<span>${runs ? say.running : say.later}</span></p>
    ${runs && hasEnd(grant) && countdown(grant.until, clock)}
    <p class="until">
      ${!runs && html`${asked.begins} ${timeElement(grant.from, clock)}, `}${hasEnd(grant) && `${asked.until} `}${endElement(grant, clock)}
      · ${asked.levels[grant.level]}
    </p>
    ${one.person === undefined && actions(one, clock, runs)}
  </div>`
}

function actions(one: OneGrant, clock: Clock, runs: boolean): Content {
  const say = words[clock.language]
  const asked = requestWords[clock.language]
  const { grant, origin, path, title, pending, mayExtend } = one
  const more =
    pending === undefined
      ? mayExtend &&
        html`<a class="button" href="${newRequestPath(grant.app, { extends: grant.id })}">${asked.askMore}</a>`
      : html`<a class="button" href="${pending}">${say.pending}</a>`
  return html`<div class="actions">
      ${runs && origin !== undefined && html`<a class="button primary" href="${homeOf({ origin, path })}">${asked.open(title)}</a>`}
      ${more}
    </div>
    ${giveBackForm(grant, title, clock.language)}`
}

function facts({ grant, person }: OneGrant, clock: Clock): Html {
  const say = words[clock.language]
  return html`${fact(say.person, person)}
  ${fact(say.since, hasBeginning(grant) && grant.from <= clock.now ? timeElement(grant.from, clock) : undefined)}
  ${fact(say.sponsor, person === undefined ? grant.sponsor : undefined)} ${fact(say.givenFor, grant.reason)}
  ${fact(say.contract, grant.contract)}`
}

function fact(name: string, value: Content): Content {
  return (
    value !== undefined &&
    html`<dt>${name}</dt>
      <dd class="written">${value}</dd>`
  )
}
