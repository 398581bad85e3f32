// Applications on the portal: in groups, recently used ones first, each with icon, description and its state in few words.

import { homeOf } from '../kit/app-home.ts'
import type { Face } from '../kit/face.ts'
import { formatTime, timeElement, type Clock } from '../kit/format-time.ts'
import { endElement } from '../kit/grant-end.ts'
import { html, type Content, type Html } from '../kit/html.ts'
import { icon, type Icon } from '../kit/icons.ts'
import type { Language } from '../kit/language.ts'
import { reasonIcon, reasonMessage } from '../errors/reasons.ts'
import { title } from '../../policy/reasons.ts'
import { initial } from '../sign-in/sign-in-page.ts'
import { words } from './portal-messages.ts'
import type { Portal, PortalApp } from './portal-view.ts'

/** With fewer applications, those used last are seen anyway. */
const manyApps = 12
const maxRecent = 4

export function appGroups(apps: readonly PortalApp[], portal: Portal, face: Face, clock: Clock): Html {
  const say = words[clock.language]
  const card = cardOf(portal, face, clock)
  const sorted = apps.toSorted(
    (a, b) => order[a.decision.effect] - order[b.decision.effect] || a.title.localeCompare(b.title, clock.language),
  )
  const recent = apps.length >= manyApps && (portal.query ?? '') === '' ? recentlyUsed(apps) : []
  const others = sorted.filter((app) => !recent.includes(app))
  const groups = Map.groupBy(others, ({ portal: entry }) => entry?.group?.[clock.language])
  const named = [...groups].filter(([name]) => name !== undefined) as [string, PortalApp[]][]
  const rest = groups.get(undefined) ?? []
  const restName = named.length > 0 ? say.others : recent.length > 0 ? say.allApps : undefined
  return html`${recent.length > 0 && group('recent', say.recent, recent.map(card), 'apps in-a-row')}
    <div class="${named.length > 0 ? 'groups' : 'all'}">
      ${named
        .toSorted(([a], [b]) => a.localeCompare(b, clock.language))
        .map(([name, list], index) => group(`group-${index}`, name, list.map(card)))}
      ${rest.length > 0 && group('group-rest', restName, rest.map(card), named.length > 0 ? 'apps' : 'apps in-a-row')}
    </div>`
}

export function noneFound(searched: boolean, language: Language): Html {
  const say = words[language]
  return html`<p class="card empty">${searched ? say.nothingFound : say.noApps}</p>`
}

function recentlyUsed(apps: readonly PortalApp[]): readonly PortalApp[] {
  return apps
    .filter(({ lastUsed, decision }) => lastUsed !== undefined && decision.effect !== 'deny')
    .toSorted((a, b) => b.lastUsed! - a.lastUsed!)
    .slice(0, maxRecent)
}

function group(id: string, name: string | undefined, cards: readonly Html[], look = 'apps'): Html {
  return html`<div class="group">
    ${name !== undefined && html`<h3 id="${id}">${name}</h3>`}
    <ul class="${look}" ${name !== undefined && html`aria-labelledby="${id}"`}>
      ${cards}
    </ul>
  </div>`
}

function cardOf(portal: Portal, face: Face, clock: Clock): (app: PortalApp) => Html {
  const emergencyGrants = new Set(portal.nav.emergencies?.own.map(({ grant }) => grant))
  return (app) => {
    const image = face.icons.get(app.name)
    const closed = app.decision.effect === 'deny'
    const state = stateOf(app, emergencyGrants, clock)
    return html`<li class="${closed ? 'app closed' : 'app'}">
      ${
        image === undefined
          ? html`<span class="initial" aria-hidden="true">${initial(app.title)}</span>`
          : html`<img class="initial" src="${image.path}" alt="" />`
      }
      <div class="about">
        <a class="name" href="${homeOf(app)}">${app.title}</a>
        <p class="what">
          ${app.portal?.description?.[clock.language] ?? `${new URL(app.origin).host}${app.path ?? ''}`}
        </p>
        ${state !== undefined && html`<div class="state">${state}</div>`}
      </div>
    </li>`
  }
}

/** Undefined where it is simply open. */
function stateOf(app: PortalApp, emergencyGrants: ReadonlySet<string | undefined>, clock: Clock): Content {
  const say = words[clock.language]
  const { effect, remedy, reasons } = app.decision
  if (remedy?.kind === 'request_access') return askState(app, clock)
  const brief = reasons[0] && title(reasons[0].code, clock.language)
  if (effect === 'allow') {
    const alarming = app.decision.grant !== undefined && emergencyGrants.has(app.decision.grant)
    const end =
      app.closesAt === undefined
        ? undefined
        : html`${say.until} ${endElement({ until: app.closesAt, timeZone: app.timeZone }, clock)}`
    if (alarming) return line('stop', 'alert', end ? html`${say.emergency} ${end}` : say.emergency)
    return end && line('', 'clock', end)
  }
  if (effect === 'challenge') {
    const signsIn = remedy?.kind === 'sign_in' || remedy?.kind === 'step_up'
    return line(
      'wait',
      remedy?.kind === 'step_up' ? 'phone' : 'key',
      signsIn ? say.needs[remedy.kind] : (brief ?? say.needsMore),
    )
  }
  if (remedy?.kind === 'wait' && remedy.until !== undefined) {
    return line('', 'clock', say.opens(formatTime(remedy.until, clock)))
  }
  const full = reasons[0] && reasonMessage(reasons[0], { ...clock, app: app.title })
  return html`${line('', reasons[0] ? reasonIcon(reasons[0].code) : 'lock', remedy ? say.closed[remedy.kind] : say.closed.wait)}
  ${full && html`<p class="why">${full}</p>`}`
}

/** State of an app that a grant would open: pending request, or link to request access. */
function askState({ asking, title: name, decision }: PortalApp, clock: Clock): Content {
  const say = words[clock.language]
  const about = html`<span class="hidden">: ${name}</span>`
  if (asking.pending) {
    return html`${line('wait', 'clock', say.pending)}
      <a class="ask" href="${asking.pending.href}">${say.toRequest}${about}</a>`
  }
  const href = asking.ask ?? asking.emergency
  const ended = asking.ended && decision.reasons.some(({ code }) => code === 'grant_expired')
  const text = ended ? html`${say.ended} ${timeElement(asking.ended!.at, clock)}` : say.onRequest
  return html`${line('', 'key', text)}
  ${href !== undefined && html`<a class="ask" href="${href}">${asking.ask === undefined ? say.emergency : say.ask}${about}</a>`}`
}

function line(tone: 'wait' | 'stop' | '', symbol: Icon, text: Content): Html {
  return html`<span class="${`sign ${tone}`.trim()}">${icon(symbol)}<span>${text}</span></span>`
}

const order = { allow: 0, challenge: 1, deny: 2 } as const
