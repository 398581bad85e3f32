// Portal page: applications with their access state, grants, and sessions with a button to end each.

import { endElement } from '../kit/grant-end.ts'
import { hasEnd } from '../../policy/grant-period.ts'
import { browserName } from '../kit/user-agent.ts'
import { deviceSummary } from '../kit/device-summary.ts'
import { statusMessage } from '../kit/form-fields.ts'
import { giveBackForm } from '../requests/give-back-form.ts'
import { html, type Content, type Html } from '../kit/html.ts'
import { icon, type Icon } from '../kit/icons.ts'
import { nameOf } from '../kit/layout.ts'
import { relativeTime, formatTime, timeElement, type Clock } from '../kit/format-time.ts'
import { title } from '../../policy/reasons.ts'
import { guestProvider } from '../../policy/subject.ts'
import { reasonIcon, reasonMessage } from '../errors/reasons.ts'
import { language, page, type PageRequest, type Reply } from '../kit/reply.ts'
import { newRequestPath } from '../requests/new-request-page.ts'
import { words } from './portal-messages.ts'
import { words as requestWords } from '../requests/messages.ts'
import { initial } from '../sign-in/sign-in-page.ts'
import { timeLeft } from '../kit/format-duration.ts'
import type { Grant } from '../../policy/grant.ts'
import type { Session } from '../../identity/session/session.ts'
import type { Device } from '../../policy/device.ts'
import type { RequestStatus } from '../requests/request-status.ts'
import type { Navigation } from '../kit/navigation.ts'
import { heading } from '../kit/list-layout.ts'
import { homeOf } from '../kit/app-home.ts'
import type { AppView } from '../kit/dependencies.ts'

export interface Portal {
  readonly session: Session
  readonly apps: readonly (AppView & { readonly asking: RequestStatus })[]
  readonly nav: Navigation
  readonly notice: string | undefined
  /** Posture of the devices to which sessions are bound, by device id. */
  readonly devices: ReadonlyMap<string, Device>
  /** The viewer's current session comes first. */
  readonly sessions: readonly Session[]
  readonly grants: readonly GrantLine[]
  readonly timeZone: string
  readonly now: number
}

export interface GrantLine extends Grant {
  readonly title: string
  /** Id of the access request that led to this grant, if any. */
  readonly request: string | undefined
  /** Whether an extension may be requested. */
  readonly mayAsk: boolean
}

export function portalPage(request: PageRequest, portal: Portal): Reply {
  const clock: Clock = { language: language(request), timeZone: portal.timeZone, now: portal.now }
  const say = words[clock.language]
  const { subject } = portal.session
  // Emergencies are no requests that wait: the banner announces them.
  const waiting = (portal.nav.awaitingCount ?? 0) - (portal.nav.reviewCount ?? 0)
  const signOut = html`<a class="button" href="/sign-out">${say.signOut}</a>`
  return page(request, 200, {
    title: say.title,
    wide: true,
    nav: portal.nav,
    main: html`${heading(say.welcome(nameOf(subject)), subject.name === undefined ? undefined : subject.email, signOut)}
    ${noticeLine(portal.notice, clock)}
    ${waiting > 0 && html`<p class="said wait">${icon('person')} <a href="/approvals">${say.waiting(waiting)}</a></p>`}
    ${appSection(portal, clock)} ${portal.grants.length > 0 && grantSection(portal, clock)}
    ${sessionSection(portal, clock)}`,
  })
}

function appSection(portal: Portal, clock: Clock): Html {
  const say = words[clock.language]
  const apps = portal.apps.toSorted(
    (a, b) => order[a.decision.effect] - order[b.decision.effect] || a.title.localeCompare(b.title, clock.language),
  )
  const emergencyGrants = new Set(portal.nav.emergencies?.own.map(({ grant }) => grant))
  return html`<section class="part" aria-labelledby="apps">
    <h2 id="apps">${say.apps}</h2>
    ${
      apps.length === 0
        ? html`<p class="card empty">${say.noApps}</p>`
        : html`<ul class="apps">
            ${apps.map((app) => appCard(app, emergencyGrants, clock))}
          </ul>`
    }
  </section>`
}

