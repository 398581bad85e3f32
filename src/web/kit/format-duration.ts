// Formats durations and the time left, and renders a countdown in CSS, without a script.

import { html, type Html } from './html.ts'
import { durations } from '../../policy/messages/locale.ts'
import { texts, type Language } from './language.ts'
import type { Clock } from './format-time.ts'

/** `4 hours`, `1 hour, 30 minutes`, `30 days`; the two largest units that are not zero. `milliseconds`: not negative. */
export function formatDuration(milliseconds: number, language: Language): string {
  const minutes = Math.floor(milliseconds / minute)
  if (minutes < 1) return words[language].moment
  const days = Math.floor(milliseconds / day)
  const hours = Math.floor((milliseconds % day) / hour)
  // Minutes are omitted beside days.
  const parts = days > 0 ? { days, hours } : { hours, minutes: minutes % 60 }
  return durations[language].format(parts)
}

/** `14 minutes left`, rounded down. `until`: epoch milliseconds. */
export function timeLeft(until: number, clock: Clock): string {
  return words[clock.language].left(formatDuration(Math.max(0, until - clock.now), clock.language))
}

/**
 * The time left as text, plus a clock that counts down in CSS alone: pages run no scripts, and reloading every minute
 * would disturb screen reader users. The clock is decoration (`aria-hidden`); the text carries the meaning.
 */
export function countdown(until: number, clock: Clock): Html {
  const seconds = Math.floor(Math.max(0, until - clock.now) / 1000)
  const say = words[clock.language]
  const ticks = seconds > 0 && seconds < 86_400
  return html`<p class="countdown">
    <span class="left">${timeLeft(until, clock)}</span>${
      ticks &&
      html`<span class="ticking" aria-hidden="true"
        >${say.before}<span class="digits" data-left="${seconds}"></span>${say.after}</span
      >`
    }
  </p>`
}

/**
 * `Refresh` header that reloads the page once, when a grant begins or ends (`at`, epoch milliseconds). Empty when that
 * is past or more than a day away.
 */
export function refreshAt(at: number | undefined, now: number): readonly string[] {
  if (at === undefined || at <= now || at > now + day) return []
  return ['Refresh', String(Math.ceil((at - now) / 1000) + 1)]
}

const minute = 60_000
const hour = 3_600_000
const day = 86_400_000

const words = texts({
  en: {
    moment: 'less than a minute',
    left: (text: string) => `${text} left`,
    before: '',
    after: ' left',
  },
  de: {
    moment: 'weniger als eine Minute',
    left: (text) => `noch ${text}`,
    before: 'noch ',
    after: '',
  },
})
