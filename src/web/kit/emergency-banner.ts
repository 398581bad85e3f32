// Banner about emergency access on every page of those who oversee it, and of the person who uses it.

import { html, type Content, type Html } from './html.ts'
import { icon } from './icons.ts'
import { timeElement, timePhrase, type Clock } from './format-time.ts'
import { texts, type Language } from './language.ts'
import type { EmergencyUser } from '../../grants/emergency/emergencies.ts'

export interface EmergencyNotices {
  /** Running ones of other people, which this user may view. */
  readonly running: readonly EmergencyNotice[]
  /** Running ones of this user. `told`: who was notified, by language. */
  readonly own: readonly (EmergencyNotice & { told(language: Language): string })[]
  /** Ended ones that wait for a review, for those who may review; for other overseers during a day. */
  readonly ended: readonly (EmergencyNotice & { readonly mayReview: boolean })[]
  readonly timeZone: string
  readonly now: number
}

export interface EmergencyNotice {
  /** Id of the request. */
  readonly id: string
  readonly grant: string | undefined
  readonly user: EmergencyUser
  /** Title of the app. */
  readonly app: string
  readonly reason: string | undefined
  /** Epoch milliseconds. */
  readonly since: number
  /** The planned end while it is running, then the actual one. */
  readonly until: number
  readonly reviewBy: number | undefined
}

/** Lines of one kind on a page; the others are a link away. */
const maxLines = 5

export function emergencyBanner(notices: EmergencyNotices, language: Language): Html {
  const clock: Clock = { language, timeZone: notices.timeZone, now: notices.now }
  const say = words[language]
  const { running, own, ended } = notices
  return html`${
    running.length > 0 &&
    html`<div class="emergency running" role="alert">
      <p class="label">${icon('alert')}<strong>${say.running(running.length)}</strong></p>
      <ul>
        ${running.slice(0, maxLines).map(
          (one) =>
            html`<li>
              <div>
                <p class="what">${personLabel(one.user, language)} ${say.has} <strong>${one.app}</strong></p>
                ${facts(one, clock)}
              </div>
              <a class="button" href="/approvals/${one.id}#end">${say.end}<span class="hidden">: ${one.app}</span></a>
            </li>`,
        )}
      </ul>
      ${more(running.length, language)}
    </div>`
  }
  ${own.map(
    (one) =>
      html`<div class="emergency running" role="alert">
        <p class="label">${icon('alert')}<strong>${say.own(one.app)}</strong></p>
        <ul>
          <li>
            <div>
              ${facts(one, clock)}
              <p>${say.recorded} ${say.told(one.told(language))}</p>
            </div>
            <a class="button" href="/requests/${one.id}">${say.look}<span class="hidden">: ${one.app}</span></a>
          </li>
        </ul>
      </div>`,
  )}
  ${
    ended.length > 0 &&
    html`<div class="emergency ended" role="status">
      <p class="label">${icon('alert')}<strong>${say.ended(ended.length)}</strong></p>
      <ul>
        ${ended.slice(0, maxLines).map(
          (one) =>
            html`<li>
              <div>
                <p class="what">${personLabel(one.user, language)} ${say.had} <strong>${one.app}</strong></p>
                <p>
                  ${say.endedAt}
                  ${timePhrase(one.until, clock)}${
                    one.reviewBy !== undefined && html` · ${say.reviewBy} ${timePhrase(one.reviewBy, clock)}`
                  }
                </p>
              </div>
              <a class="button" href="/approvals/${one.id}"
                >${one.mayReview ? say.review : say.look}<span class="hidden">: ${one.app}</span></a
              >
            </li>`,
        )}
      </ul>
      ${more(ended.length, language)}
    </div>`
  }`
}

/** A stated name is a stranger's text: in quotation marks, and with a label of the page behind it. */
export function personLabel(user: EmergencyUser, language: Language): Html {
  const say = words[language]
  if (!user.stated) return html`<strong><bdi>${user.name}</bdi></strong>`
  if (user.name === undefined) return html`<strong>${say.code(user.code)}</strong>`
  return html`<strong><bdi>${say.quoted(user.name)}</bdi></strong> <span class="pill unverified">${say.stated}</span>`
}

/** The same as plain text, for headings. */
export function personText(user: EmergencyUser, language: Language): string {
  const say = words[language]
  if (!user.stated) return user.name
  return user.name === undefined ? say.code(user.code) : `${say.quoted(user.name)} (${say.stated})`
}

function facts({ since, until, reason }: EmergencyNotice, clock: Clock): Content {
  const say = words[clock.language]
  return html`<p>${say.times(timeElement(since, clock), timeElement(until, clock))}</p>
    <p class="written">${say.reason}: ${reason ?? say.noReason}</p>`
}

function more(count: number, language: Language): Content {
  return count > maxLines && html`<p><a href="/approvals">${words[language].more(count - maxLines)}</a></p>`
}

const words = texts({
  en: {
    running: (count: number) =>
      count === 1 ? 'Emergency access is running' : `${count} emergency accesses are running`,
    has: 'has opened',
    had: 'had opened',
    own: (app: string) => `Your emergency access to ${app} is running`,
    recorded: 'Everything you do is recorded, an alarm was raised, and it will be reviewed.',
    told: (who: string) => `Notified: ${who}.`,
    ended: (count: number) =>
      count === 1 ? 'An emergency access has ended: review' : `${count} emergency accesses have ended: review`,
    times: (since: Html, until: Html) => html`Since ${since}, until ${until} at the latest`,
    endedAt: 'Ended',
    reviewBy: 'review due',
    reason: 'Reason',
    noReason: 'none given',
    end: 'View and end',
    look: 'View',
    review: 'Review',
    more: (count: number) => `${count} more`,
    stated: 'stated name, not verified',
    quoted: (name: string) => `“${name}”`,
    code: (id: string) => `Emergency code ${id}`,
  },
  de: {
    running: (count) => (count === 1 ? 'Ein Notfallzugang ist offen' : `${count} Notfallzugänge sind offen`),
    has: 'hat geöffnet:',
    had: 'hatte geöffnet:',
    own: (app) => `Ihr Notfallzugang zu ${app} ist offen`,
    recorded: 'Alles, was Sie tun, wird aufgezeichnet, ein Alarm wurde ausgelöst, und es wird geprüft.',
    told: (who) => `Benachrichtigt: ${who}.`,
    ended: (count) =>
      count === 1
        ? 'Ein Notfallzugang ist beendet: bitte prüfen'
        : `${count} Notfallzugänge sind beendet: bitte prüfen`,
    times: (since, until) => html`Seit ${since}, bis spätestens ${until}`,
    endedAt: 'Beendet',
    reviewBy: 'zu prüfen bis',
    reason: 'Grund',
    noReason: 'keiner angegeben',
    end: 'Ansehen und beenden',
    look: 'Ansehen',
    review: 'Prüfen',
    more: (count) => `${count} weitere`,
    stated: 'angegebener Name, nicht geprüft',
    quoted: (name) => `„${name}“`,
    code: (id) => `Notfallcode ${id}`,
  },
})