type EmergencyGrants = ReadonlySet<string | undefined>

function appCard(app: Portal['apps'][number], emergencyGrants: EmergencyGrants, clock: Clock): Html {
  const closed = app.decision.effect === 'deny'
  return html`<li class="${closed ? 'card app closed' : 'card app'}">
    <span class="initial" aria-hidden="true">${initial(app.title)}</span>
    <h3><a href="${homeOf(app)}">${app.title}</a></h3>
    <p class="address">${new URL(app.origin).host}${app.path ?? ''}</p>
    <div class="state">${stateOf(app, emergencyGrants, clock)}</div>
  </li>`
}

function stateOf(app: Portal['apps'][number], emergencyGrants: EmergencyGrants, clock: Clock): Content {
  const say = words[clock.language]
  const { effect, remedy, reasons } = app.decision
  if (remedy?.kind === 'request_access') return askState(app, clock)
  const brief = reasons[0] && html`<span class="why">${title(reasons[0].code, clock.language)}</span>`
  if (effect === 'allow') {
    const end =
      app.closesAt !== undefined &&
      html`<span class="why">${say.until} ${endElement({ until: app.closesAt, timeZone: app.timeZone }, clock)}</span>`
    const alarming = app.decision.grant !== undefined && emergencyGrants.has(app.decision.grant)
    return html`${alarming ? pill('stop', 'alert', say.emergency) : pill('good', 'check', say.open)}${end}`
  }
  if (effect === 'challenge') {
    const signsIn = remedy?.kind === 'sign_in' || remedy?.kind === 'step_up'
    const label = signsIn ? say.needs[remedy.kind] : say.needsMore
    // The reason of a plain step-up has the words of the label: they stand there once.
    const repeated = reasons[0] !== undefined && title(reasons[0].code, clock.language) === label
    return html`${pill('wait', remedy?.kind === 'step_up' ? 'phone' : 'key', label)}${repeated ? undefined : brief}`
  }
  if (remedy?.kind === 'wait' && remedy.until !== undefined) {
    return html`${pill('', 'clock', say.opens(formatTime(remedy.until, clock)))}${brief}`
  }
  const full = reasons[0] && html`<span class="why">${reasonMessage(reasons[0], { ...clock, app: app.title })}</span>`
  return html`${pill('', reasons[0] ? reasonIcon(reasons[0].code) : 'lock', remedy ? say.closed[remedy.kind] : say.closed.wait)}${full}`
}

/** State of an app that a grant would open: pending request, or link to request access. */
function askState({ asking, title: name, decision }: Portal['apps'][number], clock: Clock): Content {
  const say = words[clock.language]
  const ended =
    asking.ended &&
    decision.reasons.some(({ code }) => code === 'grant_expired') &&
    html`<span class="why">${say.ended} ${timeElement(asking.ended.at, clock)}</span>`
  if (asking.pending) {
    return html`${pill('wait', 'clock', say.pending)}
      <a class="button small" href="${asking.pending.href}">${say.toRequest}<span class="hidden">: ${name}</span></a>`
  }
  const href = asking.ask ?? asking.emergency
  return html`${pill('', 'key', say.onRequest)}${ended}
  ${
    href !== undefined &&
    html`<a class="button small" href="${href}"
      >${asking.ask === undefined ? say.emergency : say.ask}<span class="hidden">: ${name}</span></a
    >`
  }`
}

function noticeLine(notice: string | undefined, { language }: Clock): Content {
  const say = requestWords[language].notices
  if (notice === 'returned') return statusMessage('good', html`<p>${say.returned}</p>`)
  return notice === 'not_returned' && statusMessage('wait', html`<p>${say.not_returned}</p>`)
}

