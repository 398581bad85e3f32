// Formats points in time in the reader's language and in a named time zone, absolute and relative.

import { html, type Html } from './html.ts'
import { locales } from '../../policy/messages/locale.ts'
import { texts, type Language } from './language.ts'

export interface Clock {
  readonly language: Language
  /** IANA name. */
  readonly timeZone: string
  /** Epoch milliseconds. */
  readonly now: number
}

/** `17:00 CET` today, `tomorrow 08:00 CET`, `Monday 08:00 CET` within six days, else `1 December 2026, 08:00 CET`. */
export function formatTime(at: number, clock: Clock): string {
  const { language, timeZone } = clock
  const time = format({ hour: '2-digit', minute: '2-digit', timeZoneName: 'short' })
  const days = Math.round((midnight(at, timeZone) - midnight(clock.now, timeZone)) / dayLength)
  if (days === 0) return time
  if (days === 1) return `${words[language].tomorrow} ${time}`
  if (days === -1) return `${words[language].yesterday} ${time}`
  if (days > 1 && days < 7) return `${format({ weekday: 'long' })} ${time}`
  return `${format({ day: 'numeric', month: 'long', year: 'numeric' })}, ${time}`

  function format(options: Intl.DateTimeFormatOptions): string {
    return new Intl.DateTimeFormat(locales[language], { ...options, timeZone }).format(at)
  }
}

/** The same as a `time` element with an ISO 8601 `datetime` attribute. */
export function timeElement(at: number, clock: Clock): Html {
  return html`<time datetime="${new Date(at).toISOString()}">${formatTime(at, clock)}</time>`
}

/** The same within a sentence: `at 17:00 CET` today, like `timeElement` on every other day. */
export function timePhrase(at: number, clock: Clock): Html {
  const today = midnight(at, clock.timeZone) === midnight(clock.now, clock.timeZone)
  return html`${today && `${words[clock.language].at} `}${timeElement(at, clock)}`
}

/** With full date and seconds, for looking it up in a log. */
export function exactTimeElement(at: number, { language, timeZone }: Clock): Html {
  const text = new Intl.DateTimeFormat(locales[language], {
    dateStyle: 'long',
    timeStyle: 'long',
    timeZone,
  }).format(at)
  return html`<time datetime="${new Date(at).toISOString()}">${text}</time>`
}

/** How long ago, in the coarsest unit that fits: `just now`, `5 minutes ago`, `2 days ago`. */
export function relativeTime(at: number, clock: Clock): string {
  const seconds = Math.max(0, Math.round((clock.now - at) / 1000))
  if (seconds < 60) return words[clock.language].justNow
  const relative = new Intl.RelativeTimeFormat(locales[clock.language], { numeric: 'always' })
  if (seconds < 3600) return relative.format(-Math.floor(seconds / 60), 'minute')
  if (seconds < 86_400) return relative.format(-Math.floor(seconds / 3600), 'hour')
  return relative.format(-Math.floor(seconds / 86_400), 'day')
}

/** The same for times with hourly resolution. `at`: beginning of that hour. */
export function hoursAgo(at: number, clock: Clock): string {
  return clock.now - at < 3_600_000 ? words[clock.language].withinTheHour : relativeTime(at, clock)
}

const dayLength = 86_400_000

const words = texts({
  en: {
    tomorrow: 'tomorrow',
    yesterday: 'yesterday',
    at: 'at',
    justNow: 'just now',
    withinTheHour: 'within the last hour',
  },
  de: {
    tomorrow: 'morgen',
    yesterday: 'gestern',
    at: 'um',
    justNow: 'gerade eben',
    withinTheHour: 'in der letzten Stunde',
  },
})

/** Midnight UTC of the local calendar day, so that days are counted by the calendar and not by 24 hours. */
function midnight(at: number, timeZone: string): number {
  const date = Temporal.Instant.fromEpochMilliseconds(Math.round(at)).toZonedDateTimeISO(timeZone).toPlainDate()
  return Date.UTC(date.year, date.month - 1, date.day)
}
