// The portal in words: each application with what it still needs, each session with a button that ends it.

import { browserName } from './browser-name.ts'
import { html, type Content, type Html } from './html.ts'
import { icon, type Icon } from './icons.ts'
import { texts } from './language.ts'
import { nameOf } from './layout.ts'
import { ago, moment, momentElement, type Clock } from './moment.ts'
import { title } from '../policy/reasons.ts'
import { reasonIcon, reasonMessage } from './reason-words.ts'
import { language, page, type PageRequest, type Reply } from './reply.ts'
import { initial } from './signin-page.ts'
import type { Grant } from '../policy/grant.ts'
import type { Session } from '../identity/session.ts'
import type { Remedy } from '../policy/decision.ts'
import type { AppView } from './parts.ts'

export interface Portal {
  readonly session: Session
  readonly apps: readonly AppView[]
  /** The one looked at from comes first. */
  readonly sessions: readonly Session[]
  readonly grants: readonly (Grant & { readonly title: string })[]
  readonly timeZone: string
  readonly now: number
}

export function portalPage(request: PageRequest, portal: Portal): Reply {
  const clock: Clock = { language: language(request), timeZone: portal.timeZone, now: portal.now }
  const say = words[clock.language]
  const { subject } = portal.session
  return page(request, 200, {
    title: say.title,
    wide: true,
    main: html`<div class="welcome">
        <div>
          <h1>${say.welcome(nameOf(subject))}</h1>
          ${subject.name !== undefined && subject.email !== undefined && html`<p>${subject.email}</p>`}
        </div>
        <a class="button" href="/sign-out">${say.signOut}</a>
      </div>
      ${appSection(portal, clock)} ${portal.grants.length > 0 && grantSection(portal, clock)}
      ${sessionSection(portal, clock)}`,
  })
}

function appSection(portal: Portal, clock: Clock): Html {
  const say = words[clock.language]
  const apps = portal.apps.toSorted(
    (a, b) => order[a.decision.effect] - order[b.decision.effect] || a.title.localeCompare(b.title, clock.language),
  )
  return html`<section class="part" aria-labelledby="apps">
    <h2 id="apps">${say.apps}</h2>
    ${
      apps.length === 0
        ? html`<p class="card empty">${say.noApps}</p>`
        : html`<ul class="apps">
            ${apps.map((app) => appCard(app, { ...clock, timeZone: app.timeZone ?? clock.timeZone }))}
          </ul>`
    }
  </section>`
}

function appCard(app: AppView, clock: Clock): Html {
  const closed = app.decision.effect === 'deny'
  return html`<li class="${closed ? 'card app closed' : 'card app'}">
    <span class="initial" aria-hidden="true">${initial(app.title)}</span>
    <h3><a href="${app.origin}/">${app.title}</a></h3>
    <p class="address">${new URL(app.origin).host}</p>
    <div class="state">${stateOf(app, clock)}</div>
  </li>`
}

function stateOf(app: AppView, clock: Clock): Content {
  const say = words[clock.language]
  const { effect, remedy, reasons } = app.decision
  const brief = reasons[0] && html`<span class="why">${title(reasons[0].code, clock.language)}</span>`
  if (effect === 'allow') {
    const end =
      app.closesAt !== undefined && html`<span class="why">${say.until} ${momentElement(app.closesAt, clock)}</span>`
    return html`${pill('good', 'check', say.open)}${end}`
  }
  if (effect === 'challenge') {
    const signsIn = remedy?.kind === 'sign_in' || remedy?.kind === 'step_up'
    return html`${pill('wait', remedy?.kind === 'step_up' ? 'phone' : 'key', signsIn ? say.needs[remedy.kind] : say.needsMore)}${brief}`
  }
  if (remedy?.kind === 'wait' && remedy.until !== undefined) {
    return html`${pill('', 'clock', say.opens(moment(remedy.until, clock)))}${brief}`
  }
  const full = reasons[0] && html`<span class="why">${reasonMessage(reasons[0], { ...clock, app: app.title })}</span>`
  return html`${pill('', reasons[0] ? reasonIcon(reasons[0].code) : 'lock', remedy ? say.closed[remedy.kind] : say.closed.wait)}${full}`
}

function pill(tone: 'good' | 'wait' | '', symbol: Icon, text: string): Html {
  return html`<span class="${`pill ${tone}`.trim()}">${icon(symbol)}<span>${text}</span></span>`
}

function grantSection(portal: Portal, clock: Clock): Html {
  const say = words[clock.language]
  return html`<section class="part" aria-labelledby="grants">
    <h2 id="grants">${say.grants}</h2>
    <ul class="card rows">
      ${portal.grants.map(
        (grant) =>
          html`<li>
            <div>
              <p class="what">${grant.title} <span class="pill">${say.levels[grant.level]}</span></p>
              <p class="more">
                ${grantTime(grant, clock)}${grant.reason !== undefined && html`&nbsp;· ${grant.reason}`}
              </p>
            </div>
          </li>`,
      )}
    </ul>
  </section>`
}