function pill(tone: 'good' | 'wait' | 'stop' | '', symbol: Icon, text: string): Html {
  return html`<span class="${`pill ${tone}`.trim()}">${icon(symbol)}<span>${text}</span></span>`
}

function grantSection(portal: Portal, clock: Clock): Html {
  const say = words[clock.language]
  return html`<section class="part" aria-labelledby="grants">
    <h2 id="grants">${say.grants}</h2>
    <ul class="card rows">
      ${portal.grants.map((grant) => grantRow(grant, clock))}
    </ul>
  </section>`
}

function grantRow(grant: GrantLine, clock: Clock): Html {
  const say = words[clock.language]
  const runs = grant.from <= clock.now
  return html`<li>
    <div>
      <p class="what">
        ${grant.request === undefined ? grant.title : html`<a href="/requests/${grant.request}">${grant.title}</a>`}
        <span class="pill">${say.levels[grant.level]}</span>
      </p>
      <p class="more">
        ${runs && hasEnd(grant) && html`<strong>${timeLeft(grant.until, clock)}</strong> · `}${grantTime(grant, clock)}${
          grant.reason !== undefined && html` · ${grant.reason}`
        }
      </p>
    </div>
    <div class="acts">
      ${
        runs &&
        grant.mayAsk &&
        html`<a class="button small" href="${newRequestPath(grant.app, { extends: grant.id })}"
          >${say.moreTime}<span class="hidden">: ${grant.title}</span></a
        >`
      }
      ${giveBackForm(grant, grant.title, clock.language)}
    </div>
  </li>`
}

function grantTime(grant: Grant, clock: Clock): Html {
  const say = words[clock.language]
  const until = hasEnd(grant) ? html`${say.until} ${endElement(grant, clock)}` : endElement(grant, clock)
  return grant.from > clock.now ? html`${say.from} ${timeElement(grant.from, clock)} ${until}` : until
}

function sessionSection(portal: Portal, clock: Clock): Html {
  const say = words[clock.language]
  return html`<section class="part" aria-labelledby="sessions">
    <h2 id="sessions">${say.sessions}</h2>
    <ul class="card rows">
      ${portal.sessions.map((session) => sessionRow(session, portal, clock))}
    </ul>
    ${portal.session.subject.provider === guestProvider && html`<p><a href="/account/passkeys">${say.passkeys}</a></p>`}
    ${
      portal.sessions.length > 1 &&
      html`<form method="post" action="/sessions/end">
        <input type="hidden" name="session" value="others" />
        <button class="button small" type="submit">${say.endOthers}</button>
      </form>`
    }
  </section>`
}

function sessionRow(session: Session, portal: Portal, clock: Clock): Html {
  const say = words[clock.language]
  const own = session.id === portal.session.id
  const { browser, system } = browserName(session.userAgent)
  const where = say.device(browser, system)
  return html`<li>
    <div>
      <p class="what">
        ${where} ${own && html`<span class="pill good">${icon('check')}<span>${say.own}</span></span>`}
      </p>
      <p class="more">
        ${say.signedIn}
        ${relativeTime(session.createdAt, clock)}${session.address !== undefined && html` · ${session.address}`} ·
        ${say.endsAtLatest} ${timeElement(session.endsAt, clock)}
      </p>
      ${
        session.device !== undefined &&
        html`<p class="more">
          ${say.boundTo} ${deviceSummary(session.device, portal.devices.get(session.device), clock)}
        </p>`
      }
    </div>
    <form method="post" action="/sessions/end">
      <input type="hidden" name="session" value="${session.id}" />
      <button
        class="button small"
        type="submit"
        aria-label="${say.end}: ${where}, ${relativeTime(session.createdAt, clock)}"
      >
        ${say.end}
      </button>
    </form>
  </li>`
}

const order = { allow: 0, challenge: 1, deny: 2 } as const
