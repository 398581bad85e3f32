// Page of the user's own sessions: where they are signed in, with a button to end each.

import { browserName } from '../kit/user-agent.ts'
import { deviceSummary } from '../kit/device-summary.ts'
import { relativeTime, timeElement, type Clock } from '../kit/format-time.ts'
import { html, type Html } from '../kit/html.ts'
import { icon } from '../kit/icons.ts'
import { heading } from '../kit/list-layout.ts'
import type { Navigation } from '../kit/navigation.ts'
import { language, page, type PageRequest, type Reply } from '../kit/reply.ts'
import { table } from '../kit/table.ts'
import { words } from './sessions-messages.ts'
import { guestProvider } from '../../policy/subject.ts'
import type { Device } from '../../policy/device.ts'
import type { Session } from '../../identity/session/session.ts'

export interface OwnSessions {
  readonly session: Session
  readonly nav: Navigation
  /** The viewer's current session comes first. */
  readonly sessions: readonly Session[]
  /** Posture of the devices to which sessions are bound, by device id. */
  readonly devices: ReadonlyMap<string, Device>
  readonly timeZone: string
  readonly now: number
}

export function sessionsPage(request: PageRequest, own: OwnSessions): Reply {
  const clock: Clock = { language: language(request), timeZone: own.timeZone, now: own.now }
  const say = words[clock.language]
  const bound = own.sessions.some(({ device }) => device !== undefined)
  const { subject } = own.session
  return page(request, 200, {
    title: say.title,
    wide: true,
    viewer: { name: subject.name, email: subject.email },
    nav: own.nav,
    main: html`${heading(say.title, say.lead)}
      <h2 id="sessions" class="hidden">${say.sessions}</h2>
      ${table({
        labelledBy: 'sessions',
        rows: own.sessions,
        columns: [
          { heading: say.where, kind: 'name', cell: (session) => where(session, own, clock) },
          { heading: say.signedIn, cell: ({ createdAt }) => relativeTime(createdAt, clock) },
          { heading: say.address, cell: ({ address }) => address ?? '–' },
          { heading: say.ends, cell: ({ endsAt }) => timeElement(endsAt, clock) },
          ...(bound
            ? [
                {
                  heading: say.boundTo,
                  cell: ({ device }: Session) =>
                    device === undefined ? '–' : deviceSummary(device, own.devices.get(device), clock),
                },
              ]
            : []),
          { heading: say.actions, kind: 'acts', cell: (session) => endForm(session, clock) },
        ],
      })}
      ${subject.provider === guestProvider && html`<p class="part"><a href="/account/passkeys">${say.passkeys}</a></p>`}
      ${
        own.sessions.length > 1 &&
        html`<form class="part" method="post" action="/sessions/end">
          <input type="hidden" name="session" value="others" />
          <button class="button" type="submit">${say.endOthers}</button>
        </form>`
      }`,
  })
}

function where(session: Session, own: OwnSessions, { language }: Clock): Html {
  const say = words[language]
  const { browser, system } = browserName(session.userAgent)
  const mark = html` <span class="pill good">${icon('check')}<span>${say.own}</span></span>`
  return html`${say.device(browser, system)}${session.id === own.session.id && mark}`
}

function endForm(session: Session, clock: Clock): Html {
  const say = words[clock.language]
  const { browser, system } = browserName(session.userAgent)
  return html`<form method="post" action="/sessions/end">
    <input type="hidden" name="session" value="${session.id}" />
    <button
      class="button small"
      type="submit"
      aria-label="${say.end}: ${say.device(browser, system)}, ${relativeTime(session.createdAt, clock)}"
    >
      ${say.end}
    </button>
  </form>`
}
