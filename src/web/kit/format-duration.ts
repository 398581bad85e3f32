// Lengths of time as people say them, and the time that is left of one.

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
  // Beside days nobody counts minutes.
  const parts = days > 0 ? { days, hours } : { hours, minutes: minutes % 60 }
  return durations[language].format(parts)
}

/** `14 minutes left`: never more than there is. */
export function timeLeft(until: number, clock: Clock): string {
  return words[clock.language].left(formatDuration(Math.max(0, until - clock.now), clock.language))
}

/**
 * The time left in words, and in browsers that can a clock that counts down by style alone: no script runs on our pages,
 * and nobody who listens to a page wants it loaded anew each minute. What ticks is decoration, the words are the text.
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
 * `Refresh` for the page of one thing that ends: once, when it ends, so that the page says so. Nothing for what ends
 * later than a day.
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