function grantTime(grant: Grant, clock: Clock): Html {
  const say = words[clock.language]
  const until = html`${say.until} ${momentElement(grant.until, clock)}`
  return grant.from > clock.now ? html`${say.from} ${momentElement(grant.from, clock)} ${until}` : until
}

function sessionSection(portal: Portal, clock: Clock): Html {
  const say = words[clock.language]
  return html`<section class="part" aria-labelledby="sessions">
    <h2 id="sessions">${say.sessions}</h2>
    <ul class="card rows">
      ${portal.sessions.map((session) => sessionRow(session, session.id === portal.session.id, clock))}
    </ul>
    ${
      portal.sessions.length > 1 &&
      html`<form method="post" action="/sessions/end">
        <input type="hidden" name="session" value="others" />
        <button class="button small" type="submit">${say.endOthers}</button>
      </form>`
    }
  </section>`
}

function sessionRow(session: Session, own: boolean, clock: Clock): Html {
  const say = words[clock.language]
  const { browser, system } = browserName(session.userAgent)
  const where = say.device(browser, system)
  return html`<li>
    <div>
      <p class="what">
        ${where} ${own && html`<span class="pill good">${icon('check')}<span>${say.own}</span></span>`}
      </p>
      <p class="more">
        ${say.signedIn} ${ago(session.createdAt, clock)}${session.address !== undefined && html` · ${session.address}`}
        · ${say.endsAtLatest} ${momentElement(session.endsAt, clock)}
      </p>
    </div>
    <form method="post" action="/sessions/end">
      <input type="hidden" name="session" value="${session.id}" />
      <button class="button small" type="submit" aria-label="${say.end}: ${where}, ${ago(session.createdAt, clock)}">
        ${say.end}
      </button>
    </form>
  </li>`
}

const order = { allow: 0, challenge: 1, deny: 2 } as const

function everyRemedy(text: string): Readonly<Record<Remedy['kind'], string>> {
  return {
    sign_in: text,
    step_up: text,
    request_access: text,
    wait: text,
    use_other_device: text,
    use_other_network: text,
    ask_owner: text,
    try_again: text,
  }
}

const words = texts({
  en: {
    title: 'My applications',
    welcome: (name: string | undefined) => (name === undefined ? 'Hello' : `Hello, ${name}`),
    signOut: 'Sign out',
    apps: 'Applications',
    noApps: 'No application is open to you yet. Your IT department can change that.',
    open: 'Open',
    until: 'until',
    from: 'from',
    needs: { sign_in: 'Needs another sign-in', step_up: 'Needs your second factor' },
    needsMore: 'Needs something first',
    opens: (when: string) => `Opens ${when}`,
    closed: {
      ...everyRemedy('Not open right now'),
      use_other_device: 'Not on this device',
      use_other_network: 'Not from this network',
    },
    grants: 'Access for a limited time',
    levels: { read: 'read only', full: 'full access' },
    sessions: 'Where you are signed in',
    device: (browser: string | undefined, system: string | undefined) =>
      browser === undefined
        ? (system ?? 'Unknown browser')
        : system === undefined
          ? browser
          : `${browser} on ${system}`,
    own: 'this browser',
    signedIn: 'Signed in',
    endsAtLatest: 'ends',
    end: 'End session',
    endOthers: 'End all other sessions',
  },
  de: {
    title: 'Meine Anwendungen',
    welcome: (name) => (name === undefined ? 'Guten Tag' : `Guten Tag, ${name}`),
    signOut: 'Abmelden',
    apps: 'Anwendungen',
    noApps: 'Noch steht Ihnen keine Anwendung offen. Ihre IT-Abteilung kann das ändern.',
    open: 'Geöffnet',
    until: 'bis',
    from: 'von',
    needs: { sign_in: 'Neue Anmeldung nötig', step_up: 'Zweiter Faktor nötig' },
    needsMore: 'Etwas fehlt noch',
    opens: (when) => `Öffnet ${when}`,
    closed: {
      ...everyRemedy('Gerade nicht geöffnet'),
      use_other_device: 'Nicht auf diesem Gerät',
      use_other_network: 'Nicht aus diesem Netz',
    },
    grants: 'Zugang auf Zeit',
    levels: { read: 'nur lesen', full: 'voller Zugang' },
    sessions: 'Wo Sie angemeldet sind',
    device: (browser, system) =>
      browser === undefined
        ? (system ?? 'Unbekannter Browser')
        : system === undefined
          ? browser
          : `${browser} auf ${system}`,
    own: 'dieser Browser',
    signedIn: 'Angemeldet',
    endsAtLatest: 'endet',
    end: 'Sitzung beenden',
    endOthers: 'Alle anderen Sitzungen beenden',
  },
})
